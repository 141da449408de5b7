-- From each site up, as in `access_reach`, through where sites and folders were in the course of time. What a scope
-- reached without a break is one row: from one way to the next by a single move. Where several moves were seen at once,
-- the site may have been elsewhere between them.
{%- set pair = 'partition by account_id, scope_key, site_id' %}
{%- set text = dbt.type_string() %}
with recursive places as (
  select versions.*,
    cast(place_type || '|' || place_id || '|' || cast(place_number as {{ text }}) as {{ text }}) as start_event,
    cast(case when ended_by <> 'removed'
      then place_type || '|' || place_id || '|' || cast(place_number + 1 as {{ text }}) end as {{ text }}) as end_event
  from {{ ref('int_wix__place_versions') }} as versions
  {%- if var('nested_folders') %}
  union all
  -- Where the list of folders was never read, nobody knows what a folder is in.
  select named.account_id, 'folders', named.folder_id, 1, cast(null as {{ text }}), false, 'first seen',
    cast(null as timestamp), min(named.started_before), cast(null as {{ text }}), cast(null as timestamp),
    cast(null as timestamp), max(named.last_seen_at), true, 'folders|' || named.folder_id || '|1',
    cast(null as {{ text }})
  from {{ ref('int_wix__place_versions') }} as named
  left join (
    select distinct account_id from {{ ref('int_wix__receipts') }} where stream_name = 'folders' and is_complete
  ) as listed on listed.account_id = named.account_id
  where named.folder_id is not null and listed.account_id is null
  group by named.account_id, named.folder_id
  {%- endif %}
), above (
  account_id, site_id, folder_id, is_known, depth, trail, started_by, started_after, started_before, start_event,
  ended_by, ended_after, ended_before, end_event, last_seen_at, is_current
) as (
  select account_id, place_id, folder_id, is_known, 0,
    cast('|' || coalesce(folder_id, '') || '|' as {{ dbt.type_string() }}),
    cast(case started_by when 'modified' then 'site moved' when 'added' then 'site added' else 'first seen' end
      as {{ dbt.type_string() }}), started_after, started_before, start_event,
    cast(case ended_by when 'modified' then 'site moved' when 'removed' then 'site removed' else ended_by end
      as {{ dbt.type_string() }}), ended_after, ended_before, end_event, last_seen_at, is_current
  from places where place_type = 'sites'
  {%- if var('nested_folders') %}
  union all
  select above.account_id, above.site_id, places.folder_id, places.is_known, above.depth + 1,
    cast(above.trail || coalesce(places.folder_id, '') || '|' as {{ dbt.type_string() }}),
    cast(case when places.started_before > above.started_before then
      case places.started_by when 'modified' then 'folder moved' when 'added' then 'folder added' else 'first seen' end
      else above.started_by end as {{ dbt.type_string() }}),
    {{ later('above.started_after', 'places.started_after') }},
    {{ later('above.started_before', 'places.started_before') }},
    -- Which of two came last is known only where one was over before the other can have begun. What was there from the
    -- beginning is no move.
    case when places.started_after is null or places.started_before <= above.started_after then above.start_event
      when above.started_after is null or above.started_before <= places.started_after then places.start_event end,
    cast(case when above.ended_before is null or places.ended_before < above.ended_before then
      case places.ended_by when 'modified' then 'folder moved' when 'removed' then 'folder removed'
        else places.ended_by end
      else above.ended_by end as {{ dbt.type_string() }}),
    {{ earlier('above.ended_after', 'places.ended_after') }},
    {{ earlier('above.ended_before', 'places.ended_before') }},
    case when places.ended_before is null then above.end_event
      when above.ended_before is null or places.ended_before <= above.ended_after then places.end_event
      when above.ended_before <= places.ended_after then above.end_event end,
    case when places.last_seen_at < above.last_seen_at then places.last_seen_at else above.last_seen_at end,
    above.is_current and places.is_current
  from above
  join places
    on places.account_id = above.account_id and places.place_type = 'folders' and places.place_id = above.folder_id
  where above.depth < 90
    and (places.folder_id is not null or not places.is_known)
    and (places.folder_id is null or above.trail not like '%|' || places.folder_id || '|%')
    and places.started_before < {{ or_ever('above.ended_before') }}
    and above.started_before < {{ or_ever('places.ended_before') }}
  {%- endif %}
), scoped as (
  select account_id, place_id as site_id, 'account' as scope_key,
    case started_by when 'added' then 'site added' else 'first seen' end as started_by, started_after, started_before,
    start_event, case when ended_by = 'removed' then 'site removed' else ended_by end as ended_by, ended_after,
    ended_before, end_event, last_seen_at, is_current
  from places where place_type = 'sites'
  union all
  -- In which folder it was then, or in which other that one was, is not known: it may be any.
  select account_id, site_id, case when is_known then 'folder:' || folder_id else 'folder:?' end, started_by,
    started_after, started_before, start_event, ended_by, ended_after, ended_before, end_event, last_seen_at, is_current
  from above where folder_id is not null or not is_known
), marked as (
  select scoped.*, case
    when lag(end_event) over ({{ pair }} order by started_before, {{ or_ever('ended_before') }}) = start_event
      then 0 else 1 end as is_new
  from scoped
), islands as (
  select marked.*, sum(is_new) over (
      {{ pair }} order by started_before, {{ or_ever('ended_before') }}
      rows between unbounded preceding and current row
    ) as island,
    row_number() over ({{ pair }} order by started_before, {{ or_ever('ended_before') }}) as from_start,
    row_number() over ({{ pair }} order by {{ or_ever('ended_before') }} desc, started_before desc) as from_end
  from marked
), bounds as (
  select account_id, scope_key, site_id, island, min(from_start) as first_place, min(from_end) as last_place,
    max(case when is_current then 1 else 0 end) = 1 as is_current, max(last_seen_at) as last_seen_at
  from islands
  group by account_id, scope_key, site_id, island
), merged as (
  select bounds.account_id, bounds.scope_key, bounds.site_id, first.started_by, first.started_after as reached_after,
    first.started_before as reached_before, last.ended_by, last.ended_after, last.ended_before, bounds.last_seen_at,
    bounds.is_current
  from bounds
  join islands as first
    on first.account_id = bounds.account_id and first.scope_key = bounds.scope_key and first.site_id = bounds.site_id
    and first.from_start = bounds.first_place
  join islands as last
    on last.account_id = bounds.account_id and last.scope_key = bounds.scope_key and last.site_id = bounds.site_id
    and last.from_end = bounds.last_place
)
select account_id, scope_key, site_id,
  row_number() over ({{ pair }} order by reached_before) as version_number, started_by, reached_after, reached_before,
  ended_by, ended_after, ended_before, last_seen_at, is_current
from merged
union all
-- A role on a site needs no list of sites to reach it.
select account_id, 'site:' || site_id, site_id, version_number, started_by, reached_after, reached_before, ended_by,
  ended_after, ended_before, last_seen_at, is_current
from (
  select merged.*, row_number() over (partition by account_id, site_id order by reached_before) as version_number
  from merged where scope_key = 'account'
) as whole_sites
