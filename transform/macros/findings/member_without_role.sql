{#- Members who hold no role that could be seen. -#}
{% macro finding_member_without_role() %}
select account_id, person_type, person_id, {{ no_role() }}, {{ no_asset() }}, person_id as subject,
  'Is a member' || coalesce(' (joined on ' || {{ day_of('joined_at') }} || ')', '') || ' and holds no role that was read.'
    as explanation,
  joined_at as observed_at
from {{ ref('wix__people') }} as members
where person_type = 'member' and grant_count = 0 and {{ was_read('assignments', 'members.account_id') }}
{% endmacro %}
