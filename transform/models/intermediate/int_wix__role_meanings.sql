-- What each role that is in the list, or mentioned by a grant, meant: one row for each time that its title or what the
-- rules make of it changed. The first counts from ever, the last until now; what was never stored is not known.
{%- set role = 'partition by account_id, role_id' %}
with mentioned as (
  select account_id, role_id from {{ ref('int_wix__grant_rows') }} where role_id is not null
  union distinct
  select account_id, id from {{ ref('stg_wix__roles') }}
), stored as (
  select versions.account_id, coalesce(roles.id, versions.record_key) as role_id, versions.version_number, versions.started_by,
    versions.started_after, versions.started_before, versions.last_seen_at, roles.id is not null as is_content_known, roles.title,
    roles.description, roles.role_type, roles.restrict_from_level
  from {{ ref('int_wix__versions') }} as versions
  left join {{ ref('stg_wix__roles') }} as roles
    on roles.account_id = versions.account_id and {{ wix_record_key('roles', 'roles') }} = versions.record_key
    and roles.observed_at = versions.version_seen_at
  where versions.stream_name = 'roles'
), described as (
  select mentioned.account_id, mentioned.role_id, coalesce(stored.version_number, 1) as version_number,
    stored.started_by, stored.started_after, stored.started_before, stored.last_seen_at,
    coalesce(stored.is_content_known, false) as is_content_known, stored.title, stored.description, stored.role_type,
    stored.restrict_from_level
  from mentioned
  left join stored on stored.account_id = mentioned.account_id and stored.role_id = mentioned.role_id
), ruled as (
  select described.account_id, described.role_id, described.version_number, rules.strength, rules.is_privileged,
    rules.reason,
    row_number() over (
      partition by described.account_id, described.role_id, described.version_number
      order by rules.strength desc, case when rules.role_id is null then 1 else 0 end, rules.reason
    ) as place
  from described
  join {{ ref('wix__role_rules') }} as rules
    on (rules.role_type is null or rules.role_type = described.role_type)
    and (
      rules.role_id = described.role_id or lower(described.title) like rules.title_pattern
      or lower(described.description) like rules.description_pattern
    )
), meant as (
  select described.*, max(described.last_seen_at) over (partition by described.account_id, described.role_id)
      as role_seen_at,
    case when ruled.strength is not null then ruled.strength when described.is_content_known then 30 end
    as strength,
    case when ruled.is_privileged is not null then ruled.is_privileged when described.is_content_known then false end
    as is_privileged, ruled.strength is not null as is_ruled,
    case when lag(described.role_id) over (
        partition by described.account_id, described.role_id order by described.version_number
      ) is null
      or coalesce(described.title, '') <> coalesce(lag(described.title) over (
        partition by described.account_id, described.role_id order by described.version_number), '')
      or described.is_content_known <> lag(described.is_content_known) over (
        partition by described.account_id, described.role_id order by described.version_number)
      or coalesce(ruled.strength, 30) <> coalesce(lag(ruled.strength) over (
        partition by described.account_id, described.role_id order by described.version_number), 30)
      or coalesce(ruled.is_privileged, false) <> coalesce(lag(ruled.is_privileged) over (
        partition by described.account_id, described.role_id order by described.version_number), false)
      then 1 else 0 end as is_new
  from described
  left join ruled
    on ruled.account_id = described.account_id and ruled.role_id = described.role_id
    and ruled.version_number = described.version_number and ruled.place = 1
), numbered as (
  select account_id, role_id, title, strength, is_privileged, is_ruled, is_content_known, started_after, started_before,
    role_seen_at as last_seen_at,
    row_number() over ({{ role }} order by version_number) as meaning_number
  from meant where is_new = 1
)
select account_id, role_id, meaning_number, title, strength, is_privileged, is_ruled, is_content_known,
  -- Nobody looked at it before: until then it is taken to have meant the same, and not for sure.
  case when meaning_number > 1 then started_after end as started_after,
  case when meaning_number > 1 then started_before end as started_before, started_before as known_before,
  lead(started_after) over ({{ role }} order by meaning_number) as ended_after,
  lead(started_before) over ({{ role }} order by meaning_number) as ended_before,
  -- Of the last meaning, when the role was last in the list.
  last_seen_at
from numbered
