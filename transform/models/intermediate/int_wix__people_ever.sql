{%- set own_domains = var('company_domains') -%}
{#- One domain as a text means that one, not its letters. -#}
{%- set own_domains = [own_domains] if own_domains is string else own_domains -%}
-- Everybody who ever was somebody here, as last seen: members, invites, and the outside accounts of sites.
with members as (
  select account_id, 'member' as person_type, id as person_id, {{ full_name('first_name', 'last_name') }} as full_name,
    email, joined_team_at as joined_at, is_current,
    row_number() over (
      partition by account_id, id order by case when is_current then 0 else 1 end, observed_at desc, snapshot_at desc
    ) as place
  from {{ ref('stg_wix__users') }}
), invites as (
  select account_id, 'invite' as person_type, id as person_id, cast(null as {{ dbt.type_string() }}) as full_name,
    email, cast(null as timestamp) as joined_at, is_current and lower(status) = 'pending' as is_current,
    status as invite_status, date_created as invited_at, expiration_date as expires_at,
    row_number() over (
      partition by account_id, id order by case when is_current then 0 else 1 end, observed_at desc, snapshot_at desc
    ) as place
  from {{ ref('stg_wix__invites') }}
), contributors as (
  select account_id, contributor_account_id as person_id, max(case when is_current then 1 else 0 end) = 1 as is_current
  from (
    select account_id, contributor_account_id, is_current from {{ ref('stg_wix__site_contributors') }}
    union all
    select account_id, contributor_account_id, is_current from {{ ref('stg_wix__site_contributor_roles') }}
  ) as everywhere
  group by account_id, contributor_account_id
), everybody as (
  select account_id, person_type, person_id, full_name, email, joined_at,
    cast(null as {{ dbt.type_string() }}) as invite_status, cast(null as timestamp) as invited_at,
    cast(null as timestamp) as expires_at, coalesce(is_current, false) as is_current
  from members where place = 1
  union all
  select account_id, person_type, person_id, full_name, email, joined_at, invite_status, invited_at, expires_at,
    coalesce(is_current, false)
  from invites where place = 1
  union all
  select contributors.account_id, 'contributor', contributors.person_id,
    coalesce(accounts.name, 'Outside account ' || substring(contributors.person_id, 1, 8)),
    cast(null as {{ dbt.type_string() }}), cast(null as timestamp), cast(null as {{ dbt.type_string() }}),
    cast(null as timestamp), cast(null as timestamp), contributors.is_current
  from contributors
  left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = contributors.person_id
), own_domains as (
  {% for domain in own_domains -%}
  select distinct account_id, '{{ domain | lower | replace("'", "''") }}' as domain
  from {{ ref('stg_wix__snapshots') }} {{ 'union' if not loop.last }}
  {% else -%}
  select distinct owned.account_id, {{ email_domain('members.email') }} as domain
  from {{ ref('stg_wix__accounts') }} as owned
  join members
    on members.account_id = owned.account_id and members.person_id = owned.owner_user_id and members.place = 1
  where owned.is_current
  {% endfor %}
), known_domains as (
  select account_id, count(*) as domain_count from own_domains where domain is not null group by account_id
)
select everybody.account_id, everybody.person_type, everybody.person_id,
  coalesce(everybody.full_name, nullif(everybody.email, ''), everybody.person_id) as person, everybody.full_name,
  nullif(everybody.email, '') as email, everybody.email_domain,
  case
    when everybody.person_type = 'contributor' then own_accounts.account_id is null
    when known_domains.domain_count is not null and everybody.email_domain is not null then own_domains.domain is null
  end as is_external,
  everybody.joined_at, everybody.invite_status, everybody.invited_at, everybody.expires_at, everybody.is_current
from (select everybody.*, {{ email_domain('email') }} as email_domain from everybody) as everybody
left join known_domains on known_domains.account_id = everybody.account_id
left join own_domains
  on own_domains.account_id = everybody.account_id and own_domains.domain = everybody.email_domain
left join {{ ref('int_wix__accounts') }} as own_accounts on own_accounts.account_id = everybody.person_id
