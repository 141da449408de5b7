{#- Sites that nobody holds a privileged role on, except on the whole account. -#}
{% macro finding_site_without_admin() %}
with held as (
  -- A role that nobody ever read may be anything.
  select account_id, scope_key, asset_type, folder_id
  from {{ ref('wix__access_grants') }}
  where not is_pending and asset_type in ('site', 'folder', 'unknown') and coalesce(is_privileged, true)
), in_charge as (
  -- Whoever administers a part of a site does not administer the site.
  select distinct held.account_id, reach.site_id
  from held
  join {{ ref('wix__access_reach') }} as reach
    on reach.account_id = held.account_id and reach.scope_key = held.scope_key
), anywhere as (
  -- Nobody can tell which sites these reach.
  select distinct held.account_id
  from held
  where held.scope_key is null
    or (held.asset_type = 'folder' and not {{ was_read('folders', 'held.account_id') }})
)
select sites.account_id, {{ nobody() }}, {{ no_role() }}, 'site' as asset_type, sites.site_id as asset_id,
  sites.site_name as asset_name, sites.site_id as subject,
  'Only people with a privileged role on the whole account administer ' || sites.site_name || '.'
    as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('int_wix__sites') }} as sites
left join in_charge on in_charge.account_id = sites.account_id and in_charge.site_id = sites.site_id
left join anywhere on anywhere.account_id = sites.account_id
where sites.is_current and sites.trashed_date is null and in_charge.site_id is null and anywhere.account_id is null
  and {{ was_read('assignments', 'sites.account_id') }}
{% endmacro %}
