{#- Accounts in which nobody can be told to be from outside. -#}
{% macro finding_company_domain_unknown() %}
select people.account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, people.account_id as subject,
  'It is not known whether members are from outside, since the e-mail address of the owner is not known, or is not at a '
    || 'company domain. Members: ' || cast(count(*) as {{ dbt.type_string() }}) || '.' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('wix__people') }} as people
where people.person_type = 'member'
group by people.account_id
having max(case when people.is_external is not null then 1 else 0 end) = 0
  and max(case when people.email_domain is not null then 1 else 0 end) = 1
{% endmacro %}
