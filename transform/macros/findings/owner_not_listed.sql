{#- Owners whom the list of members does not have, and accounts whose record leaves the owner out. -#}
{% macro finding_owner_not_listed() %}
select people.account_id, people.person_type, people.person_id, {{ no_role() }}, {{ no_asset() }},
  people.person_id as subject,
  'The record of the account names ' || people.person
    || ' as its owner, but this user is not in the list of members.' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('wix__people') }} as people
where people.person_type = 'member' and not people.is_listed and {{ was_read('users', 'people.account_id') }}
union all
select account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, account_id as subject,
  'The record of the account names no owner, so it is not known who has this access to everything.' as explanation,
  cast(null as timestamp) as observed_at
from {{ ref('int_wix__accounts') }}
where owner_user_id is null
{% endmacro %}
