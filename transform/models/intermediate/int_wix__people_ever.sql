-- Everybody who ever was somebody here, as last seen: members, invites, the outside accounts of sites, and an account's
-- owner, also where the list of members does not have him.
{%- set own_domains = company_domains() -%}
{%- set latest = 'order by case when is_current then 0 else 1 end, observed_at desc, snapshot_at desc' -%}
{%- set text = dbt.type_string() %}
with members as (
  select account_id, 'member' as person_type, id as person_id, {{ full_name('first_name', 'last_name') }} as full_name,
    email, joined_team_at as joined_at, coalesce(is_current, false) as is_current, observed_at,
    row_number() over (partition by account_id, id {{ latest }}) as place
  from {{ ref('stg_wix__users') }}
), owners as (
  select account_id, owner_user_id as person_id from {{ ref('int_wix__accounts') }} where owner_user_id is not null
), invites as (
  select invites.account_id, 'invite' as person_type, invites.id as person_id, invites.email,
    invites.is_current and {{ is_open_status('invites.status') }} and (
      invites.expiration_date is null
      or invites.expiration_date >= {{ days_ago(0, or_always('receipts.complete_finished_at')) }}
    ) as is_current,
    invites.status as invite_status, invites.date_created as invited_at, invites.expiration_date as expires_at,
    row_number() over (
      partition by invites.account_id, invites.id
      order by case when invites.is_current then 0 else 1 end, invites.observed_at desc, invites.snapshot_at desc
    ) as place
  from {{ ref('stg_wix__invites') }} as invites
  left join {{ ref('wix__latest_receipts') }} as receipts
    on receipts.account_id = invites.account_id and receipts.stream_name = 'invites'
), contributors as (
  select account_id, contributor_account_id as person_id, max(owner_user_id) as owner_user_id,
    max(case when is_current then 1 else 0 end) = 1 as is_current
  from (
    select account_id, contributor_account_id, is_current,
      case when row_number() over (partition by account_id, contributor_account_id {{ latest }}) = 1
        then contributor_owner_user_id end as owner_user_id
    from {{ ref('stg_wix__site_contributors') }}
    union all
    select held.account_id, held.contributor_account_id, held.is_current and unread.account_id is null,
      cast(null as {{ text }})
    from {{ ref('stg_wix__site_contributor_roles') }} as held
    left join ({{ roles_unread() }}) as unread on unread.account_id = held.account_id
  ) as everywhere
  group by account_id, contributor_account_id
), users as (
  -- A user's id is the same in every account.
  select person_id, full_name, email from (
    select members.*, row_number() over (
      partition by person_id order by case when is_current then 0 else 1 end, observed_at desc, account_id
    ) as pick
    from members where place = 1
  ) as everywhere
  where pick = 1
), everybody as (
  select members.account_id, members.person_type, members.person_id, members.full_name, members.email,
    members.joined_at, cast(null as {{ text }}) as invite_status, cast(null as timestamp) as invited_at,
    cast(null as timestamp) as expires_at, members.is_current or owners.person_id is not null as is_current,
    members.is_current as is_listed, members.person_id as user_id
  from members
  left join owners on owners.account_id = members.account_id and owners.person_id = members.person_id
  where members.place = 1
  union all
  select owners.account_id, 'member', owners.person_id, users.full_name, users.email, cast(null as timestamp),
    cast(null as {{ text }}), cast(null as timestamp), cast(null as timestamp), true, false, owners.person_id
  from owners
  left join members
    on members.account_id = owners.account_id and members.person_id = owners.person_id and members.place = 1
  left join users on users.person_id = owners.person_id
  where members.person_id is null
  union all
  select account_id, person_type, person_id, cast(null as {{ text }}), email, cast(null as timestamp), invite_status,
    invited_at, expires_at, coalesce(is_current, false), coalesce(is_current, false), cast(null as {{ text }})
  from invites where place = 1
  union all
  select contributors.account_id, 'contributor', contributors.person_id,
    coalesce(
      accounts.name, users.full_name || ' (outside account)', users.email || ' (outside account)',
      'Outside account ' || substring(contributors.person_id, 1, 8)
    ),
    cast(null as {{ text }}), cast(null as timestamp), cast(null as {{ text }}), cast(null as timestamp),
    cast(null as timestamp), contributors.is_current, contributors.is_current,
    coalesce(contributors.owner_user_id, accounts.owner_user_id)
  from contributors
  left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = contributors.person_id
  left join users on users.person_id = coalesce(contributors.owner_user_id, accounts.owner_user_id)
), addressed as (
  select everybody.*, {{ email_domain('everybody.email') }} as email_domain,
    {{ email_name('everybody.email') }} as email_name
  from everybody
), placed as (
  select addressed.*, {{ mail_domain('coalesce(domains.domain_key, addressed.email_domain)') }} as domain_key
  from addressed
  left join {{ ref('int_wix__domains') }} as domains on domains.domain = addressed.email_domain
), keyed as (
  select placed.*, {{ email_key('email_name', 'domain_key') }} as email_key from placed
), own_domains as (
  {% for domain in own_domains -%}
  select distinct account_id, '{{ in_punycode(domain) | replace("'", "''") }}' as domain
  from {{ ref('stg_wix__snapshots') }} {{ 'union distinct' if not loop.last }}
  {% else -%}
  -- Whoever has an address of a free provider does not own its domain.
  select distinct keyed.account_id, keyed.domain_key as domain
  from keyed
  join owners on owners.account_id = keyed.account_id and owners.person_id = keyed.person_id
  left join {{ ref('wix__free_mail_domains') }} as free on free.domain = keyed.domain_key
  where keyed.person_type = 'member' and free.domain is null
  {% endfor %}
), known_domains as (
  select account_id, count(*) as domain_count from own_domains where domain is not null group by account_id
), inside as (
  select distinct everyone.account_id, everyone.domain_key
  from (select distinct account_id, domain_key from keyed where domain_key is not null) as everyone
  join own_domains
    on own_domains.account_id = everyone.account_id
    and (own_domains.domain = everyone.domain_key or everyone.domain_key like '%.' || own_domains.domain)
), addresses as (
  -- A user's address, and the one user who stands for all who have it.
  select user_id, email_key, min(user_id) over (partition by email_key) as first_user_id
  from (
    select user_id, email_key, row_number() over (
      partition by user_id order by case when is_current then 0 else 1 end, account_id
    ) as pick
    from keyed where person_type = 'member' and email_key is not null
  ) as picked
  where pick = 1
), first_users as (
  select email_key, min(first_user_id) as first_user_id from addresses group by email_key
)
select keyed.account_id, keyed.person_type, keyed.person_id,
  coalesce(keyed.full_name, nullif(trim(keyed.email), ''), keyed.person_id) as person, keyed.full_name,
  nullif(trim(keyed.email), '') as email, keyed.email_domain, keyed.email_name, keyed.email_key,
  case
    when keyed.person_type = 'contributor' then own_accounts.account_id is null
    when known_domains.domain_count is not null and keyed.domain_key is not null then inside.domain_key is null
  end as is_external,
  keyed.joined_at, keyed.invite_status, keyed.invited_at, keyed.expires_at, keyed.is_current, keyed.is_listed,
  keyed.user_id,
  coalesce(
    addresses.first_user_id, keyed.user_id, first_users.first_user_id, 'address ' || keyed.email_key,
    'account ' || keyed.person_id
  ) as person_key,
  case
    when addresses.first_user_id <> keyed.user_id then 'address'
    when keyed.user_id is not null then 'user id'
    when keyed.email_key is not null then 'address'
    else 'account'
  end as identified_by
from keyed
left join known_domains on known_domains.account_id = keyed.account_id
left join inside on inside.account_id = keyed.account_id and inside.domain_key = keyed.domain_key
left join addresses on addresses.user_id = keyed.user_id
left join first_users on first_users.email_key = keyed.email_key
left join {{ ref('int_wix__accounts') }} as own_accounts on own_accounts.account_id = keyed.person_id
