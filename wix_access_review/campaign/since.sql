-- What is not as it was when the campaign was opened. A grant is known by its key; it has changed where its content has.
create temp table review_moved as
with removals as (
  select account_id, stream_name, record_key, max_by(ended_after, ended_before) as ended_after, max(ended_before) as ended_before
  from access_wix.access_history where ended_by = 'removed' and ended_before is not null
  group by account_id, stream_name, record_key
), changes as (
  select account_id, stream_name, record_key, max_by(changed_after, changed_before) as changed_after,
    max(changed_before) as changed_before
  from access_wix.access_changes where change_type = 'changed' group by account_id, stream_name, record_key
)
select
  case when frozen.item is null then 'gained' when held.item is null then 'lost' else 'changed' end as kind,
  coalesce(held.account, frozen.account) as account, coalesce(held.person, frozen.person) as person,
  coalesce(held.email, frozen.email) as email,
  [account_id, coalesce(held.person_type, frozen.person_type), coalesce(held.person_id, frozen.person_id)] as person_key,
  case
    when held.privileged or frozen.privileged then true
    when (held.item is null or not held.privileged) and (frozen.item is null or not frozen.privileged) then false
  end as privileged,
  greatest(coalesce(held.strength, 0), coalesce(frozen.strength, 0)) as strength,
  case when frozen.item is not null then concat_ws(' on ', coalesce(frozen.role, frozen.role_id, 'a role'), frozen.asset) end as was,
  case when held.item is not null then concat_ws(' on ', coalesce(held.role, held.role_id, 'a role'), held.asset) end as now,
  case when frozen.item is not null and held.item is not null then
    case
      when frozen.role_id is distinct from held.role_id or frozen.asset_id is distinct from held.asset_id
        or frozen.asset_type is distinct from held.asset_type then null
      when frozen.subject_type is distinct from held.subject_type or frozen.subject_id is distinct from held.subject_id
        then 'the role is held by another subject'
      else 'the role is limited in another way'
    end
  end as remark,
  case
    when frozen.item is null then held.granted_after
    when held.item is not null then case when changes.changed_before > frozen.last_seen then changes.changed_after end
    when removals.ended_before > frozen.last_seen then removals.ended_after
    else frozen.last_seen
  end as after,
  case
    when frozen.item is null then held.granted_before
    when held.item is not null then case when changes.changed_before > frozen.last_seen then changes.changed_before end
    when removals.ended_before > frozen.last_seen then removals.ended_before
    else receipts.complete_finished_at
  end as before,
  frozen.decided, account_id, stream_name, record_key
from review_held as held
full join review_frozen as frozen using (account_id, stream_name, record_key)
left join removals using (account_id, stream_name, record_key)
left join changes using (account_id, stream_name, record_key)
left join access_wix.latest_receipts as receipts using (account_id, stream_name)
where held.item is distinct from frozen.item;

create temp table review_decided as
select account_id, stream_name, record_key,
  case
    when frozen.item is null then 'new since' || chr(10) || chr(10)
    when frozen.item <> held.item then 'changed since' || chr(10) || chr(10)
      || coalesce('decided: ' || split_part(frozen.decided, chr(10), 1), '')
    else coalesce(frozen.decided, 'open' || chr(10) || chr(10) || coalesce(frozen.reviewer, 'nobody certifies it'))
  end as standing
from review_held as held left join review_frozen as frozen using (account_id, stream_name, record_key);
