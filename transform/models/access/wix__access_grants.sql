with grants as (
  select held.*, people.invited_at
  from {{ ref('int_wix__grant_rows') }} as held
  left join {{ ref('int_wix__people_ever') }} as people
    on people.account_id = held.account_id and people.person_type = held.person_type
    and people.person_id = held.person_id
  -- Of invites, only the open ones can still be accepted.
  where held.is_current and (held.person_type <> 'invite' or people.is_current)
)
select grants.account_id, grants.stream_name, grants.record_key, grants.person_type, grants.person_id, grants.role_id,
  coalesce(roles.title, grants.role_id) as role_title, coalesce(roles.strength, 30) as role_strength,
  coalesce(roles.is_privileged, false) as is_privileged, grants.asset_type, grants.asset_id, grants.asset_name,
  case
    when grants.person_type = 'contributor' then 'contributor'
    when grants.asset_type = 'site_resource' then 'site'
    when grants.asset_type in ('account', 'folder', 'site') then grants.asset_type
    else 'unknown'
  end as via,
  grants.person_type = 'invite' as is_pending,
  case
    when grants.asset_type = 'account' then 'account'
    when grants.asset_type = 'folder' then 'folder:' || grants.folder_id
    when grants.site_id is not null then 'site:' || grants.site_id
  end as scope_key,
  grants.site_id, grants.folder_id, history.granted_after, history.granted_before,
  receipts.complete_finished_at as last_seen_at
from grants
left join {{ ref('int_wix__roles') }} as roles
  on roles.account_id = grants.account_id and roles.role_id = grants.role_id
left join {{ ref('int_wix__grant_versions') }} as history
  on history.account_id = grants.account_id and history.stream_name = grants.stream_name
  and history.record_key = grants.record_key and history.is_current
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = grants.account_id and receipts.stream_name = grants.stream_name
