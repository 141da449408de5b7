-- Of what `people` has under one `person_key`; whoever left everywhere is here, too, with nothing.
with everyone as (
  select everybody.*, row_number() over (
      partition by person_key
      order by case when is_current then 0 else 1 end, case person_type when 'member' then 1 when 'invite' then 2 else 3 end,
        account_id, person_id
    ) as place
  from {{ ref('int_wix__people_ever') }} as everybody
), held as (
  select account_id, person_type, person_id, count(*) as grant_count,
    cast(sum(case when is_privileged then 1 else 0 end) as bigint) as privileged_count, max(role_strength) as strongest,
    cast(sum(case when is_privileged is null then 1 else 0 end) as bigint) as unknown_role_count
  from {{ ref('wix__access_grants') }}
  group by account_id, person_type, person_id
), counted as (
  select everyone.person_key,
    count(distinct case when everyone.person_type = 'member' and everyone.is_current then everyone.account_id end)
      as accounts_joined,
    count(distinct case when everyone.person_type = 'member' and not everyone.is_current then everyone.account_id end)
      as accounts_left,
    count(distinct case when everyone.person_type = 'contributor' and everyone.is_current then everyone.person_id end)
      as outside_accounts,
    count(distinct case when everyone.person_type = 'invite' and everyone.is_current then everyone.person_id end)
      as open_invites,
    cast(sum(coalesce(held.grant_count, 0)) as bigint) as grant_count,
    cast(sum(coalesce(held.privileged_count, 0)) as bigint) as privileged_count, max(held.strongest) as role_strength,
    cast(sum(coalesce(held.unknown_role_count, 0)) as bigint) as unknown_role_count,
    -- The address only says that it is likely the same person: the weakest of the ties counts.
    max(case everyone.identified_by when 'address' then 'address' when 'user id' then ' user id' else ' account' end)
      as weakest_tie
  from everyone
  left join held
    on held.account_id = everyone.account_id and held.person_type = everyone.person_type
    and held.person_id = everyone.person_id
  group by everyone.person_key
)
select counted.person_key, first.person, first.email, trim(counted.weakest_tie) as identified_by, counted.accounts_joined,
  counted.accounts_left, counted.outside_accounts, counted.open_invites, counted.grant_count, counted.privileged_count,
  counted.role_strength, counted.unknown_role_count
from counted
join everyone as first on first.person_key = counted.person_key and first.place = 1
