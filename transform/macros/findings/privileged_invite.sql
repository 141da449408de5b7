{#- Open invites that offer a privileged role. -#}
{% macro finding_privileged_invite() %}
select {{ of_grant() }}, held.record_key as subject,
  'Whoever accepts the invite to ' || coalesce(people.email, '(no e-mail)') || ' gets ' || held.role_title || ' on '
    || {{ asset_in_words('held.asset_type', 'held.asset_name') }} || '.' as explanation,
  people.invited_at as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('wix__people') }} as people
  on people.account_id = held.account_id and people.person_type = held.person_type and people.person_id = held.person_id
where held.person_type = 'invite' and held.is_privileged
{% endmacro %}
