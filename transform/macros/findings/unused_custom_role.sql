{#- Custom roles that nobody holds. -#}
{% macro finding_unused_custom_role() %}
with used as (
  select account_id, role_id from {{ ref('wix__access_grants') }} where role_id is not null group by account_id, role_id
)
select roles.account_id, {{ nobody() }}, roles.role_id, roles.title as role_title, {{ no_asset() }},
  roles.role_id as subject,
  'Neither a member nor an open invite holds ' || coalesce(roles.title, roles.role_id) || '.' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('int_wix__roles') }} as roles
left join used on used.account_id = roles.account_id and used.role_id = roles.role_id
where roles.is_listed and roles.role_type = 'custom' and used.role_id is null
  and {{ was_read('assignments', 'roles.account_id') }} and {{ was_read('invite_assignments', 'roles.account_id') }}
{% endmacro %}
