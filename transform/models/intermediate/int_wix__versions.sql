-- Every version of every row of `int_wix__events`, from what began it to what ended it. Versions of one stay follow each
-- other without a removal between them.
{%- set row = 'partition by account_id, stream_name, record_key' %}
with several as (
  -- Nearly all rows have one event: they need no order, and to sort them all was most of this model's work.
  select account_id, stream_name, record_key
  from {{ ref('int_wix__events') }} group by account_id, stream_name, record_key having count(*) > 1
), ordered as (
  select events.account_id, events.stream_name, events.record_key, events.event, events.seen_at,
    events.version_seen_at, events.happened_before,
    lag(event) over ({{ row }} order by seen_at, event) as previous_event,
    -- Without a log of its coming back: after it was seen to be gone.
    case when event = 'first seen' and lag(event) over ({{ row }} order by seen_at, event) = 'removed'
      then lag(seen_at) over ({{ row }} order by seen_at, event) else happened_after end as happened_after,
    lead(event) over ({{ row }} order by seen_at, event) as next_event,
    lead(happened_after) over ({{ row }} order by seen_at, event) as next_after,
    lead(happened_before) over ({{ row }} order by seen_at, event) as next_before
  from {{ ref('int_wix__events') }} as events
  join several using (account_id, stream_name, record_key)
), stays as (
  select ordered.*,
    sum(case when previous_event is null or previous_event = 'removed' or event = 'added' then 1 else 0 end) over (
      {{ row }} order by seen_at, event rows between unbounded preceding and current row
    ) as stay_number
  from ordered
), versions as (
  select account_id, stream_name, record_key, event, seen_at, version_seen_at, happened_after, happened_before,
    previous_event, next_event, next_after, next_before, stay_number,
    row_number() over ({{ row }} order by seen_at, event) as version_number
  from stays
  where event <> 'removed'
  union all
  select events.account_id, events.stream_name, events.record_key, events.event, events.seen_at, events.version_seen_at,
    events.happened_after, events.happened_before, null, null, null, null, 1, 1
  from {{ ref('int_wix__events') }} as events
  left join several using (account_id, stream_name, record_key)
  where several.account_id is null and events.event <> 'removed'
), complete as (
  select account_id, stream_name, max(snapshot_at) as snapshot_at
  from {{ ref('int_wix__receipts') }} where is_complete group by account_id, stream_name
), bounded as (
select versions.account_id, versions.stream_name, versions.record_key, versions.version_number, versions.stay_number,
  versions.version_seen_at, versions.event as started_by, versions.happened_after as started_after,
  versions.happened_before as started_before,
  case
    when versions.next_event in ('removed', 'modified') then versions.next_event
    when versions.next_event = 'added' then 'removed'
    when versions.next_event = 'first seen' then 'seen again'
    when not stored.is_current and stored.removed_before is not null then 'removed'
  end as ended_by,
  case
    when versions.next_event in ('removed', 'modified') then versions.next_after
    when versions.next_event in ('added', 'first seen') then versions.seen_at
    when not stored.is_current then stored.removed_after
  end as ended_after,
  case
    -- It came back, and nobody saw it go: it was gone in the snapshot before.
    when versions.next_event = 'added' then coalesce(gone.finished_at, versions.next_before)
    when versions.next_event is not null then versions.next_before
    when not stored.is_current then stored.removed_before
  end as ended_before,
  versions.seen_at, complete.snapshot_at as complete_at,
  versions.previous_event is null and versions.next_event is null as is_only,
  versions.next_event is null and coalesce(stored.is_current, false) as is_current
from versions
left join ({{ row_versions() }}) as stored
  on stored.account_id = versions.account_id and stored.stream_name = versions.stream_name
  and stored.record_key = versions.record_key and stored.observed_at = versions.version_seen_at
left join {{ ref('int_wix__receipts') }} as gone
  on gone.account_id = versions.account_id and gone.stream_name = versions.stream_name
  and gone.snapshot_at = versions.next_after and gone.is_complete
left join complete
  on complete.account_id = versions.account_id and complete.stream_name = versions.stream_name
)
select account_id, stream_name, record_key, version_number, stay_number, version_seen_at, started_by, started_after,
  started_before, ended_by, ended_after, ended_before,
  -- Nobody looked since then.
  case when is_current and complete_at > seen_at then complete_at when ended_after > seen_at then ended_after
    else seen_at end as last_seen_at,
  is_current, is_only
from bounded
