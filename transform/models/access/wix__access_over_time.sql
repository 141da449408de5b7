{{ config(materialized='wix_view') }}
-- Joined by scope, as `access` is. Where it is not known in which folder a site was, every role on a folder may have
-- reached it.
with reached as (
  select history.account_id, history.stream_name, history.record_key, history.version_number,
    reach.version_number as reach_number, false as is_place_unknown,
    coalesce(reach.site_id, history.site_id) as site_id, reach.started_by as reach_started_by,
    reach.reached_after, reach.reached_before, reach.ended_by as reach_ended_by, reach.ended_after as reach_ended_after,
    reach.ended_before as reach_ended_before, reach.last_seen_at as reach_seen_at,
    reach.site_id is null or reach.is_current as is_reach_current, reach.site_id is not null as is_site_listed
  from {{ ref('wix__access_history') }} as history
  left join (select distinct account_id, scope_key from {{ ref('wix__access_reach_history') }}) as scopes
    on scopes.account_id = history.account_id and scopes.scope_key = history.scope_key
  left join {{ ref('wix__access_reach_history') }} as reach
    on reach.account_id = history.account_id and reach.scope_key = history.scope_key
    and reach.reached_before < {{ or_ever('history.ended_before') }}
    and history.granted_before < {{ or_ever('reach.ended_before') }}
  -- What never reached a site is listed all the same; what did not at that time is not.
  where reach.site_id is not null or scopes.scope_key is null
  union all
  select history.account_id, history.stream_name, history.record_key, history.version_number, -reach.version_number,
    true, reach.site_id, reach.started_by, reach.reached_after, reach.reached_before, reach.ended_by,
    reach.ended_after, reach.ended_before, reach.last_seen_at, false, true
  from {{ ref('wix__access_history') }} as history
  join {{ ref('wix__access_reach_history') }} as reach
    on reach.account_id = history.account_id and reach.scope_key = 'folder:?'
    and reach.reached_before < {{ or_ever('history.ended_before') }}
    and history.granted_before < {{ or_ever('reach.ended_before') }}
  where history.asset_type = 'folder'
)
select history.account_id, history.stream_name, history.record_key, history.version_number, reached.reach_number,
  history.person_type, history.person_id, history.person, history.email, history.person_key, reached.site_id,
  case when reached.site_id is not null then coalesce(sites.site_name, history.asset_name, reached.site_id) end
    as site_name,
  history.role_id, history.role_title, history.role_strength, history.is_privileged, history.asset_type,
  history.asset_id, history.asset_name, {{ via('history') }} as via,
  case when reached.reached_before > history.granted_before then reached.reach_started_by else history.started_by end
    as started_by,
  {{ later('history.granted_after', 'reached.reached_after') }} as granted_after,
  {{ later('history.granted_before', 'reached.reached_before') }} as granted_before,
  case when reached.reach_ended_before < {{ or_ever('history.ended_before') }} then reached.reach_ended_by
    else history.ended_by end as ended_by,
  {{ earlier('history.ended_after', 'reached.reach_ended_after') }} as ended_after,
  {{ earlier('history.ended_before', 'reached.reach_ended_before') }} as ended_before,
  {{ later('history.same_since', 'reached.reached_before') }} as same_since,
  {{ earlier('history.same_ended_after', 'reached.reach_ended_after') }} as same_ended_after,
  {{ earlier('history.same_ended_before', 'reached.reach_ended_before') }} as same_ended_before,
  {{ earlier('history.same_seen_at', 'reached.reach_seen_at') }} as same_seen_at,
  {{ earlier('history.last_seen_at', 'reached.reach_seen_at') }} as last_seen_at, history.role_known_before, history.role_seen_at,
  history.is_content_known, not reached.is_place_unknown as is_place_known,
  case when reached.site_id is not null then reached.is_site_listed end as is_site_listed,
  history.is_current and reached.is_reach_current as is_current
from reached
join {{ ref('wix__access_history') }} as history
  on history.account_id = reached.account_id and history.stream_name = reached.stream_name
  and history.record_key = reached.record_key and history.version_number = reached.version_number
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = reached.account_id and sites.site_id = reached.site_id
