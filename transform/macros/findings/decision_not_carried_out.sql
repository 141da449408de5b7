{#- Decisions of a campaign that were not carried out within the variable `review_removal_hours`. -#}
{% macro finding_decision_not_carried_out() %}
-- Decided to be taken away or changed, and still held when the time for it was over.
select account_id, person_type, person_id, role_id, role_title, asset_type, asset_id, asset_name,
  campaign || '|' || item as subject,
  campaign || ': ' || decision || ' was decided on ' || {{ day_of('decided_on') }} || ' by ' || decided_by || ', and '
    || coalesce(person, person_id) || ' still holds ' || coalesce(role_title, role_id, 'the role') || ' as of '
    || {{ day_of('seen_at') }} || '.' as explanation,
  taken_at as observed_at
from {{ ref('wix__review_decisions') }}
where verdict = 'open' and not is_in_time
{% endmacro %}
