{{ after_loading() }}
-- The receipts of every read: those of complete ones are the times that bounds are made of, and all of them say when a run
-- was. The lists of an account are read side by side in one run, and any of them may begin first. What happened between
-- `run_from` and `run_to` was seen by the run of a receipt: other lists count with it that were read up to a quarter of
-- the time since the run before earlier.
{%- set quarter = 'cast(-(' ~ dbt.datediff('before_at', 'snapshot_at', 'millisecond') ~ ') / 4 as bigint)' %}
with listed as (
  select account_id, stream_name, snapshot_at, finished_at, status = 'complete' as is_complete,
    lag(snapshot_at) over (partition by account_id, stream_name order by snapshot_at) as before_at
  from {{ ref('stg_wix__snapshots') }}
), begun as (
  select account_id, stream_name, snapshot_at, finished_at, is_complete,
    case when before_at is not null then {{ dbt.dateadd('millisecond', quarter, 'snapshot_at') }} end as run_from
  from listed
)
select account_id, stream_name, snapshot_at, finished_at, is_complete, run_from,
  lead(run_from) over (partition by account_id, stream_name order by snapshot_at) as run_to
from begun
