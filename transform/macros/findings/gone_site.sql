{#- Grants on a site that is not in the list of sites. -#}
{% macro finding_gone_site() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  'Holds ' || coalesce(held.role_title, 'a role') || ' on ' || coalesce(held.asset_name, held.site_id)
    || ', which is not in the list of sites.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = held.account_id and sites.site_id = held.site_id and sites.is_current
where held.site_id is not null and sites.site_id is null and {{ was_read('sites', 'held.account_id') }}
{% endmacro %}
