{#- Grants of a role on a level that Wix says it cannot be given on. -#}
{% macro finding_role_beyond_level() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  coalesce(held.role_title, held.role_id) || ' is held on ' || {{ asset_in_words('held.asset_type', 'held.asset_name') }}
    || ', but Wix says that it cannot be assigned on ' || case lower(roles.restrict_from_level) when 'account' then 'an account'
      else 'a site' end || '.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = held.account_id and roles.role_id = held.role_id
where held.stream_name <> 'accounts' and (
  (lower(roles.restrict_from_level) = 'account' and held.asset_type = 'account')
  or (lower(roles.restrict_from_level) = 'site' and held.asset_type in ('site', 'site_resource'))
)
{% endmacro %}
