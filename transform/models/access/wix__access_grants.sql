with working as (
  select account_id, site_id, person_id from {{ ref('int_wix__grant_rows') }}
  where stream_name = 'site_contributors' and is_current
), standing as (
  -- A role of an outside account ends with its work on the site, also where nobody reads the roles any more.
  select held.*
  from {{ ref('int_wix__grant_rows') }} as held
  left join ({{ roles_unread() }}) as unread on unread.account_id = held.account_id
  left join working
    on working.account_id = held.account_id and working.site_id = held.site_id and working.person_id = held.person_id
  where held.is_current and (
    held.stream_name <> 'site_contributor_roles' or unread.account_id is null
    or working.account_id is not null
  )
), told_in_full as (
  select account_id, 'site_contributors' as stream_name, site_id as held_on, person_id
  from standing where stream_name = 'site_contributor_roles'
  union distinct
  select account_id, 'accounts', account_id, person_id
  from standing
  where stream_name = 'assignments' and role_id = {{ owner_role() }} and asset_type = 'account'
    and coalesce(subject_type, 'USER') = 'USER'
), grants as (
  select standing.*
  from standing
  left join {{ ref('int_wix__people_ever') }} as people
    on people.account_id = standing.account_id and people.person_type = standing.person_type
    and people.person_id = standing.person_id
  left join told_in_full
    on told_in_full.account_id = standing.account_id and told_in_full.stream_name = standing.stream_name
    and told_in_full.person_id = standing.person_id
    and told_in_full.held_on = coalesce(standing.site_id, standing.account_id)
  -- Of invites, only the open ones can still be accepted.
  where (standing.person_type <> 'invite' or people.is_current)
    and told_in_full.account_id is null and standing.person_id is not null
)
select grants.account_id, grants.stream_name, grants.record_key, grants.person_type, grants.person_id, grants.role_id,
  coalesce(roles.title, grants.role_id) as role_title, roles.strength as role_strength, roles.is_privileged,
  grants.asset_type, grants.asset_id, grants.asset_name,
  {{ via('grants') }} as via, grants.person_type = 'invite' as is_pending, {{ scope_key('grants') }} as scope_key,
  grants.site_id, grants.folder_id, grants.subject_type, grants.subject_id, grants.unread_restriction, history.granted_after,
  history.granted_before,
  {{ later('receipts.complete_finished_at', 'coalesce(sending.finished_at, grants.snapshot_at)') }} as last_seen_at
from grants
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = grants.account_id and roles.role_id = grants.role_id
left join {{ ref('int_wix__grant_versions') }} as history
  on history.account_id = grants.account_id and history.stream_name = grants.stream_name
  and history.record_key = grants.record_key and history.is_current
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = grants.account_id and receipts.stream_name = grants.stream_name
left join {{ ref('stg_wix__snapshots') }} as sending
  on sending.account_id = grants.account_id and sending.stream_name = grants.stream_name
  and sending.snapshot_at = grants.snapshot_at
