{#- Open invites to an address, or a name before the @, of somebody who is not a member any more. -#}
{% macro finding_invite_to_leaver() %}
-- Whoever left may have kept a private address.
select invites.account_id, invites.person_type, invites.person_id, {{ no_role() }}, {{ no_asset() }},
  invites.person_id as subject,
  'The invite to ' || invites.email || ' is open, and ' || min(leavers.person) || ' (' || min(leavers.email)
    || ') is no longer a member.' as explanation,
  invites.invited_at as observed_at
from {{ ref('int_wix__people_ever') }} as invites
join {{ ref('int_wix__people_ever') }} as leavers
  on leavers.account_id = invites.account_id and leavers.person_type = 'member' and not leavers.is_current
  and {{ looks_like('leavers', 'invites') }}
where invites.person_type = 'invite' and invites.is_current
group by invites.account_id, invites.person_type, invites.person_id, invites.email, invites.invited_at
{% endmacro %}
