{#- Grants on a site in the trash. -#}
{% macro finding_trashed_site() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  'Holds ' || coalesce(held.role_title, 'a role') || ' on ' || sites.site_name || ', which has been in the trash since '
    || {{ day_of('sites.trashed_date') }} || ': anyone with the permission can restore it.' as explanation,
  sites.trashed_date as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = held.account_id and sites.site_id = held.site_id and sites.is_current
where sites.trashed_date is not null and not held.is_pending
{% endmacro %}
