-- What is known to have happened to each grant, site, folder and role, in its order: `added`, `modified` and `removed` as
-- the tap logged them, and `first seen` where a row was there without being logged: at the beginning, or after the state
-- was lost.
with chain as (
  select account_id, stream_name, snapshot_at, baseline_at, latest_at from {{ ref('stg_wix__receipt_chain') }}
), latest as (
  select account_id, stream_name, baseline_at, latest_at from chain where snapshot_at = latest_at
), logged as (
  select changes.account_id, changes.stream_name, changes.record_key, changes.change_type as event,
    changes.observed_at as seen_at, changes.previous_observed_at as happened_after,
    coalesce(receipts.finished_at, changes.observed_at) as happened_before, changes.observed_at as version_seen_at
  from {{ ref('stg_wix__change_log') }} as changes
  left join {{ ref('int_wix__receipts') }} as receipts
    on receipts.account_id = changes.account_id and receipts.stream_name = changes.stream_name
    and receipts.snapshot_at = changes.observed_at and receipts.is_complete
  left join latest on latest.account_id = changes.account_id and latest.stream_name = changes.stream_name
  left join chain
    on chain.account_id = changes.account_id and chain.stream_name = changes.stream_name
    and chain.snapshot_at = changes.observed_at
  where changes.stream_name in (
    'assignments', 'invite_assignments', 'site_contributor_roles', 'site_contributors', 'accounts', 'sites', 'folders',
    'roles'
  )
    -- Since the baseline, what is not on the chain of receipts was written by another state: it does not count.
    and (chain.snapshot_at is not null or latest.baseline_at is null or changes.observed_at < latest.baseline_at
      or changes.observed_at > latest.latest_at)
), stored as (
  select versions.*
  from ({{ row_versions() }}) as versions
  left join latest on latest.account_id = versions.account_id and latest.stream_name = versions.stream_name
  left join chain as sending
    on sending.account_id = versions.account_id and sending.stream_name = versions.stream_name
    and sending.snapshot_at = versions.snapshot_at
  left join chain as observing
    on observing.account_id = versions.account_id and observing.stream_name = versions.stream_name
    and observing.snapshot_at = versions.observed_at
  where sending.snapshot_at is not null or observing.snapshot_at is not null or latest.baseline_at is null
    or versions.snapshot_at < latest.baseline_at or versions.snapshot_at > latest.latest_at
), numbered as (
  select account_id, stream_name, record_key, event, happened_after,
    row_number() over (partition by account_id, stream_name, record_key order by seen_at) as place
  from logged
), removals as (
  select account_id, stream_name, record_key, max(seen_at) as seen_at
  from logged where event = 'removed' group by account_id, stream_name, record_key
), sighted as (
  select versions.account_id, versions.stream_name, versions.record_key, versions.observed_at as seen_at,
    versions.observed_at as version_seen_at
  from stored as versions
  left join logged
    on logged.account_id = versions.account_id and logged.stream_name = versions.stream_name
    and logged.record_key = versions.record_key and logged.seen_at = versions.observed_at
  where logged.account_id is null
  union distinct
  -- What was modified or removed first had been there in the snapshot before; what it was like then is not known.
  select numbered.account_id, numbered.stream_name, numbered.record_key, numbered.happened_after,
    cast(null as timestamp)
  from numbered
  left join stored as versions
    on versions.account_id = numbered.account_id and versions.stream_name = numbered.stream_name
    and versions.record_key = numbered.record_key and versions.observed_at <= numbered.happened_after
  where numbered.place = 1 and numbered.event <> 'added' and versions.record_key is null
  union distinct
  -- A run that was killed logged a removal, and the grant was back before the next: that was compared with what was
  -- known before, and logged nothing.
  select versions.account_id, versions.stream_name, versions.record_key, versions.snapshot_at, versions.observed_at
  from stored as versions
  join removals
    on removals.account_id = versions.account_id and removals.stream_name = versions.stream_name
    and removals.record_key = versions.record_key
  where versions.is_current and versions.observed_at < removals.seen_at and versions.snapshot_at > removals.seen_at
)
select * from logged
union all
select sighted.account_id, sighted.stream_name, sighted.record_key, 'first seen', sighted.seen_at,
  cast(null as timestamp), coalesce(receipts.finished_at, sighted.seen_at), sighted.version_seen_at
from sighted
left join {{ ref('int_wix__receipts') }} as receipts
  on receipts.account_id = sighted.account_id and receipts.stream_name = sighted.stream_name
  and receipts.snapshot_at = sighted.seen_at and receipts.is_complete
