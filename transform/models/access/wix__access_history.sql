-- Offers do not count: an invite gives nothing until it is accepted. A grant whose role came to mean something else is a
-- version more.
{%- set grant = 'partition by account_id, stream_name, record_key' %}
{%- set same = grant ~ ', same_number' %}
{%- set columns = 'person_type, person_id, person, email, person_key, role_id, role_title, role_strength, is_privileged, '
  ~ 'asset_type, asset_id, asset_name, site_id, folder_id, subject_type, subject_id, unread_restriction, scope_key, is_content_known, '
  ~ 'started_by, granted_after, granted_before, ended_by, ended_after, ended_before, role_known_before, role_seen_at, '
  ~ 'last_seen_at, is_current' %}
with versions as (
  select held.*,
    case when stream_name in ('assignments', 'accounts') then 'member' else 'contributor' end as holder_type,
    case
      when person_id is not null then person_id
      when stream_name = 'assignments' then {{ first_of_key('record_key') }}
    end as holder_id
  from {{ ref('int_wix__grant_versions') }} as held
  where stream_name <> 'invite_assignments'
), worded as (
  select versions.*, meanings.title, meanings.is_privileged, meanings.strength, meanings.is_content_known as is_role_known,
    case when meanings.started_before > versions.started_before then 1 else 0 end as is_later_meaning,
    meanings.started_after as meant_after, meanings.started_before as meant_before,
    case when meanings.meaning_number = 1 then meanings.known_before end as role_known_before,
    case when meanings.ended_before is null then meanings.last_seen_at end as role_seen_at,
    case when meanings.ended_before <= {{ or_ever('coalesce(versions.goes_on_until, versions.ended_after)') }} then 1 else 0 end as is_outlived,
    meanings.ended_after as unmeant_after, meanings.ended_before as unmeant_before,
    versions.is_only and meanings.started_before is null and meanings.ended_before is null as is_alone
  from versions
  left join {{ ref('int_wix__role_meanings') }} as meanings
    on meanings.account_id = versions.account_id and meanings.role_id = versions.role_id
    and {{ or_always('meanings.started_before') }} < {{ or_ever('versions.ended_before') }}
    and {{ or_ever('meanings.ended_before') }} > versions.started_before
    and (meanings.started_before <= versions.started_before
      or meanings.started_before <= {{ or_ever('coalesce(versions.goes_on_until, versions.ended_after)') }} or meanings.started_before is null)
), told as (
select worded.account_id, worded.stream_name, worded.record_key,
  worded.holder_type as person_type, worded.holder_id as person_id, coalesce(people.person, worded.holder_id) as person,
  people.email, people.person_key, worded.role_id,
  coalesce(worded.title, worded.role_id) as role_title, worded.strength as role_strength,
  -- Null: nobody knows what the role was, or what it could do then.
  worded.is_privileged, worded.asset_type, worded.asset_id, worded.asset_name, worded.site_id, worded.folder_id,
  worded.subject_type, worded.subject_id, worded.unread_restriction, {{ scope_key('worded') }} as scope_key, worded.is_content_known,
  case when worded.is_later_meaning = 1 then 'role changed' else worded.started_by end as started_by,
  case when worded.is_later_meaning = 1 then worded.meant_after else worded.started_after end as granted_after,
  case when worded.is_later_meaning = 1 then worded.meant_before else worded.started_before end as granted_before,
  case when worded.is_outlived = 1 then 'role changed' else worded.ended_by end as ended_by,
  case when worded.is_outlived = 1 then worded.unmeant_after else worded.ended_after end as ended_after,
  case when worded.is_outlived = 1 then worded.unmeant_before else worded.ended_before end as ended_before,
  worded.role_known_before, worded.role_seen_at,
  {{ earlier('worded.last_seen_at', 'worded.unmeant_after') }} as last_seen_at,
  worded.is_current and worded.is_outlived = 0 as is_current, worded.access_number,
  worded.version_number as grant_version, worded.meant_before, worded.is_alone
from worded
left join {{ ref('int_wix__people_ever') }} as people
  on people.account_id = worded.account_id and people.person_type = worded.holder_type
  and people.person_id = worded.holder_id
), numbered as (
  select told.*, row_number() over (
      {{ grant }} order by grant_version, {{ or_always('meant_before') }}
    ) as version_number
  from told where not is_alone
), marked as (
  -- Versions that give the same are one access, whatever its asset was called.
  select numbered.*, sum(case when is_same then 0 else 1 end) over (
      {{ grant }} order by version_number rows between unbounded preceding and current row
    ) as same_number
  from (
    select numbered.*, lag(access_number) over ({{ grant }} order by version_number) = access_number
      and lag(role_title) over ({{ grant }} order by version_number) = role_title
      and lag(role_strength) over ({{ grant }} order by version_number) = role_strength
      and lag(is_privileged) over ({{ grant }} order by version_number) = is_privileged as is_same
    from numbered
  ) as numbered
)
select account_id, stream_name, record_key, version_number, {{ columns }},
  first_value(granted_before) over ({{ same }} order by version_number) as same_since,
  first_value(ended_after) over ({{ same }} order by version_number desc) as same_ended_after,
  first_value(ended_before) over ({{ same }} order by version_number desc) as same_ended_before,
  first_value(last_seen_at) over ({{ same }} order by version_number desc) as same_seen_at
from marked
union all
select account_id, stream_name, record_key, 1, {{ columns }}, granted_before, ended_after, ended_before, last_seen_at
from told where is_alone
