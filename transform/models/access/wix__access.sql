{{ config(materialized='view') }}
-- Joined by scope, so that only pairs which exist are made. A role on the whole account covers every site, and the same
-- role once more on one of them adds no row but a way.
with wide as (
  select account_id, person_type, person_id, role_id, min(granted_after) as granted_after,
    min(granted_before) as granted_before, max(case when granted_after is null then 1 else 0 end) as is_open_ended,
    count(*) as ways
  from {{ ref('wix__access_grants') }} where via = 'account'
  group by account_id, person_type, person_id, role_id
), narrow_grants as (
  select grants.account_id, grants.person_type, grants.person_id, grants.role_id, grants.via, grants.asset_type,
    coalesce(reach.site_id, grants.site_id) as site_id, grants.asset_name, grants.granted_after, grants.granted_before,
    case grants.via when 'folder' then 1 when 'site' then 2 when 'contributor' then 3 else 4 end as via_rank
  from {{ ref('wix__access_grants') }} as grants
  left join {{ ref('wix__access_reach') }} as reach
    on reach.account_id = grants.account_id and reach.scope_key = grants.scope_key
  where grants.via <> 'account'
), narrow as (
  select account_id, person_type, person_id, role_id, site_id, min(via_rank) as via_rank, max(asset_name) as asset_name,
    -- A resource of a site is less than the site.
    min(case when asset_type = 'site_resource' then 1 else 0 end) as is_resource,
    min(granted_after) as granted_after, min(granted_before) as granted_before,
    max(case when granted_after is null then 1 else 0 end) as is_open_ended, count(*) as ways
  from narrow_grants
  group by account_id, person_type, person_id, role_id, site_id
), everything as (
  select wide.account_id, wide.person_type, wide.person_id, wide.role_id, reach.site_id, 'account' as via,
    'account' as asset_type, cast(null as {{ dbt.type_string() }}) as asset_name,
    wide.ways + coalesce(narrow.ways, 0) as ways,
    case when wide.is_open_ended = 1 or narrow.is_open_ended = 1 then null
      when narrow.granted_after < wide.granted_after then narrow.granted_after else wide.granted_after
    end as granted_after,
    case when narrow.granted_before < wide.granted_before then narrow.granted_before else wide.granted_before
    end as granted_before
  from wide
  left join {{ ref('wix__access_reach') }} as reach
    on reach.account_id = wide.account_id and reach.scope_key = 'account'
  left join narrow
    on narrow.account_id = wide.account_id and narrow.person_type = wide.person_type
    and narrow.person_id = wide.person_id and narrow.role_id = wide.role_id and narrow.site_id = reach.site_id
  union all
  select narrow.account_id, narrow.person_type, narrow.person_id, narrow.role_id, narrow.site_id,
    case narrow.via_rank when 1 then 'folder' when 2 then 'site' when 3 then 'contributor' else 'unknown' end,
    case narrow.via_rank when 1 then 'folder' when 4 then 'unknown' else
      case when narrow.is_resource = 1 then 'site_resource' else 'site' end
    end,
    narrow.asset_name, narrow.ways, case when narrow.is_open_ended = 0 then narrow.granted_after end,
    narrow.granted_before
  from narrow
  left join wide
    on wide.account_id = narrow.account_id and wide.person_type = narrow.person_type
    and wide.person_id = narrow.person_id and wide.role_id = narrow.role_id
  left join {{ ref('wix__access_reach') }} as covered
    on covered.account_id = narrow.account_id and covered.scope_key = 'account' and covered.site_id = narrow.site_id
  where wide.account_id is null or covered.account_id is null
)
select everything.account_id, people.account_name, everything.person_type, everything.person_id, people.person,
  people.email, everything.site_id, coalesce(sites.site_name, everything.asset_name) as site_name, everything.role_id,
  coalesce(roles.title, everything.role_id) as role_title, coalesce(roles.strength, 30) as role_strength,
  coalesce(roles.is_privileged, false) as is_privileged, everything.via, everything.asset_type, everything.ways,
  everything.person_type = 'invite' as is_pending, everything.granted_after, everything.granted_before
from everything
left join {{ ref('wix__people') }} as people
  on people.account_id = everything.account_id and people.person_type = everything.person_type
  and people.person_id = everything.person_id
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = everything.account_id and sites.site_id = everything.site_id
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = everything.account_id and roles.role_id = everything.role_id
