{#- Access that was taken away after a campaign and given again. -#}
{% macro finding_removed_access_back() %}
-- Taken away as it was decided, and given again.
select account_id, person_type, person_id, role_id, role_title, asset_type, asset_id, asset_name,
  campaign || '|' || item as subject,
  campaign || ': ' || coalesce(role_title, role_id, 'the role') || ' was taken from ' || coalesce(person, person_id)
    || ' as decided on ' || {{ day_of('decided_on') }} || ', and is back.' as explanation,
  coalesce(back_before, taken_at) as observed_at
from {{ ref('wix__review_decisions') }}
where verdict = 'undone'
{% endmacro %}
