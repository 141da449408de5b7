-- Made by `python -m tools.review_models transform`: do not edit.
with decided as (
  select items.*, case when upper(items.subject_type) not in ('', 'UNKNOWN') then items.subject_type end as holder_type,
    -- The role that Wix gives the owner of an account.
    items.stream_name = 'accounts' or (items.stream_name = 'assignments' and items.role_id = '6601492336091027458'
      and items.asset_type = 'account' and upper(coalesce(items.subject_type, '')) in ('USER', 'UNKNOWN', '')) as is_of_owner,
    decisions.decision, decisions.reviewer as decided_by, decisions.decided_on, decisions.taken_at,
    decisions.change_to_role_id
  from {{ ref('wix__campaign_decisions') }} as decisions
  join {{ ref('wix__campaign_items') }} as items on items.campaign = decisions.campaign and items.item = decisions.item
), subjects as (
  select account_id, replace(replace(user_id, '%', '%25'), '|', '%7C') || '|'
      || replace(replace(assignment_key, '%', '%25'), '|', '%7C') as record_key, subject_id,
    case when upper(subject_type) not in ('', 'UNKNOWN') then subject_type end as subject_type
  from {{ ref('stg_wix__assignments') }} where is_current
), present as (
  select held.account_id, held.stream_name, held.record_key, held.person_type, held.person_id, held.role_id,
    held.asset_type, held.asset_id, held.scope_key, held.granted_after, held.granted_before, subjects.subject_type, subjects.subject_id,
    lower(people.email) as email
  from {{ ref('wix__access_grants') }} as held
  left join {{ ref('wix__people') }} as people
    on people.account_id = held.account_id and people.person_type = held.person_type
    and people.person_id = held.person_id
  left join subjects
    on held.stream_name = 'assignments' and subjects.account_id = held.account_id
    and subjects.record_key = held.record_key
), held_now as (
  select account_id, stream_name, record_key, person_type, person_id, role_id, asset_type, asset_id, granted_after,
    granted_before, subject_type, subject_id, email
  from present
  union all
  -- That an outside account works on a site is still so where its roles there tell it in full.
  select account_id, 'site_contributors', replace(replace(asset_id, '%', '%25'), '|', '%7C') || '|'
      || replace(replace(person_id, '%', '%25'), '|', '%7C'), person_type, person_id, null, asset_type, asset_id,
    min(granted_after), min(granted_before), null, null, null
  from present where stream_name = 'site_contributor_roles'
  group by account_id, person_type, person_id, asset_type, asset_id
), removals as (
  select account_id, stream_name, record_key, ended_after, ended_before,
    row_number() over (partition by account_id, stream_name, record_key order by ended_before desc) as place
  from {{ ref('wix__access_history') }} where ended_by = 'removed' and ended_before is not null
), changes as (
  -- Each change since the grant was frozen. It is certain where both what it was before and what it became were read.
  select decided.campaign, decided.item, changes.role_id, changes.changed_after, changes.changed_before,
    coalesce(changes.role_id <> decided.role_id, false)
      or coalesce(changes.asset_type <> decided.asset_type, false)
        and changes.asset_type <> 'unknown' and decided.asset_type <> 'unknown'
      or (changes.role_id is not null and changes.asset_type <> 'unknown' and coalesce(
        changes.previous_role_title <> changes.role_title or changes.previous_asset_name <> changes.asset_name, false
      )) as is_certain,
    coalesce(changes.role_id <> decided.role_id, false)
      or coalesce(changes.asset_type <> decided.asset_type, false)
        and changes.asset_type <> 'unknown' and decided.asset_type <> 'unknown' as is_away,
    row_number() over (partition by decided.campaign, decided.item order by changes.changed_before desc) as place
  from decided
  join {{ ref('wix__access_changes') }} as changes
    on changes.account_id = decided.account_id and changes.stream_name = decided.stream_name
    and changes.record_key = decided.record_key and changes.changed_before > decided.last_seen
    and changes.change_type = 'changed'
), changed as (
  -- What is different now became so between the first and the last of them.
  select campaign, item, case when count(*) = count(changed_after) then min(changed_after) end as changed_after,
    max(changed_before) as changed_before, max(case when is_certain then 1 else 0 end) = 1 as was_changed,
    max(case when is_certain then changed_after end) as sure_after,
    max(case when is_certain then changed_before end) as sure_before
  from changes group by campaign, item
), met as (
  -- What was decided was seen to be so, also where it was changed again later.
  select decided.campaign, decided.item, max(changes.changed_after) as met_after, max(changes.changed_before) as met_before
  from decided
  join changes
    on changes.campaign = decided.campaign and changes.item = decided.item and changes.place > 1
    and (changes.role_id = decided.change_to_role_id or (decided.change_to_role_id is null and changes.is_away))
  where decided.decision = 'change'
  group by decided.campaign, decided.item
), invited as (
  select distinct campaign, account_id, lower(email) as email from {{ ref('wix__campaign_items') }} where person_type = 'invite'
), same_person as (
  -- Who holds something now that nobody had to certify as it is, and may be whose grant was decided on: by the id, by the
  -- address, or because an address is not known, or because whoever accepts an invite may have another one.
  select decided.campaign, decided.item, present.stream_name, present.role_id, present.asset_type, present.asset_id,
    present.scope_key, present.subject_type, present.granted_after, present.granted_before,
    present.person_type = decided.person_type and present.person_id = decided.person_id as is_self,
    (present.person_type = decided.person_type and present.person_id = decided.person_id)
      or coalesce(present.email = lower(decided.email), false) as is_sure,
    -- What the grant was when it was frozen, if it was there.
    frozen.item is null or coalesce(frozen.role_id <> present.role_id, false)
      or (frozen.asset_type <> present.asset_type and 'unknown' not in (frozen.asset_type, present.asset_type))
      or coalesce(frozen.asset_id <> present.asset_id, false) as is_new
  from decided
  join present
    on present.account_id = decided.account_id
    and (present.stream_name <> decided.stream_name or present.record_key <> decided.record_key)
    and (
      (present.person_type = decided.person_type and present.person_id = decided.person_id)
      or present.email = lower(decided.email)
      or (present.person_type <> 'contributor' and decided.person_type <> 'contributor'
        and (present.email is null or decided.email is null))
      or (present.person_type = 'member' and decided.person_type = 'invite')
    )
  -- Whose address is that of another invite accepted that one.
  left join invited
    on invited.campaign = decided.campaign and invited.account_id = decided.account_id and invited.email = present.email
    and decided.person_type = 'invite' and invited.email <> coalesce(lower(decided.email), '')
  left join {{ ref('wix__campaign_items') }} as frozen
    on frozen.campaign = decided.campaign and frozen.account_id = present.account_id
    and frozen.stream_name = present.stream_name and frozen.record_key = present.record_key
  where invited.email is null
    and (decided.person_type <> 'invite' or present.person_type <> 'member' or frozen.item is null
      or present.email = lower(decided.email))
    and (frozen.item is null or frozen.role_id is distinct from present.role_id
    or frozen.asset_type is distinct from present.asset_type or frozen.asset_id is distinct from present.asset_id)
), continued as (
  -- Whose an account is, is told by its record and by the assignment of the owner's role: one of them is enough.
  select distinct decided.campaign, decided.item
  from decided
  join same_person as held
    on held.campaign = decided.campaign and held.item = decided.item and held.is_self and held.role_id = decided.role_id
    and held.asset_type = decided.asset_type and held.asset_id = decided.asset_id
    and (
      (decided.stream_name = 'assignments' and held.stream_name = 'accounts')
      or (decided.stream_name = 'accounts' and held.stream_name = 'assignments'
        and coalesce(held.subject_type, 'USER') = 'USER')
    )
), elsewhere as (
  -- The same role on the same asset, or on all that it is part of, given to the same person again; also by an invite to
  -- the same address, or by one that was accepted.
  select decided.campaign, decided.item,
    -- Since when a folder has had the site is another matter than since when the role was held on it.
    case when count(*) = count(case when wide.site_id is null then held.granted_after end) then min(held.granted_after)
      end as back_after,
    case when count(*) = count(case when wide.site_id is null then held.granted_before end) then min(held.granted_before)
      end as back_before
  from decided
  join same_person as held
    on held.campaign = decided.campaign and held.item = decided.item and held.is_sure and held.is_new
    and held.role_id = decided.role_id
  left join {{ ref('wix__access_reach') }} as wide
    on wide.account_id = decided.account_id and wide.scope_key = held.scope_key and wide.site_id = decided.asset_id
    and held.asset_type = 'folder' and decided.asset_type = 'site'
  where (held.asset_type = decided.asset_type and held.asset_id = decided.asset_id)
    or (held.asset_type = 'account' and decided.asset_type <> 'unknown') or wide.site_id is not null
  group by decided.campaign, decided.item
), indistinct as (
  -- Another grant that may be the same: its role, what it is on, or whose it is, cannot be told.
  select distinct decided.campaign, decided.item
  from decided
  join same_person as held
    on held.campaign = decided.campaign and held.item = decided.item
    and (
      held.role_id = decided.role_id or (decided.role_id is null and decided.stream_name <> 'site_contributors')
      or held.role_id is null
    )
    and (
      (held.asset_type = decided.asset_type and held.asset_id = decided.asset_id)
      or held.asset_type in ('account', 'unknown') or decided.asset_type = 'unknown'
    )
), team as (
  -- Until when every list was read by which a person can have the same access again.
  select account_id, min(complete_finished_at) as read_until
  from {{ ref('wix__latest_receipts') }}
  where stream_name in ('assignments', 'invite_assignments', 'invites') and complete_finished_at is not null
  group by account_id having count(*) = 3
), forks as (
  -- Where receipts fork, rows that are still there may be missing from the current ones.
  select distinct account_id, case when stream_name in ('site_contributors', 'site_contributor_roles') then 'contributor'
      when stream_name = 'accounts' then 'accounts' else 'team' end as part
  from {{ ref('stg_wix__receipt_forks') }}
  where stream_name in (
    'assignments', 'invite_assignments', 'invites', 'site_contributors', 'site_contributor_roles', 'accounts'
  )
), replaced as (
  -- The role that was decided, on the same asset, for the same person, by another grant.
  select distinct decided.campaign, decided.item
  from decided
  join present
    on present.account_id = decided.account_id and present.person_type = decided.person_type
    and present.person_id = decided.person_id and present.role_id = decided.change_to_role_id
    and present.asset_type = decided.asset_type and present.asset_id = decided.asset_id
    and (present.stream_name <> decided.stream_name or present.record_key <> decided.record_key)
), facts as (
  select decided.*, present.record_key is not null as is_held,
    present.role_id is not distinct from decided.role_id and present.asset_type is not distinct from decided.asset_type
      and present.asset_id is not distinct from decided.asset_id
      and present.subject_type is not distinct from decided.holder_type
      and present.subject_id is not distinct from decided.subject_id as is_same,
    -- What was left out of an answer is unknown, and no other role, asset or subject.
    coalesce(present.role_id <> decided.role_id, false)
      or (present.asset_type <> decided.asset_type and 'unknown' not in (present.asset_type, decided.asset_type))
      or coalesce(present.asset_id <> decided.asset_id, false)
      or coalesce(present.subject_type <> decided.holder_type, false)
      or coalesce(present.subject_id <> decided.subject_id, false) as is_other,
    decided.change_to_role_id is null or (present.role_id = decided.change_to_role_id
      and present.asset_type = decided.asset_type and present.asset_id is not distinct from decided.asset_id)
      as is_as_decided,
    coalesce(present.role_id <> decided.change_to_role_id, false)
      or (present.asset_type <> decided.asset_type and 'unknown' not in (present.asset_type, decided.asset_type))
      or coalesce(present.asset_id <> decided.asset_id, false) as is_off,
    continued.item is not null or (decided.is_of_owner and coalesce(records.owner_user_id = decided.person_id, false))
      as is_continued,
    present.granted_after, present.granted_before, elsewhere.item is not null as is_elsewhere,
    elsewhere.back_after as elsewhere_after, elsewhere.back_before as elsewhere_before,
    replaced.item is not null as is_replaced, coalesce(removals.ended_before > decided.last_seen, false) as was_removed,
    case when removals.ended_before > decided.last_seen then removals.ended_after else decided.last_seen end as gone_after,
    case when removals.ended_before > decided.last_seen then removals.ended_before
      else receipts.complete_finished_at end as gone_before,
    changed.item is not null as is_touched, changed.changed_after, changed.changed_before,
    coalesce(changed.was_changed, false) as was_changed, changed.sure_after, changed.sure_before,
    latest.changed_after as latest_after, latest.changed_before as latest_before, met.item is not null as was_met,
    met.met_after, met.met_before, receipts.complete_snapshot_at, receipts.complete_finished_at,
    receipts.account_id is not null as is_read, coalesce(receipts.is_complete, false) as is_newest_complete,
    coalesce(receipts.complete_snapshot_at > decided.taken_at, false) as is_read_since,
    coalesce(receipts.complete_finished_at > decided.last_seen, false) as is_read_later,
    decided.is_of_owner and records.account_id is not null and records.owner_user_id is null as is_ownerless,
    indistinct.item is not null as is_indistinct, forks.account_id is not null as is_forked,
    decided.stream_name not in ('assignments', 'invite_assignments')
      or coalesce(team.read_until >= receipts.complete_snapshot_at, false) as is_team_read
  from decided
  left join held_now as present
    -- An account's record has the same key whoever owns it.
    on present.account_id = decided.account_id and present.stream_name = decided.stream_name
    and present.record_key = decided.record_key and present.person_id = decided.person_id
  left join removals
    on removals.account_id = decided.account_id and removals.stream_name = decided.stream_name
    and removals.record_key = decided.record_key and removals.place = 1
  left join changed on changed.campaign = decided.campaign and changed.item = decided.item
  left join changes as latest
    on latest.campaign = decided.campaign and latest.item = decided.item and latest.place = 1
  left join continued on continued.campaign = decided.campaign and continued.item = decided.item
  left join met on met.campaign = decided.campaign and met.item = decided.item
  left join elsewhere on elsewhere.campaign = decided.campaign and elsewhere.item = decided.item
  left join replaced on replaced.campaign = decided.campaign and replaced.item = decided.item
  left join indistinct on indistinct.campaign = decided.campaign and indistinct.item = decided.item
  left join team on team.account_id = decided.account_id
  left join {{ ref('stg_wix__accounts') }} as records
    on records.account_id = decided.account_id and records.is_current
  left join forks
    on forks.account_id = decided.account_id
    and forks.part = case when decided.stream_name in ('assignments', 'invite_assignments') then 'team'
      when decided.stream_name = 'accounts' then 'accounts' else 'contributor' end
  left join {{ ref('wix__latest_receipts') }} as receipts
    on receipts.account_id = decided.account_id and receipts.stream_name = decided.stream_name
), doubted as (
  select facts.*, is_indistinct or not is_team_read or is_forked or is_ownerless as is_doubtful from facts
), judged as (
  select facts.*,
    case
      when not is_held and is_continued then
        case when not is_read_since then 'unknown' when decision = 'keep' then 'kept' else 'open' end
      when not is_held and not is_read_later then 'unknown'
      when decision = 'keep' then
        case
          when not is_held and not is_elsewhere then case when is_doubtful then 'unknown' else 'gone since' end
          when not is_held or is_other or was_removed or was_changed then 'changed since'
          when is_read_since and is_same and not is_touched then 'kept'
          else 'unknown'
        end
      when decision = 'remove' then
        case
          when not is_held then
            case when is_elsewhere then 'undone' when is_doubtful then 'unknown' else 'carried out' end
          when was_removed then 'undone'
          when is_read_since then 'open'
          else 'unknown'
        end
      when is_held and is_same then
        case when was_met or was_removed then 'undone' when is_read_since then 'open' else 'unknown' end
      when is_held and not is_other then 'unknown'
      when is_elsewhere then 'undone'
      when is_held then
        case when is_as_decided then case when is_doubtful then 'unknown' else 'carried out' end
          when is_off then 'otherwise' else 'unknown' end
      when is_doubtful then 'unknown'
      when change_to_role_id is null or is_replaced then 'carried out'
      else 'otherwise'
    end as verdict
  from doubted as facts
), bounded as (
  select judged.*,
    case when verdict in ('carried out', 'undone', 'gone since', 'changed since', 'otherwise') then
      case when is_held and was_met and is_same then met_after
        when is_held and not was_removed and was_changed and verdict = 'changed since' then sure_after
        when is_held and not was_removed then changed_after else gone_after end
    end as done_after,
    case when verdict in ('carried out', 'undone', 'gone since', 'changed since', 'otherwise') then
      case when is_held and was_met and is_same then met_before
        when is_held and not was_removed and was_changed and verdict = 'changed since' then sure_before
        when is_held and not was_removed then changed_before else gone_before end
    end as done_before,
    case when verdict = 'undone' then
      case when decision = 'remove' and is_held then granted_after when not is_held or not is_same then elsewhere_after
        when was_removed then granted_after else latest_after end
    end as back_after,
    case when verdict = 'undone' then
      case when decision = 'remove' and is_held then granted_before when not is_held or not is_same then elsewhere_before
        when was_removed then granted_before else latest_before end
    end as back_before
  from judged
)
select campaign, item, review_item, account_id, account_name, stream_name, record_key, person_type, person_id, person, email,
  role_id, role_title, asset_type, asset_id, asset_name, is_privileged, decision, decided_by, decided_on, taken_at,
  verdict, done_after, done_before, back_after, back_before,
  case when verdict = 'unknown' then
    case when not is_read then 'this database holds no read of it'
      when is_read_later and is_held and decision <> 'remove' and not is_same and not is_doubtful
        then 'the grant as it is now cannot be read'
      when is_read_since and is_held and is_touched and decision = 'keep' then 'what it was in between cannot be read'
      when is_read_later and not is_held and is_ownerless then 'the record of the account names no owner'
      when is_read_later and (not is_held or not is_same) and is_forked
        then 'the receipts fork, so that it may be missing: run once with --full-refresh'
      when is_read_later and (not is_held or not is_same) and is_indistinct
        then 'another grant may be the same: its role, what it is on, or whose it is, cannot be told'
      when is_read_later and (not is_held or not is_same) and not is_team_read
        then 'what else the person may hold was not read completely'
      when is_newest_complete then 'not read since the decision'
      else 'the newest read is not complete' end
  end as why_unknown,
  case when verdict in ('open', 'carried out', 'undone') then complete_finished_at end as seen_at,
  case when verdict = 'open' then {{ dbt.datediff('taken_at', 'complete_finished_at', 'hour') }} end as open_hours,
  case when verdict in ('carried out', 'undone') then {{ dbt.datediff('taken_at', 'done_before', 'hour') }} end as done_within_hours,
  case
    when verdict in ('carried out', 'undone') and {{ dbt.datediff('taken_at', 'done_before', 'second') }} <= {{ var('review_removal_hours') }} * 3600 then true
    when verdict in ('carried out', 'undone') and {{ dbt.datediff('taken_at', 'done_after', 'second') }} > {{ var('review_removal_hours') }} * 3600 then false
    when verdict = 'open' and {{ dbt.datediff('taken_at', 'complete_snapshot_at', 'second') }} > {{ var('review_removal_hours') }} * 3600 then false
  end as is_in_time
from bounded
{{ where_any('wix__campaign_decisions') }}
