{#- Custom roles that are held, and of which neither title nor description says what they may do. -#}
{% macro finding_unclear_custom_role() %}
-- Wix does not publish the permissions of a custom role: what its title and its description do not say, nobody knows.
select roles.account_id, {{ nobody() }}, roles.role_id, roles.title as role_title, {{ no_asset() }},
  roles.role_id as subject,
  'Neither the title nor the description of the custom role ' || coalesce(roles.title, roles.role_id)
    || ' says what it allows' || coalesce(' (' || nullif(roles.description, '') || ')', '')
    || '. Holders: ' || cast(count(distinct held.person_id) as {{ dbt.type_string() }})
    || case when max(case when held.asset_type = 'account' then 1 else 0 end) = 1 then ', also on the whole account.'
      else '.' end as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('int_wix__roles') }} as roles
join {{ ref('wix__access_grants') }} as held
  on held.account_id = roles.account_id and held.role_id = roles.role_id
where roles.role_type = 'custom' and not roles.is_ruled
group by roles.account_id, roles.role_id, roles.title, roles.description
{% endmacro %}
