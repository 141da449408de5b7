{{ config(materialized='wix_view') }}
-- Joined by scope, so that only pairs which exist are made. A role on the whole account covers every site, and the same
-- role once more on one of them adds no row but a way.
{%- set holder = 'account_id, person_type, person_id, role_key' %}
with held as (
  select grants.account_id, grants.person_type, grants.person_id, grants.role_id,
    coalesce(grants.role_id, '') as role_key, grants.via, grants.asset_type, grants.asset_name, grants.site_id,
    grants.scope_key, grants.granted_after, grants.granted_before,
    case grants.via when 'account' then 0 when 'folder' then 1 when 'site' then 2 when 'contributor' then 3 else 4 end
      as via_rank,
    case when coalesce(grants.subject_type, 'USER') in ('USER', 'ACCOUNT')
      and not (grants.person_type = 'member' and coalesce(grants.subject_type, 'USER') = 'ACCOUNT')
      then 1 else 0 end as is_own
  from {{ ref('wix__access_grants') }} as grants
), narrow_grants as (
  select held.*, coalesce(reach.site_id, held.site_id) as reached_id,
    {{ later('held.granted_after', 'reach.reached_after') }} as since_after,
    {{ later('held.granted_before', 'reach.reached_before') }} as since_before
  from held
  left join {{ ref('wix__access_reach') }} as reach
    on reach.account_id = held.account_id and reach.scope_key = held.scope_key
  where held.via <> 'account'
), wide as (
  select {{ holder }}, min(granted_after) as granted_after, min(granted_before) as granted_before,
    max(case when granted_after is null then 1 else 0 end) as is_open_ended, count(*) as ways, max(is_own) as is_own
  from held where via = 'account'
  group by {{ holder }}
), wide_sites as (
  select wide.account_id, wide.person_type, wide.person_id, wide.role_key, reach.site_id, wide.ways, wide.is_own,
    {{ later("case when wide.is_open_ended = 0 then wide.granted_after end", 'reach.reached_after') }} as since_after,
    {{ later('wide.granted_before', 'reach.reached_before') }} as since_before
  from wide
  left join {{ ref('wix__access_reach') }} as reach
    on reach.account_id = wide.account_id and reach.scope_key = 'account'
), narrow as (
  select {{ holder }}, reached_id as site_id, min(via_rank) as via_rank, max(asset_name) as asset_name,
    -- A resource of a site is less than the site.
    min(case when asset_type = 'site_resource' then 1 else 0 end) as is_resource, min(since_after) as since_after,
    min(since_before) as since_before, max(case when since_after is null then 1 else 0 end) as is_open_ended,
    count(*) as ways, max(is_own) as is_own
  from narrow_grants
  group by {{ holder }}, reached_id
), everything as (
  select wide_sites.account_id, wide_sites.person_type, wide_sites.person_id, wide_sites.role_key, wide_sites.site_id,
    'account' as via, 'account' as asset_type, cast(null as {{ dbt.type_string() }}) as asset_name,
    wide_sites.ways + coalesce(narrow.ways, 0) as ways,
    case when wide_sites.since_after is null or narrow.is_open_ended = 1 then null
      when narrow.since_after < wide_sites.since_after then narrow.since_after else wide_sites.since_after
    end as granted_after,
    {{ earlier('wide_sites.since_before', 'narrow.since_before') }} as granted_before,
    case when narrow.is_own > wide_sites.is_own then narrow.is_own else wide_sites.is_own end as is_own
  from wide_sites
  left join narrow
    on narrow.account_id = wide_sites.account_id and narrow.person_type = wide_sites.person_type
    and narrow.person_id = wide_sites.person_id and narrow.role_key = wide_sites.role_key
    and (narrow.site_id = wide_sites.site_id or (narrow.site_id is null and wide_sites.site_id is null))
  union all
  select narrow.account_id, narrow.person_type, narrow.person_id, narrow.role_key, narrow.site_id,
    case narrow.via_rank when 1 then 'folder' when 2 then 'site' when 3 then 'contributor' else 'unknown' end,
    case narrow.via_rank when 1 then 'folder' when 4 then 'unknown' else
      case when narrow.is_resource = 1 then 'site_resource' else 'site' end
    end,
    narrow.asset_name, narrow.ways, case when narrow.is_open_ended = 0 then narrow.since_after end,
    narrow.since_before, narrow.is_own
  from narrow
  left join wide
    on wide.account_id = narrow.account_id and wide.person_type = narrow.person_type
    and wide.person_id = narrow.person_id and wide.role_key = narrow.role_key
  left join {{ ref('wix__access_reach') }} as covered
    on covered.account_id = narrow.account_id and covered.scope_key = 'account' and covered.site_id = narrow.site_id
  left join (select distinct account_id from {{ ref('wix__access_reach') }}) as with_sites
    on with_sites.account_id = narrow.account_id
  where wide.account_id is null
    or (narrow.site_id is not null and covered.account_id is null)
    or (narrow.site_id is null and with_sites.account_id is not null)
)
select everything.account_id, people.account_name, everything.person_type, everything.person_id, people.person,
  people.email, people.person_key, people.is_external, everything.site_id,
  case when everything.site_id is not null
    then coalesce(sites.site_name, everything.asset_name, everything.site_id) end as site_name,
  everything.asset_name, nullif(everything.role_key, '') as role_id,
  coalesce(roles.title, nullif(everything.role_key, '')) as role_title, roles.strength as role_strength,
  roles.is_privileged, everything.via, everything.asset_type, everything.ways,
  everything.person_type = 'invite' as is_pending, everything.is_own = 0 as is_by_subject,
  everything.granted_after, everything.granted_before, coalesce(sites.is_current, false) as is_site_listed,
  sites.trashed_date is not null as is_site_trashed,
  sites.owner_account_id <> everything.account_id as is_site_of_other_account
from everything
left join {{ ref('wix__people') }} as people
  on people.account_id = everything.account_id and people.person_type = everything.person_type
  and people.person_id = everything.person_id
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = everything.account_id and sites.site_id = everything.site_id
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = everything.account_id and roles.role_id = everything.role_key
