{#- People who left one account, and still get at something through an account of their own or in another account. -#}
{% macro finding_leaver_has_access() %}
-- Whoever left one account, and still gets at something: from an account of his own, or in another of these accounts.
select people.account_id, people.person_type, people.person_id, {{ no_role() }}, {{ no_asset() }},
  people.person_type || '|' || people.person_id as subject,
  min(leavers.person) || ' is no longer a member of ' || min(coalesce(accounts.name, leavers.account_id))
    || ', and still has access as ' || case people.person_type when 'contributor' then 'an outside account'
      when 'invite' then 'somebody who is invited' else 'a member' end || ' (the same '
    || case when min(case when leavers.user_id = people.user_id then 0 else 1 end) = 0 then 'user id' else 'address' end
    || ').' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('wix__people') }} as people
join {{ ref('int_wix__people_ever') }} as leavers
  on leavers.person_key = people.person_key and leavers.person_type = 'member' and not leavers.is_current
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = leavers.account_id
where people.grant_count > 0 and people.person_type <> 'invite'
  and (people.person_type <> 'member' or people.account_id <> leavers.account_id)
group by people.account_id, people.person_type, people.person_id
{% endmacro %}
