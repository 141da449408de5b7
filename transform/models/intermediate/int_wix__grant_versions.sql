-- Every version of every grant, from what began it to what ended it. Versions of one stay follow each other without a
-- removal between them.
{%- set grant = 'partition by account_id, stream_name, record_key' %}
with ordered as (
  select events.account_id, events.stream_name, events.record_key, events.event, events.seen_at,
    events.version_seen_at, events.happened_before,
    lag(event) over ({{ grant }} order by seen_at, event) as previous_event,
    -- Without a log of its coming back: after it was seen to be gone.
    case when event = 'first seen' and lag(event) over ({{ grant }} order by seen_at, event) = 'removed'
      then lag(seen_at) over ({{ grant }} order by seen_at, event) else happened_after end as happened_after,
    lead(event) over ({{ grant }} order by seen_at, event) as next_event,
    lead(happened_after) over ({{ grant }} order by seen_at, event) as next_after,
    lead(happened_before) over ({{ grant }} order by seen_at, event) as next_before
  from {{ ref('int_wix__grant_events') }} as events
), stays as (
  select ordered.*,
    sum(case when previous_event is null or previous_event = 'removed' or event = 'added' then 1 else 0 end) over (
      {{ grant }} order by seen_at, event rows between unbounded preceding and current row
    ) as stay_number
  from ordered
), versions as (
  select stays.*,
    row_number() over ({{ grant }} order by seen_at, event) as version_number,
    first_value(happened_after) over ({{ grant }}, stay_number order by seen_at, event) as stay_after,
    first_value(happened_before) over ({{ grant }}, stay_number order by seen_at, event) as stay_before
  from stays
  where event <> 'removed'
)
select versions.account_id, versions.stream_name, versions.record_key, versions.version_number,
  versions.event as started_by, versions.happened_after as started_after, versions.happened_before as started_before,
  versions.stay_after as granted_after, versions.stay_before as granted_before,
  case
    when versions.next_event in ('removed', 'modified') then versions.next_event
    when versions.next_event = 'added' then 'removed'
    when versions.next_event = 'first seen' then 'seen again'
    when not content.is_current and content.removed_before is not null then 'removed'
  end as ended_by,
  case
    when versions.next_event in ('removed', 'modified') then versions.next_after
    when versions.next_event in ('added', 'first seen') then versions.seen_at
    when not content.is_current then content.removed_after
  end as ended_after,
  case
    -- It came back, and nobody saw it go: it was gone in the snapshot before.
    when versions.next_event = 'added' then coalesce(gone.finished_at, versions.next_before)
    when versions.next_event is not null then versions.next_before
    when not content.is_current then content.removed_before
  end as ended_before,
  versions.next_event is null and coalesce(content.is_current, false) as is_current,
  content.record_key is not null as is_content_known, content.role_id, content.asset_type, content.asset_id,
  content.asset_name, content.site_id, content.folder_id
from versions
left join {{ ref('int_wix__grant_rows') }} as content
  on content.account_id = versions.account_id and content.stream_name = versions.stream_name
  and content.record_key = versions.record_key and content.observed_at = versions.version_seen_at
left join {{ ref('int_wix__receipts') }} as gone
  on gone.account_id = versions.account_id and gone.stream_name = versions.stream_name
  and gone.snapshot_at = versions.next_after
