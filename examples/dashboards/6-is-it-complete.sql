-- Whether the newest read of every table was complete, and the day of the oldest data shown. Put this on every page.
select account_name, count(*) as tables, sum(case when is_complete then 0 else 1 end) as incomplete_tables,
  cast(min(complete_finished_at) as date) as shown_of
from access_wix.latest_receipts
group by account_id, account_name
order by account_name, account_id
