-- Every version that is stored of every grant: a member's assignment, an invite's, and a role of an outside account.
with folders as (
  select account_id, id, path, row_number() over (partition by account_id, path order by id) as place
  from {{ ref('stg_wix__folders') }} where is_current
), grants as (
  select account_id, 'assignments' as stream_name, user_id || '|' || assignment_key as record_key,
    'member' as person_type, user_id as person_id, role_id, asset_type, asset_id, asset_name, site_id, folder_id,
    observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__assignments') }}
  union all
  select account_id, 'invite_assignments', invite_id || '|' || assignment_key, 'invite', invite_id, role_id, asset_type,
    asset_id, asset_name, site_id, folder_id, observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__invite_assignments') }}
  union all
  select account_id, 'site_contributor_roles', site_id || '|' || contributor_account_id || '|' || role_id,
    'contributor', contributor_account_id, role_id, 'site', site_id, cast(null as {{ dbt.type_string() }}), site_id,
    cast(null as {{ dbt.type_string() }}), observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__site_contributor_roles') }}
  union all
  -- Whoever works on a site, where nobody asked which role that is.
  select contributor.account_id, 'site_contributors', contributor.site_id || '|' || contributor.contributor_account_id,
    'contributor', contributor.contributor_account_id, cast(null as {{ dbt.type_string() }}), 'site',
    contributor.site_id, cast(null as {{ dbt.type_string() }}), contributor.site_id,
    cast(null as {{ dbt.type_string() }}), contributor.observed_at, contributor.snapshot_at, contributor.is_current,
    contributor.removed_after, contributor.removed_before
  from {{ ref('stg_wix__site_contributors') }} as contributor
  where not exists (
    select 1 from {{ ref('stg_wix__site_contributor_roles') }} as held
    where held.account_id = contributor.account_id and held.site_id = contributor.site_id
      and held.contributor_account_id = contributor.contributor_account_id
  )
)
select grants.account_id, grants.stream_name, grants.record_key, grants.person_type, grants.person_id, grants.role_id,
  coalesce(grants.asset_type, 'unknown') as asset_type, grants.asset_id,
  coalesce(grants.asset_name, sites.display_name, sites.name) as asset_name, grants.site_id,
  -- Wix says that a folder is named by its id, and gives its path as well: the path helps where the id does not.
  coalesce(by_id.id, by_path.id, grants.folder_id) as folder_id, grants.observed_at, grants.snapshot_at,
  grants.is_current, grants.removed_after, grants.removed_before
from grants
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = grants.account_id and sites.site_id = grants.site_id
left join folders as by_id on by_id.account_id = grants.account_id and by_id.id = grants.folder_id
left join folders as by_path
  on by_path.account_id = grants.account_id and by_path.path = grants.asset_name and by_path.place = 1
  and grants.asset_type = 'folder' and by_id.id is null
