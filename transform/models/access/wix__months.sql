-- The months from the first read to the newest.
with recursive bounds as (
  select min(snapshot_at) as first_at, max(finished_at) as last_at from {{ ref('int_wix__receipts') }}
  where is_complete
), months (month_start) as (
  select cast({{ dbt.date_trunc('month', 'first_at') }} as timestamp) from bounds where first_at is not null
  union all
  select cast({{ dbt.dateadd('month', 1, 'months.month_start') }} as timestamp)
  from months cross join bounds
  where {{ dbt.dateadd('month', 1, 'months.month_start') }} <= bounds.last_at
)
select cast(month_start as date) as month, month_start, {{ dbt.dateadd('month', 1, 'month_start') }} as month_end
from months
