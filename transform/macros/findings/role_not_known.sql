{#- Roles that are held, and of which nobody knows what they may do: no list of roles that was read has them. -#}
{% macro finding_role_not_known() %}
-- Rules about privileged roles, their level and custom roles cannot tell of these.
select account_id, {{ nobody() }}, role_id, max(role_title) as role_title, {{ no_asset() }},
  coalesce(role_id, '(not read)') as subject,
  case when role_id is null and max(person_type) = 'contributor' and min(person_type) = 'contributor'
        then 'Outside accounts have roles on sites that were not read'
      when role_id is null then 'Grants have a role that was not read'
      else 'The role ' || max(role_title) || ' is in no list of roles that was read' end
    || ', so it is not known whether it is privileged. Holders: '
    || cast(count(distinct person_type || '|' || person_id) as {{ dbt.type_string() }}) || '.' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('wix__access_grants') }}
where is_privileged is null
group by account_id, role_id
{% endmacro %}
