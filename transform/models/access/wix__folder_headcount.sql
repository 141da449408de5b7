-- At the end of each month; of the month that is going on, when the account was last read: from then on its grants, its
-- sites and its folders were seen. They are read side by side, and any of them may begin first.
with last_read as (
  select account_id, min(complete_snapshot_at) as read_at from {{ ref('wix__latest_receipts') }}
  where stream_name in ('assignments', 'sites', 'folders') group by account_id
), moments as (
  select last_read.account_id, months.month,
    {{ earlier('months.month_end', 'last_read.read_at') }} as moment, months.month_end
  from {{ ref('wix__months') }} as months
  join (
    select account_id, min(snapshot_at) as first_at from {{ ref('int_wix__receipts') }}
    where stream_name = 'assignments' and is_complete group by account_id
  ) as begun on begun.first_at < months.month_end
  join last_read on last_read.account_id = begun.account_id
), asked as (
  -- Of a month in which nobody looked any more, only its end can be asked for.
  select account_id, month, case when moment < month_start then month_end else moment end as moment
  from (select moments.*, cast(month as timestamp) as month_start from moments) as moments
), reached as (
  select asked.account_id, asked.month, asked.moment, reach.scope_key, reach.site_id,
    case when reach.reached_before <= asked.moment
      and coalesce(reach.ended_after, reach.last_seen_at) >= asked.moment then 1 else 0 end as is_certain
  from asked
  join {{ ref('wix__access_reach_history') }} as reach
    on reach.account_id = asked.account_id and {{ or_always('reach.reached_after') }} < asked.moment
    and {{ or_ever('reach.ended_before') }} > asked.moment
  where reach.scope_key <> 'folder:?'
), ways as (
  -- The scopes that reach at least one of the sites of a folder.
  select inside.account_id, inside.month, inside.moment, inside.scope_key as folder_key, scopes.scope_key,
    max(case when inside.is_certain = 1 and scopes.is_certain = 1 then 1 else 0 end) as is_certain
  from reached as inside
  join reached as scopes
    on scopes.account_id = inside.account_id and scopes.month = inside.month and scopes.site_id = inside.site_id
  where inside.scope_key like 'folder:%'
  group by inside.account_id, inside.month, inside.moment, inside.scope_key, scopes.scope_key
), held as (
  select asked.account_id, asked.month, history.scope_key, history.person_type, history.person_id,
    max(case when history.is_privileged then 2 when history.is_privileged is null then 1 else 0 end) as power,
    max(case when history.same_since <= asked.moment and
      case when history.same_ended_before is null then history.same_seen_at else history.same_ended_after end >= asked.moment
      then 1 else 0 end) as is_certain
  from asked
  join {{ ref('wix__access_history') }} as history
    on history.account_id = asked.account_id and {{ or_always('history.granted_after') }} < asked.moment
    and {{ or_ever('history.ended_before') }} > asked.moment
  where history.scope_key is not null
  group by asked.account_id, asked.month, history.scope_key, history.person_type, history.person_id
), everywhere as (
  -- Whoever holds a role on the whole account is among the people of every folder: counted once, and not for each.
  select ways.account_id, ways.month, ways.moment, ways.folder_key, ways.is_certain, held.people, held.certain_people,
    held.privileged_people, held.unknown_role_people
  from ways
  join (
    select account_id, month, count(*) as people, sum(is_certain) as certain_people,
      sum(case when power = 2 then 1 else 0 end) as privileged_people,
      sum(case when power = 1 then 1 else 0 end) as unknown_role_people
    from held where scope_key = 'account' group by account_id, month
  ) as held on held.account_id = ways.account_id and held.month = ways.month
  where ways.scope_key = 'account'
), below as (
  select ways.account_id, ways.month, ways.moment, ways.folder_key, held.person_type, held.person_id,
    max(case when ways.is_certain = 1 and held.is_certain = 1 then 1 else 0 end) as is_certain, max(held.power) as power
  from ways
  join held on held.account_id = ways.account_id and held.month = ways.month and held.scope_key = ways.scope_key
  where ways.scope_key <> 'account'
  group by ways.account_id, ways.month, ways.moment, ways.folder_key, held.person_type, held.person_id
), counted as (
  select account_id, month, moment, folder_key, people, certain_people * is_certain as certain_people, privileged_people,
    unknown_role_people, 0 as people_below_account
  from everywhere
  union all
  -- What these add to the people of the whole account, of whom they may be.
  select below.account_id, below.month, below.moment, below.folder_key,
    case when wide.person_id is null then 1 else 0 end,
    case when below.is_certain > coalesce(wide.is_certain * everywhere.is_certain, 0) then 1 else 0 end,
    case when below.power = 2 and coalesce(wide.power, 0) < 2 then 1 else 0 end,
    case when below.power = 1 and coalesce(wide.power, 0) = 0 then 1 when below.power = 2 and wide.power = 1 then -1 else 0 end,
    1
  from below
  left join everywhere
    on everywhere.account_id = below.account_id and everywhere.month = below.month
    and everywhere.folder_key = below.folder_key
  left join held as wide
    on wide.account_id = below.account_id and wide.month = below.month and wide.scope_key = 'account'
    and wide.person_type = below.person_type and wide.person_id = below.person_id and everywhere.folder_key is not null
)
select counted.account_id, counted.month, counted.moment, substring(counted.folder_key, 8, 100) as folder_id,
  folders.path as folder, cast(sum(counted.people) as bigint) as people,
  cast(sum(counted.certain_people) as bigint) as certain_people,
  cast(sum(counted.privileged_people) as bigint) as privileged_people,
  cast(sum(counted.people_below_account) as bigint) as people_below_account,
  cast(sum(counted.unknown_role_people) as bigint) as unknown_role_people
from counted
left join {{ ref('stg_wix__folders') }} as folders
  on folders.account_id = counted.account_id and 'folder:' || folders.id = counted.folder_key and folders.is_current
group by counted.account_id, counted.month, counted.moment, counted.folder_key, folders.path
