-- How far each reviewer of a campaign is. The day is that of the newest complete read.
with read_at as (
  select max(complete_finished_at) as finished_at from {{ ref('wix__latest_receipts') }}
), counted as (
  select campaign, coalesce(reviewer, '(nobody)') as reviewer, min(due_on) as due_on, min(closed_at) as closed_at,
    min(account_id) as account_id, count(*) as item_count,
    cast(sum(case when is_decided then 1 else 0 end) as bigint) as decided_count,
    cast(sum(case when is_decided then 0 else 1 end) as bigint) as open_count,
    cast(sum(case when is_privileged and not is_decided then 1 else 0 end) as bigint) as privileged_open_count,
    cast(sum(case when verdict = 'carried out' then 1 else 0 end) as bigint) as carried_out_count,
    cast(sum(case when verdict = 'open' then 1 else 0 end) as bigint) as not_carried_out_count,
    cast(sum(case when verdict = 'undone' then 1 else 0 end) as bigint) as undone_count
  from {{ ref('wix__review_items') }}
  group by campaign, coalesce(reviewer, '(nobody)')
)
select counted.campaign, counted.reviewer, counted.account_id, counted.due_on, counted.closed_at, counted.item_count,
  counted.decided_count, counted.open_count, counted.privileged_open_count, counted.carried_out_count,
  counted.not_carried_out_count, counted.undone_count,
  counted.open_count > 0 and counted.closed_at is null
    and cast({{ days_ago(0, 'read_at.finished_at') }} as date) > counted.due_on as is_overdue
from counted
cross join read_at
