{#- Open invites to an address, or a name before the @, of a member. -#}
{% macro finding_invite_to_member() %}
select invites.account_id, invites.person_type, invites.person_id, {{ no_role() }}, {{ no_asset() }},
  invites.person_id as subject,
  'The invite to ' || invites.email || ' is open, and ' || min(members.person) || ' (' || min(members.email)
    || ') is already a member.' as explanation,
  invites.invited_at as observed_at
from {{ ref('int_wix__people_ever') }} as invites
join {{ ref('int_wix__people_ever') }} as members
  on members.account_id = invites.account_id and members.person_type = 'member' and members.is_current
  and {{ looks_like('members', 'invites') }}
where invites.person_type = 'invite' and invites.is_current
group by invites.account_id, invites.person_type, invites.person_id, invites.email, invites.invited_at
{% endmacro %}
