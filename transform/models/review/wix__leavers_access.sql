-- Who left the company, as HR says (seed `leavers`), and what became of their access in each account. Without lines in
-- the seed there is no row.
with lines as (
  select person, left_on, {{ email_name('email') }} as email_name, {{ email_domain('email') }} as email_domain
  from {{ ref('wix__leavers') }}
), placed as (
  select lines.*, {{ mail_domain('coalesce(domains.domain_key, lines.email_domain)') }} as domain_key
  from lines
  left join {{ ref('int_wix__domains') }} as domains on domains.domain = lines.email_domain
), leavers as (
  -- Each is found however HR and Wix spell the address: capitals, blanks, a +tag, dots at Gmail, Punycode.
  select email_key, max(person) as person, min(left_on) as left_on
  from (select placed.*, {{ email_key('email_name', 'domain_key') }} as email_key from placed) as keyed
  group by email_key
), named as (
  select account_id, person_type, person_id, person, email, email_key, is_current
  from {{ ref('int_wix__people_ever') }}
  union all
  -- An outside account is known by its owner, where that is somebody who is known.
  select contributors.account_id, 'contributor', contributors.person_id, contributors.person, owners.email,
    owners.email_key, contributors.is_current
  from {{ ref('int_wix__people_ever') }} as contributors
  join (select distinct account_id, contributor_account_id, contributor_owner_user_id
        from {{ ref('stg_wix__site_contributors') }}) as sites
    on sites.account_id = contributors.account_id and sites.contributor_account_id = contributors.person_id
  join (select distinct person_id, email, email_key from {{ ref('int_wix__people_ever') }} where person_type = 'member') as owners
    on owners.person_id = sites.contributor_owner_user_id
  where contributors.person_type = 'contributor'
), grants as (
  select account_id, person_type, person_id, count(*) as grant_count
  from {{ ref('wix__access_grants') }} group by account_id, person_type, person_id
), here as (
  -- Whoever still holds something is here, though a list may not have them any more.
  select named.account_id, named.person_type, named.person_id, max(coalesce(named.person, leavers.person)) as person,
    max(named.email) as email, min(leavers.left_on) as left_on, max(coalesce(grants.grant_count, 0)) as grant_count,
    max(case when named.is_current or grants.grant_count > 0 then 1 else 0 end) = 1 as has_access
  from leavers
  join named on named.email_key = leavers.email_key
  left join grants
    on grants.account_id = named.account_id and grants.person_type = named.person_type
    and grants.person_id = named.person_id
  group by named.account_id, named.person_type, named.person_id
), gone as (
  -- When a member was seen to be gone, or the last of the grants.
  select account_id, id as person_id, 'member' as person_type, max(removed_after) as gone_after,
    max(removed_before) as gone_before
  from {{ ref('stg_wix__users') }} where not is_current group by account_id, id
  union all
  select account_id, id, 'invite', max(removed_after), max(removed_before)
  from {{ ref('stg_wix__invites') }} where not is_current group by account_id, id
)
select here.account_id, coalesce(accounts.name, here.account_id) as account_name, here.person_type, here.person_id,
  here.person, here.email, here.left_on, here.has_access, here.grant_count,
  case when not here.has_access then gone.gone_after end as gone_after,
  case when not here.has_access then gone.gone_before end as gone_before,
  case when not here.has_access then {{ dbt.datediff('cast(here.left_on as timestamp)', 'gone.gone_before', 'hour') }}
    end as gone_within_hours,
  case
    when here.has_access then case when {{ is_beyond_leaving('here.left_on', 'receipts.complete_snapshot_at') }} then false end
    when not {{ is_beyond_leaving('here.left_on', 'gone.gone_before') }} then true
    when {{ is_beyond_leaving('here.left_on', 'gone.gone_after') }} then false
  end as is_in_time
from here
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = here.account_id
left join gone
  on gone.account_id = here.account_id and gone.person_type = here.person_type and gone.person_id = here.person_id
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = here.account_id and receipts.stream_name =
    case here.person_type when 'member' then 'users' when 'invite' then 'invites' else 'site_contributors' end
{{ where_any('wix__leavers') }}
