{#- Privileged roles of members from other domains and of outside accounts. -#}
{% macro finding_external_privileged() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  case when held.person_type = 'contributor' then 'An outside Wix account' else 'Somebody at ' || people.email_domain end
    || ' holds ' || held.role_title || ' on ' || {{ asset_in_words('held.asset_type', 'held.asset_name') }} || '.'
    as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('wix__people') }} as people
  on people.account_id = held.account_id and people.person_type = held.person_type and people.person_id = held.person_id
where held.is_privileged and people.is_external and held.person_type <> 'invite'
{% endmacro %}
