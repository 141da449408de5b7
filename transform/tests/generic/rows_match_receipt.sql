{#-
  The rows that are current are the ones that the receipt says were read: as many, and with the same keys. A loader that
  drops a row, or keeps one in place of another, is caught.
  Only where the newest read is complete: after any other, the rows are provisional, and the finding `incomplete_read`
  says so. Receipts of release 0.1.0 hold another digest: of them the number of rows is compared alone.
-#}
{% test rows_match_receipt(model, stream_name) %}
with receipt as (
  select account_id, snapshot_at, row_count, digest, status,
    row_number() over (partition by account_id order by snapshot_at desc) as place
  from {{ ref('stg_wix__snapshots') }}
  where stream_name = '{{ stream_name }}'
), stored as (
  select account_id, count(*) as stored_count, {{ key_digest(wix_record_key(stream_name, 'entity')) }} as stored_digest
  from {{ model }} as entity where is_current group by account_id
)
select receipt.account_id, receipt.snapshot_at, receipt.row_count, coalesce(stored.stored_count, 0) as stored_count,
  receipt.digest, stored.stored_digest
from receipt
left join stored on stored.account_id = receipt.account_id
where receipt.place = 1 and receipt.status = 'complete' and (
  receipt.row_count <> coalesce(stored.stored_count, 0)
  or (receipt.digest like '%-%-%-%' and receipt.digest <> coalesce(stored.stored_digest, '0-0-0-0'))
)
{% endtest %}
