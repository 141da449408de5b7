{#- Outside accounts that work on a site. -#}
{% macro finding_outside_account() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  'Works as ' || coalesce(held.role_title, '(role not read)') || ' on '
    || {{ asset_in_words('held.asset_type', 'held.asset_name') }} || '.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('wix__people') }} as people
  on people.account_id = held.account_id and people.person_type = held.person_type and people.person_id = held.person_id
where held.person_type = 'contributor' and people.is_external
{% endmacro %}
