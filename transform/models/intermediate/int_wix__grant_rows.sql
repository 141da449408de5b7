-- Every version that is stored of whatever gives somebody access: a member's assignment, an invite's, a role of an
-- outside account on a site, that it works there at all, and the account's own record, which names its owner.
{%- set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{#- To compare with: that something else is written there is a change, whatever it says. #}
{%- set unread = "case when coalesce(asset_type, 'unknown') = 'unknown' then md5(" ~ sorted_words('restrictions') ~ ') end' %}
with grants as (
  select account_id, 'assignments' as stream_name, {{ wix_record_key('assignments', 'held') }} as record_key,
    'member' as person_type, user_id as person_id, role_id, coalesce(asset_type, 'unknown') as asset_type, asset_id,
    asset_name, site_id, folder_id, {{ told_subject('subject_type') }}, subject_id, {{ unread }} as unread_restriction, observed_at,
    snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__assignments') }} as held
  union all
  select account_id, 'invite_assignments', {{ wix_record_key('invite_assignments', 'offered') }}, 'invite', invite_id,
    role_id, coalesce(asset_type, 'unknown'), asset_id, asset_name, site_id, folder_id,
    {{ nothing }}, {{ nothing }}, {{ unread }}, observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__invite_assignments') }} as offered
  union all
  select account_id, 'site_contributor_roles', {{ wix_record_key('site_contributor_roles', 'held') }}, 'contributor',
    contributor_account_id, role_id, 'site', site_id, {{ nothing }}, site_id, {{ nothing }}, 'ACCOUNT',
    contributor_account_id, {{ nothing }}, observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__site_contributor_roles') }} as held
  union all
  select account_id, 'site_contributors', {{ wix_record_key('site_contributors', 'works') }}, 'contributor',
    contributor_account_id, {{ nothing }}, 'site', site_id, {{ nothing }}, site_id, {{ nothing }}, 'ACCOUNT',
    contributor_account_id, {{ nothing }}, observed_at, snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__site_contributors') }} as works
  union all
  select account_id, 'accounts', {{ wix_record_key('accounts', 'owned') }}, 'member', owner_user_id, {{ owner_role() }},
    'account', account_id, {{ nothing }}, {{ nothing }}, {{ nothing }}, 'USER', owner_user_id, {{ nothing }}, observed_at,
    snapshot_at, is_current, removed_after, removed_before
  from {{ ref('stg_wix__accounts') }} as owned
)
select grants.account_id, grants.stream_name, grants.record_key, grants.person_type, grants.person_id, grants.role_id,
  grants.asset_type, grants.asset_id, coalesce(grants.asset_name, sites.site_name) as asset_name, grants.site_id,
  grants.folder_id, grants.subject_type, grants.subject_id, grants.unread_restriction, grants.observed_at,
  grants.snapshot_at, grants.is_current, grants.removed_after, grants.removed_before
from grants
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = grants.account_id and sites.site_id = grants.site_id
