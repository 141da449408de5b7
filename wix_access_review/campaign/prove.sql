-- What became of each decision, by reads that came after it. `prove` runs this on the files of a campaign, and
-- `python -m tools.review_models transform` makes the dbt model `review_decisions` of it: one rule, said once.
with decided as (
  select items.*, decisions.decision, decisions.reviewer as decided_by, decisions.decided_on, decisions.taken_at,
    decisions.change_to_role_id
  from campaign_decisions as decisions
  join campaign_items as items on items.campaign = decisions.campaign and items.item = decisions.item
), subjects as (
  select account_id, replace(replace(user_id, '%', '%25'), '|', '%7C') || '|'
      || replace(replace(assignment_key, '%', '%25'), '|', '%7C') as record_key, subject_type, subject_id
  from current_wix.assignments where is_current
), present as (
  select held.account_id, held.stream_name, held.record_key, held.person_type, held.person_id, held.role_id,
    held.asset_type, held.asset_id, held.granted_after, held.granted_before, subjects.subject_type, subjects.subject_id,
    lower(people.email) as email
  from access_wix.access_grants as held
  left join access_wix.people as people
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
  from access_wix.access_history where ended_by = 'removed' and ended_before is not null
), changes as (
  select account_id, stream_name, record_key, role_id, changed_after, changed_before,
    row_number() over (partition by account_id, stream_name, record_key order by changed_before desc) as place
  from access_wix.access_changes where change_type = 'changed'
), met as (
  -- What was decided was seen to be so, also where it was changed again later.
  select decided.campaign, decided.item, max(changes.changed_after) as met_after, max(changes.changed_before) as met_before
  from decided
  join changes
    on changes.account_id = decided.account_id and changes.stream_name = decided.stream_name
    and changes.record_key = decided.record_key and changes.changed_before > decided.last_seen and changes.place > 1
    and (changes.role_id = decided.change_to_role_id or decided.change_to_role_id is null)
  where decided.decision = 'change'
  group by decided.campaign, decided.item
), elsewhere as (
  -- The same role on the same asset, given to the same person again, which nobody had to certify; also by an invite to
  -- the same address, or by one that was accepted.
  select decided.campaign, decided.item, min(present.granted_after) as back_after,
    min(present.granted_before) as back_before
  from decided
  join present
    on present.account_id = decided.account_id and present.role_id = decided.role_id
    and present.asset_type = decided.asset_type and present.asset_id = decided.asset_id
    and (
      (present.person_type = decided.person_type and present.person_id = decided.person_id)
      or present.email = lower(decided.email)
    )
  left join campaign_items as frozen
    on frozen.campaign = decided.campaign and frozen.account_id = present.account_id
    and frozen.stream_name = present.stream_name and frozen.record_key = present.record_key
  where frozen.item is null
  group by decided.campaign, decided.item
), indistinct as (
  -- Another grant that nobody had to certify, and that may be the same: its role, or what it is on, cannot be read.
  select distinct decided.campaign, decided.item
  from decided
  join present
    on present.account_id = decided.account_id
    and (
      present.role_id = decided.role_id or (decided.role_id is null and decided.stream_name <> 'site_contributors')
      or (present.role_id is null and present.stream_name <> 'site_contributors')
    )
    and (
      (present.asset_type = decided.asset_type and present.asset_id = decided.asset_id)
      or present.asset_type = 'unknown' or decided.asset_type = 'unknown'
    )
    and (
      (present.person_type = decided.person_type and present.person_id = decided.person_id)
      or present.email = lower(decided.email)
    )
  left join campaign_items as frozen
    on frozen.campaign = decided.campaign and frozen.account_id = present.account_id
    and frozen.stream_name = present.stream_name and frozen.record_key = present.record_key
  where frozen.item is null
), team as (
  -- Until when every list was read by which a person can have the same access again.
  select account_id, min(complete_finished_at) as read_until
  from access_wix.latest_receipts
  where stream_name in ('assignments', 'invite_assignments', 'invites') and complete_finished_at is not null
  group by account_id having count(*) = 3
), forks as (
  -- Where receipts fork, rows that are still there may be missing from the current ones.
  select distinct account_id, case when stream_name in ('site_contributors', 'site_contributor_roles') then 'contributor'
      when stream_name = 'accounts' then 'accounts' else 'team' end as part
  from receipt_forks
  where stream_name in (
    'assignments', 'invite_assignments', 'invites', 'site_contributors', 'site_contributor_roles', 'accounts'
  )
), replaced as (
  -- The role that was decided, on the same asset, for the same person.
  select distinct decided.campaign, decided.item
  from decided
  join present
    on present.account_id = decided.account_id and present.person_type = decided.person_type
    and present.person_id = decided.person_id and present.role_id = decided.change_to_role_id
    and present.asset_type = decided.asset_type and present.asset_id = decided.asset_id
), facts as (
  select decided.*, present.record_key is not null as is_held,
    present.role_id is not distinct from decided.role_id and present.asset_type is not distinct from decided.asset_type
      and present.asset_id is not distinct from decided.asset_id
      and present.subject_type is not distinct from decided.subject_type
      and present.subject_id is not distinct from decided.subject_id as is_same,
    present.granted_after, present.granted_before, elsewhere.item is not null as is_elsewhere,
    elsewhere.back_after as elsewhere_after, elsewhere.back_before as elsewhere_before,
    replaced.item is not null as is_replaced, coalesce(removals.ended_before > decided.last_seen, false) as was_removed,
    case when removals.ended_before > decided.last_seen then removals.ended_after else decided.last_seen end as gone_after,
    case when removals.ended_before > decided.last_seen then removals.ended_before
      else receipts.complete_finished_at end as gone_before,
    changes.changed_after, changes.changed_before,
    coalesce(changes.changed_before > decided.last_seen, false) as was_changed, met.item is not null as was_met,
    met.met_after, met.met_before, receipts.complete_snapshot_at, receipts.complete_finished_at,
    receipts.account_id is not null as is_read, coalesce(receipts.is_complete, false) as is_newest_complete,
    coalesce(receipts.complete_snapshot_at > decided.taken_at, false) as is_read_since,
    coalesce(receipts.complete_finished_at > decided.last_seen, false) as is_read_later,
    -- What was left out of the newest answer is unknown, and no other role, asset or subject.
    (present.role_id is null and decided.role_id is not null)
      or (present.asset_type = 'unknown' and decided.asset_type <> 'unknown')
      or (present.subject_type is null and decided.subject_type is not null)
      or (present.subject_id is null and decided.subject_id is not null) as is_unread,
    decided.stream_name = 'accounts' and records.owner_user_id is null as is_ownerless,
    indistinct.item is not null as is_indistinct, forks.account_id is not null as is_forked,
    decided.stream_name not in ('assignments', 'invite_assignments')
      or coalesce(team.read_until >= receipts.complete_snapshot_at, false) as is_team_read
  from decided
  left join held_now as present
    on present.account_id = decided.account_id and present.stream_name = decided.stream_name
    and present.record_key = decided.record_key
  left join removals
    on removals.account_id = decided.account_id and removals.stream_name = decided.stream_name
    and removals.record_key = decided.record_key and removals.place = 1
  left join changes
    on changes.account_id = decided.account_id and changes.stream_name = decided.stream_name
    and changes.record_key = decided.record_key and changes.place = 1
  left join met on met.campaign = decided.campaign and met.item = decided.item
  left join elsewhere on elsewhere.campaign = decided.campaign and elsewhere.item = decided.item
  left join replaced on replaced.campaign = decided.campaign and replaced.item = decided.item
  left join indistinct on indistinct.campaign = decided.campaign and indistinct.item = decided.item
  left join team on team.account_id = decided.account_id
  left join current_wix.accounts as records
    on records.account_id = decided.account_id and records.is_current
  left join forks
    on forks.account_id = decided.account_id
    and forks.part = case when decided.stream_name in ('assignments', 'invite_assignments') then 'team'
      when decided.stream_name = 'accounts' then 'accounts' else 'contributor' end
  left join access_wix.latest_receipts as receipts
    on receipts.account_id = decided.account_id and receipts.stream_name = decided.stream_name
), judged as (
  select facts.*,
    case
      when not is_held and not is_read_later then 'unknown'
      when decision = 'keep' then
        case
          when not is_held and not is_elsewhere then
            case when is_indistinct or not is_team_read or is_forked or is_ownerless then 'unknown' else 'gone since' end
          when not is_held or not is_same or was_removed or was_changed then 'changed since'
          when is_read_since then 'kept'
          else 'unknown'
        end
      when decision = 'remove' then
        case
          when not is_held then
            case when is_elsewhere then 'undone'
              when is_indistinct or not is_team_read or is_forked or is_ownerless then 'unknown'
              else 'carried out' end
          when was_removed then 'undone'
          when is_read_since then 'open'
          else 'unknown'
        end
      when is_held and is_same then
        case when was_met or was_removed then 'undone' when is_read_since then 'open' else 'unknown' end
      when is_elsewhere then 'undone'
      when is_held and is_unread then 'unknown'
      when (is_indistinct or not is_team_read or is_forked or is_ownerless)
        and (not is_held or change_to_role_id is null or is_replaced) then 'unknown'
      when change_to_role_id is null or is_replaced then 'carried out'
      else 'otherwise'
    end as verdict
  from facts
), bounded as (
  select judged.*,
    case when verdict in ('carried out', 'undone', 'gone since', 'changed since', 'otherwise') then
      case when is_held and was_met and is_same then met_after
        when is_held and not was_removed then changed_after else gone_after end
    end as done_after,
    case when verdict in ('carried out', 'undone', 'gone since', 'changed since', 'otherwise') then
      case when is_held and was_met and is_same then met_before
        when is_held and not was_removed then changed_before else gone_before end
    end as done_before,
    case when verdict = 'undone' then
      case when decision = 'remove' and is_held then granted_after when not is_held or not is_same then elsewhere_after
        when was_removed then granted_after else changed_after end
    end as back_after,
    case when verdict = 'undone' then
      case when decision = 'remove' and is_held then granted_before when not is_held or not is_same then elsewhere_before
        when was_removed then granted_before else changed_before end
    end as back_before
  from judged
)
select campaign, item, review_item, account_id, account_name, stream_name, record_key, person_type, person_id, person, email,
  role_id, role_title, asset_type, asset_id, asset_name, is_privileged, decision, decided_by, decided_on, taken_at,
  verdict, done_after, done_before, back_after, back_before,
  case when verdict = 'unknown' then
    case when not is_read then 'this database holds no read of it'
      when is_read_later and is_held and is_unread and decision = 'change' then 'the grant as it is now cannot be read'
      when is_read_later and not is_held and is_ownerless then 'the record of the account names no owner'
      when is_read_later and (not is_held or not is_same) and is_forked
        then 'the receipts fork, so that it may be missing: run once with --full-refresh'
      when is_read_later and (not is_held or not is_same) and is_indistinct
        then 'a new grant to the person cannot be read, and may be the same'
      when is_read_later and (not is_held or not is_same) and not is_team_read
        then 'what else the person may hold was not read completely'
      when is_newest_complete then 'not read since the decision'
      else 'the newest read is not complete' end
  end as why_unknown,
  case when verdict in ('open', 'carried out', 'undone') then complete_finished_at end as seen_at,
  case when verdict = 'open' then hours_between(taken_at, complete_finished_at) end as open_hours,
  case when verdict in ('carried out', 'undone') then hours_between(taken_at, done_before) end as done_within_hours,
  case
    when verdict in ('carried out', 'undone') and hours_between(taken_at, done_before) <= removal_hours() then true
    when verdict in ('carried out', 'undone') and hours_between(taken_at, done_after) > removal_hours() then false
    when verdict = 'open' and hours_between(taken_at, complete_finished_at) > removal_hours() then false
  end as is_in_time
from bounded
