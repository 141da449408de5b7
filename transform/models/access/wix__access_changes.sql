-- A role on the whole account reaches whatever sites there are: that a site was made, or moved, changes nothing of it.
{%- set text = dbt.type_string() %}
{#- Whom it is given to, and on what: a member of whom nothing else is told holds it. #}
{%- set scope = "coalesce(asset_type, '') || '~' || coalesce(asset_id, unread_restriction, '') || '~' || "
  ~ "case when coalesce(subject_type, 'USER') = 'USER' then '' else subject_type || '~' || coalesce(subject_id, '') end" %}
{%- set of_grant = '(partition by account_id, stream_name, record_key order by version_number)' %}
with several as (
  -- Nearly all grants have one version: nothing came before it.
  select account_id, stream_name, record_key
  from {{ ref('wix__access_history') }} group by account_id, stream_name, record_key having count(*) > 1
), sequenced as (
  select history.*, {{ scope }} as scope, lag(version_number) over {{ of_grant }} as previous_number,
    lag(person_id) over {{ of_grant }} as previous_person,
    lag(role_id) over {{ of_grant }} as previous_role_id, lag(role_title) over {{ of_grant }} as previous_role,
    lag(asset_name) over {{ of_grant }} as previous_asset, lag(is_privileged) over {{ of_grant }} as previous_is_privileged,
    lag(role_strength) over {{ of_grant }} as previous_strength, lag(is_content_known) over {{ of_grant }} as previous_is_known,
    lag({{ scope }}) over {{ of_grant }} as previous_scope, lead(person_id) over {{ of_grant }} as next_person
  from {{ ref('wix__access_history') }} as history
  join several using (account_id, stream_name, record_key)
  union all
  select history.*, {{ scope }}, null, null, null, null, null, null, null, null, null, null
  from {{ ref('wix__access_history') }} as history
  left join several using (account_id, stream_name, record_key)
  where several.account_id is null
), history as (
  select sequenced.*, previous_is_known and is_content_known and scope = previous_scope
      and coalesce(role_id, '') = coalesce(previous_role_id, '') as is_same_grant,
    (is_privileged = previous_is_privileged or (is_privileged is null and previous_is_privileged is null))
      and (role_strength = previous_strength or (role_strength is null and previous_strength is null)) as is_same_role
  from sequenced
), roles_gone as (
  -- The outside account stays on the site, and its role is not known any more: reported once, as a change. Where nobody
  -- saw it there in that run or later, it may have left with the role: then that was lost, and nothing else.
  select paired.* from (
    select stays.account_id, stays.stream_name, stays.record_key, stays.version_number, gone.stream_name as gone_stream,
      gone.record_key as gone_key, gone.version_number as gone_version, gone.role_title, gone.ended_before as gone_before,
      not coalesce(stays.ended_by = 'removed' and stays.ended_after < runs.run_from, false) as is_seen_since,
      row_number() over (
        partition by stays.account_id, stays.stream_name, stays.record_key, stays.version_number
        order by gone.record_key desc, gone.version_number desc
      ) as place
    from history as stays
    join history as gone
      on gone.account_id = stays.account_id and gone.person_id = stays.person_id and gone.ended_by = 'removed'
      and (
        (stays.stream_name = 'site_contributors' and gone.stream_name = 'site_contributor_roles'
          and gone.site_id = stays.site_id and gone.ended_before = stays.granted_before)
        or (stays.stream_name = 'accounts' and gone.stream_name = 'assignments' and gone.role_id = {{ owner_role() }}
          and gone.asset_type = 'account' and gone.ended_after = stays.granted_after)
      )
    left join {{ ref('int_wix__receipts') }} as runs
      on runs.account_id = gone.account_id and runs.stream_name = 'site_contributor_roles'
      and gone.stream_name = 'site_contributor_roles' and {{ in_run('gone.ended_before', 'runs') }}
    where stays.started_by = 'role gone'
  ) as paired
  where place = 1
), reported_otherwise as (
  select account_id, gone_stream as stream_name, gone_key as record_key, gone_version as version_number
  from roles_gone where is_seen_since
  union all
  select account_id, stream_name, record_key, version_number from roles_gone where not is_seen_since
), changes as (
  select case
      when started_by = 'added' then 'gained'
      when history.stream_name = 'accounts' and previous_is_known and previous_person <> person_id then 'gained'
      when started_by = 'role gone' then 'changed'
      when is_same_grant and is_same_role then 'renamed'
      else 'changed' end as change_type,
    -- A grant that says the same gives something else: the role was changed, also where both were seen at once.
    case when started_by = 'role changed' or (started_by = 'modified' and is_same_grant and not is_same_role)
      then 'role' else 'grant' end as reason, granted_after as changed_after,
    coalesce(roles_gone.gone_before, granted_before) as changed_before,
    case when started_by = 'role gone' then roles_gone.role_title
      when started_by in ('modified', 'role changed') and previous_person = person_id then previous_role
    end as before_role,
    case when started_by in ('modified', 'role changed') and previous_person = person_id then previous_asset end
      as before_asset,
    case when started_by in ('modified', 'role changed') and previous_person = person_id then previous_is_privileged end
      as before_is_privileged,
    history.*
  from history
  left join roles_gone
    on roles_gone.account_id = history.account_id and roles_gone.record_key = history.record_key
    and roles_gone.version_number = history.version_number and roles_gone.stream_name = history.stream_name
  -- An owner without the assignment that said so, too, is that as before.
  where (started_by in ('added', 'modified', 'role changed')
      or (roles_gone.is_seen_since and history.stream_name <> 'accounts'))
    -- What changed of an account whose owner was not kept, or is left out now, need not be its owner.
    and not (history.stream_name = 'accounts' and started_by = 'modified'
      and not coalesce(previous_is_known and is_content_known, false))
  union all
  select 'lost', 'grant', ended_after, ended_before, cast(null as {{ text }}), cast(null as {{ text }}),
    cast(null as boolean), history.*
  from history
  left join reported_otherwise as otherwise
    on otherwise.account_id = history.account_id and otherwise.stream_name = history.stream_name
    and otherwise.record_key = history.record_key and otherwise.version_number = history.version_number
  where otherwise.record_key is null and history.person_id is not null and (
    ended_by = 'removed'
    or (history.stream_name = 'accounts' and ended_by = 'modified' and next_person <> person_id)
  )
), moves as (
  select 'gained' as change_type, reach.started_by as why, reach.reached_after as changed_after,
    reach.reached_before as changed_before, reach.account_id, reach.scope_key, reach.site_id, reach.version_number,
    reach.reached_before, reach.ended_before
  from {{ ref('wix__access_reach_history') }} as reach
  where reach.scope_key like 'folder:%' and reach.scope_key <> 'folder:?'
    and reach.started_by in ('site added', 'site moved', 'folder moved', 'folder added')
  union all
  select 'lost', reach.ended_by, reach.ended_after, reach.ended_before, reach.account_id, reach.scope_key,
    reach.site_id, reach.version_number, reach.reached_before, reach.ended_before
  from {{ ref('wix__access_reach_history') }} as reach
  where reach.scope_key like 'folder:%' and reach.scope_key <> 'folder:?'
    and reach.ended_by in ('site moved', 'site removed', 'folder moved', 'folder removed')
), unknown_places as (
  select account_id, site_id, reached_before, ended_before from {{ ref('wix__access_reach_history') }}
  where scope_key = 'folder:?'
), in_runs as (
  select moves.*, runs.snapshot_at as run_at, runs.run_from, runs.run_to
  from moves
  left join {{ ref('int_wix__receipts') }} as runs
    on runs.account_id = moves.account_id and runs.stream_name = 'sites' and {{ in_run('moves.changed_before', 'runs') }}
), known_moves as (
  -- Where it is not known where a site was before, or went, nobody can say who gained or lost it.
  select moves.* from in_runs as moves
  left join unknown_places as unknown
    on unknown.account_id = moves.account_id and unknown.site_id = moves.site_id
    and unknown.reached_before < {{ or_ever('moves.run_to') }}
    and {{ or_ever('unknown.ended_before') }} >= {{ or_always('moves.run_from') }}
  where unknown.account_id is null
    -- What at most came and went between two runs was never seen.
    and case moves.change_type when 'gained' then {{ or_ever('moves.ended_before') }} >= {{ or_ever('moves.run_to') }}
      else moves.reached_before < {{ or_always('moves.run_from') }} end
), moved as (
  -- Whoever held a role on the folder before the move and after it.
  select moves.change_type, moves.why, moves.changed_after, moves.changed_before,
    moves.site_id as moved_site_id, moves.run_at, moves.run_from, moves.run_to, moves.version_number as reach_number, history.*
  from known_moves as moves
  join history
    on history.account_id = moves.account_id and history.scope_key = moves.scope_key and (
      (moves.change_type = 'lost' and history.granted_before < {{ or_always('moves.run_from') }}
        and {{ or_ever('history.ended_before') }} >= {{ or_always('moves.run_from') }})
      or (moves.change_type = 'gained' and history.granted_before < {{ or_ever('moves.run_to') }}
        and {{ or_ever('history.ended_before') }} >= {{ or_ever('moves.run_to') }})
    )
  join history as other_side
    on other_side.account_id = history.account_id and other_side.stream_name = history.stream_name
    and other_side.record_key = history.record_key and other_side.scope_key = history.scope_key
    and other_side.role_id = history.role_id
    and {{ holds_beside('moves', 'other_side.granted_before', 'other_side.ended_before') }}
), held_otherwise as (
  -- The same role on the same site, through something else: before what was gained, or after what was lost.
  select moved.account_id, moved.change_type, moved.person_type, moved.person_id, moved.role_id, moved.moved_site_id,
    moved.run_at
  from moved
  join history as other
    on other.account_id = moved.account_id and other.person_type = moved.person_type
    and other.person_id = moved.person_id and other.role_id = moved.role_id
    and {{ holds_beside('moved', 'other.granted_before', 'other.ended_before') }}
  left join {{ ref('wix__access_reach_history') }} as reach
    on reach.account_id = other.account_id and reach.scope_key = other.scope_key and reach.site_id = moved.moved_site_id
    and {{ holds_beside('moved', 'reach.reached_before', 'reach.ended_before') }}
  where other.asset_type <> 'site_resource'
    and (other.scope_key in ('account', 'site:' || moved.moved_site_id) or reach.site_id is not null)
  union all
  -- What was not kept may have been just that.
  select moved.account_id, moved.change_type, moved.person_type, moved.person_id, moved.role_id, moved.moved_site_id,
    moved.run_at
  from moved
  join history as other
    on other.account_id = moved.account_id and other.person_type = moved.person_type
    and other.person_id = moved.person_id
    and {{ holds_beside('moved', or_always('other.granted_after'), 'other.ended_before') }}
  where not other.is_content_known
  union all
  select moved.account_id, moved.change_type, moved.person_type, moved.person_id, moved.role_id, moved.moved_site_id,
    moved.run_at
  from moved
  join history as other
    on other.account_id = moved.account_id and other.person_type = moved.person_type
    and other.stream_name = 'accounts' and not other.is_content_known
    and {{ holds_beside('moved', or_always('other.granted_after'), 'other.ended_before') }}
  where moved.role_id = {{ owner_role() }}
), otherwise as (
  select distinct account_id, change_type, person_type, person_id, role_id, moved_site_id, run_at from held_otherwise
), everything as (
  select change_type, reason, changed_after, changed_before, before_role, before_asset, before_is_privileged,
    account_id, stream_name, record_key, version_number, person_type, person_id, person, email, person_key, role_id,
    role_title, is_privileged, asset_type, asset_name, site_id, 0 as reach_number
  from changes
  union all
  select moved.change_type, case when moved.why like 'site%' then 'site' else 'folder' end, moved.changed_after,
    moved.changed_before, cast(null as {{ text }}), cast(null as {{ text }}), cast(null as boolean), moved.account_id,
    moved.stream_name, moved.record_key, moved.version_number, moved.person_type, moved.person_id, moved.person,
    moved.email, moved.person_key, moved.role_id, moved.role_title, moved.is_privileged, 'site',
    cast(null as {{ text }}), moved.moved_site_id, moved.reach_number
  from moved
  left join otherwise
    on otherwise.account_id = moved.account_id and otherwise.change_type = moved.change_type
    and otherwise.person_type = moved.person_type and otherwise.person_id = moved.person_id
    and otherwise.role_id = moved.role_id and otherwise.moved_site_id = moved.moved_site_id
    and otherwise.run_at = moved.run_at
  where otherwise.account_id is null
)
select cast(changes.changed_before as date) as changed_on, changes.change_type, changes.reason, changes.account_id,
  coalesce(accounts.name, changes.account_id) as account_name, changes.stream_name, changes.record_key,
  changes.version_number, changes.reach_number, changes.person_type, changes.person_id, changes.person, changes.email,
  changes.person_key, changes.role_id, changes.role_title, changes.is_privileged, changes.asset_type,
  case when changes.reason in ('site', 'folder') then coalesce(sites.site_name, changes.site_id)
    else changes.asset_name end as asset_name,
  changes.site_id, changes.before_role as previous_role_title, changes.before_asset as previous_asset_name,
  changes.before_is_privileged as previous_is_privileged, changes.changed_after, changes.changed_before
from everything as changes
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = changes.account_id
left join {{ ref('int_wix__sites') }} as sites
  on sites.account_id = changes.account_id and sites.site_id = changes.site_id
