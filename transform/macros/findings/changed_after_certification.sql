{#- Access that was certified and is not what was certified any more. -#}
{% macro finding_changed_after_certification() %}
-- Certified to be kept, and not what was certified any more.
select account_id, person_type, person_id, role_id, role_title, asset_type, asset_id, asset_name,
  campaign || '|' || item as subject,
  campaign || ': ' || coalesce(role_title, role_id, 'a role') || ' of ' || coalesce(person, person_id)
    || ' was certified on ' || {{ day_of('decided_on') }} || ', and has changed since.' as explanation,
  coalesce(done_before, taken_at) as observed_at
from {{ ref('wix__review_decisions') }}
where verdict in ('changed since', 'otherwise')
{% endmacro %}
