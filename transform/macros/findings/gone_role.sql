{#- Grants of a role that is not in the list of roles. -#}
{% macro finding_gone_role() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  'The role ' || coalesce(held.role_title, '(no id)') || ' is not in the list of roles.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = held.account_id and roles.role_id = held.role_id and roles.is_listed
where roles.role_id is null and held.stream_name not in ('site_contributors', 'accounts')
  and {{ was_read('roles', 'held.account_id') }}
{% endmacro %}
