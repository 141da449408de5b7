{#- Grants of groups, apps and accounts. -#}
{% macro finding_other_subject() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  coalesce(held.role_title, 'A role') || ' on ' || {{ asset_in_words('held.asset_type', 'held.asset_name') }}
    || ' is held by ' || case held.subject_type when 'USER_GROUP' then 'a group of users' when 'WIX_APP' then 'a Wix app'
      when 'EXTERNAL_APP' then 'an app' when 'ACCOUNT' then 'an account' when 'ACCOUNT_GROUP' then 'a group of accounts'
      else 'a subject of the kind ' || held.subject_type end
    || coalesce(' (' || held.subject_id || ')', '') || ', not by the member.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
where held.person_type = 'member' and held.subject_type <> 'USER'
{% endmacro %}
