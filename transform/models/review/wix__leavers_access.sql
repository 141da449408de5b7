-- Who left the company, as HR says (seed `leavers`), and what became of their access in each account. Without lines in
-- the seed there is no row.
with leavers as (
  select lower(email) as email, max(person) as person, min(left_on) as left_on
  from {{ ref('wix__leavers') }} where email is not null group by lower(email)
), named as (
  select account_id, person_type, person_id, person, email, is_current
  from {{ ref('int_wix__people_ever') }}
  union all
  -- An outside account is known by its owner, where that is somebody who is known.
  select contributors.account_id, 'contributor', contributors.person_id, contributors.person, owners.email,
    contributors.is_current
  from {{ ref('int_wix__people_ever') }} as contributors
  join (select distinct account_id, contributor_account_id, contributor_owner_user_id
        from {{ ref('stg_wix__site_contributors') }}) as sites
    on sites.account_id = contributors.account_id and sites.contributor_account_id = contributors.person_id
  join (select distinct person_id, email from {{ ref('int_wix__people_ever') }} where person_type = 'member') as owners
    on owners.person_id = sites.contributor_owner_user_id
  where contributors.person_type = 'contributor'
), everybody as (
  select account_id, person_type, person_id, max(person) as person, max(email) as email,
    max(case when is_current then 1 else 0 end) = 1 as is_current
  from named group by account_id, person_type, person_id
), grants as (
  select account_id, person_type, person_id, count(*) as grant_count
  from {{ ref('wix__access_grants') }} group by account_id, person_type, person_id
), gone as (
  -- When a member was seen to be gone, or the last of the grants.
  select account_id, id as person_id, 'member' as person_type, max(removed_after) as gone_after,
    max(removed_before) as gone_before
  from {{ ref('stg_wix__users') }} where not is_current group by account_id, id
  union all
  select account_id, id, 'invite', max(removed_after), max(removed_before)
  from {{ ref('stg_wix__invites') }} where not is_current group by account_id, id
)
select everybody.account_id, coalesce(accounts.name, everybody.account_id) as account_name, everybody.person_type,
  everybody.person_id, coalesce(everybody.person, leavers.person) as person, everybody.email, leavers.left_on,
  everybody.is_current as has_access, coalesce(grants.grant_count, 0) as grant_count,
  case when not everybody.is_current then gone.gone_after end as gone_after,
  case when not everybody.is_current then gone.gone_before end as gone_before,
  case when not everybody.is_current and gone.gone_before is not null
    then {{ dbt.datediff('cast(leavers.left_on as timestamp)', 'gone.gone_before', 'hour') }} end as gone_within_hours,
  case
    when not everybody.is_current and gone.gone_before is not null then
      {{ dbt.datediff('cast(leavers.left_on as timestamp)', 'gone.gone_before', 'hour') }}
        <= 24 + {{ var('leaver_hours') }}
    when everybody.is_current then
      case when {{ dbt.datediff('cast(leavers.left_on as timestamp)', 'receipts.complete_finished_at', 'hour') }}
        > 24 + {{ var('leaver_hours') }} then false end
  end as is_in_time
from leavers
join everybody on lower(everybody.email) = leavers.email
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = everybody.account_id
left join grants
  on grants.account_id = everybody.account_id and grants.person_type = everybody.person_type
  and grants.person_id = everybody.person_id
left join gone
  on gone.account_id = everybody.account_id and gone.person_type = everybody.person_type
  and gone.person_id = everybody.person_id
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = everybody.account_id and receipts.stream_name =
    case everybody.person_type when 'member' then 'users' when 'invite' then 'invites' else 'site_contributors' end
{{ where_any('wix__leavers') }}
