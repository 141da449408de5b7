{#-
  As many rows are current as the receipt says that were read: a loader that drops rows is caught.
  Only where the newest read is complete: after any other, the rows are provisional, and the finding `incomplete_read`
  says so.
-#}
{% test rows_match_receipt(model, stream_name) %}
with receipt as (
  select account_id, snapshot_at, row_count, status,
    row_number() over (partition by account_id order by snapshot_at desc) as place
  from {{ ref('stg_wix__snapshots') }}
  where stream_name = '{{ stream_name }}'
), stored as (
  select account_id, count(*) as stored_count from {{ model }} where is_current group by account_id
)
select receipt.account_id, receipt.snapshot_at, receipt.row_count, coalesce(stored.stored_count, 0) as stored_count
from receipt
left join stored on stored.account_id = receipt.account_id
where receipt.place = 1 and receipt.status = 'complete' and receipt.row_count <> coalesce(stored.stored_count, 0)
{% endtest %}
