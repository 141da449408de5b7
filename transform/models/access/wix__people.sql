with held as (
  select account_id, person_type, person_id, count(*) as grant_count,
    cast(sum(case when is_privileged then 1 else 0 end) as bigint) as privileged_count, max(role_strength) as strongest,
    cast(sum(case when is_privileged is null then 1 else 0 end) as bigint) as unknown_role_count
  from {{ ref('wix__access_grants') }}
  group by account_id, person_type, person_id
)
select people.account_id, coalesce(accounts.name, people.account_id) as account_name, people.person_type,
  people.person_id, people.person, people.email, people.email_domain, people.is_external, people.joined_at,
  people.invite_status, people.invited_at, people.expires_at, people.is_listed, people.user_id, people.person_key,
  people.identified_by, coalesce(held.grant_count, 0) as grant_count,
  coalesce(held.privileged_count, 0) as privileged_count, held.strongest as role_strength,
  coalesce(held.unknown_role_count, 0) as unknown_role_count
from {{ ref('int_wix__people_ever') }} as people
left join held
  on held.account_id = people.account_id and held.person_type = people.person_type and held.person_id = people.person_id
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = people.account_id
where people.is_current
