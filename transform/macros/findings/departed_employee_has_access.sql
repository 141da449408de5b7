{#- Members, open invites and outside accounts of people who left the company, as the seed `leavers` says. -#}
{% macro finding_departed_employee_has_access() %}
-- Whoever left the company, as HR says, and is still a member, invited, or here by another account.
select account_id, person_type, person_id, {{ no_role() }}, {{ no_asset() }}, person_type || '|' || person_id as subject,
  coalesce(person, person_id) || ' left on ' || {{ day_of('left_on') }} || ' and still has access as '
    || case person_type when 'member' then 'a member' when 'invite' then 'an open invite' else 'an outside account' end
    || ' (grants: ' || cast(grant_count as {{ dbt.type_string() }}) || ').' as explanation,
  cast(left_on as timestamp) as observed_at
from {{ ref('wix__leavers_access') }}
where has_access
{% endmacro %}
