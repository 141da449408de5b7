{#- Members who share an address, a name before the @, or a name; one finding for all who share it. -#}
{% macro finding_same_person_twice() %}
-- By the same e-mail address, by the same name before the @ at two domains, or by the same full name.
with members as (
  select * from {{ ref('int_wix__people_ever') }} where person_type = 'member' and is_current
), names as (
  select account_id, person_id, joined_at, 'the e-mail address ' || email_key as shared from members
  union all
  select account_id, person_id, joined_at, 'the name ' || email_name || ' before the @'
  from members where email_name like '%.%'
  union all
  select account_id, person_id, joined_at, 'the name ' || lower(full_name) from members
), counted as (
  select account_id, shared, count(*) as people_count
  from names where shared is not null group by account_id, shared having count(*) > 1
), sharing as (
  select names.*, counted.people_count,
    row_number() over (
      partition by names.account_id, names.shared
      order by case when joined_at is null then 1 else 0 end, joined_at desc, person_id
    ) as place
  from names
  join counted on counted.account_id = names.account_id and counted.shared = names.shared
), twice as (
  select sharing.*, row_number() over (partition by account_id, person_id order by people_count desc, shared) as pick
  from sharing where place = 1
)
select account_id, 'member' as person_type, person_id, {{ no_role() }}, {{ no_asset() }}, person_id as subject,
  cast(people_count as {{ dbt.type_string() }}) || ' members share ' || shared || '.' as explanation,
  joined_at as observed_at
from twice
where pick = 1
{% endmacro %}
