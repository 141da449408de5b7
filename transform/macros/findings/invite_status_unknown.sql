{#- Invites of which it is not known whether they are open. -#}
{% macro finding_invite_status_unknown() %}
select people.account_id, people.person_type, people.person_id, {{ no_role() }}, {{ no_asset() }},
  people.person_id as subject,
  'The invite to ' || coalesce(people.email, '(no e-mail)') || ' has '
    || coalesce('the status ' || nullif(people.invite_status, '') || ', which is not known', 'no status')
    || ': it counts as open.' as explanation,
  people.invited_at as observed_at
from {{ ref('wix__people') }} as people
where people.person_type = 'invite' and lower(coalesce(people.invite_status, '')) <> 'pending'
{% endmacro %}
