-- Offers do not count: an invite gives nothing until it is accepted.
select versions.account_id, versions.stream_name, versions.record_key, versions.version_number, people.person_type,
  people.person_id, people.person, people.email, versions.role_id,
  coalesce(roles.title, versions.role_id) as role_title, coalesce(roles.is_privileged, false) as is_privileged,
  versions.asset_type, versions.asset_id, versions.asset_name, versions.site_id, versions.folder_id,
  versions.is_content_known, versions.started_by, versions.started_after as granted_after,
  versions.started_before as granted_before, versions.ended_by, versions.ended_after, versions.ended_before,
  versions.is_current
from (
  select held.*,
    case when stream_name = 'assignments' then 'member' else 'contributor' end as holder_type,
    case when stream_name = 'assignments' then {{ dbt.split_part('record_key', "'|'", 1) }}
      else {{ dbt.split_part('record_key', "'|'", 2) }} end as holder_id
  from {{ ref('int_wix__grant_versions') }} as held
  where stream_name <> 'invite_assignments'
) as versions
left join {{ ref('int_wix__people_ever') }} as people
  on people.account_id = versions.account_id and people.person_type = versions.holder_type
  and people.person_id = versions.holder_id
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = versions.account_id and roles.role_id = versions.role_id
