with receipts as (
  select receipts.*, row_number() over (partition by account_id, stream_name order by snapshot_at desc) as place,
    row_number() over (
      partition by account_id, stream_name order by case when status = 'complete' then 0 else 1 end, snapshot_at desc
    ) as complete_place
  from {{ ref('stg_wix__snapshots') }} as receipts
)
select newest.account_id, coalesce(accounts.name, newest.account_id) as account_name, newest.stream_name,
  newest.snapshot_at, newest.finished_at, newest.status, newest.proof, newest.row_count, newest.expected_count,
  newest.digest, newest.error, newest.tap_version, complete.snapshot_at as complete_snapshot_at,
  complete.finished_at as complete_finished_at, complete.row_count as complete_row_count,
  complete.expected_count as complete_expected_count, complete.digest as complete_digest,
  complete.proof as complete_proof, newest.status = 'complete' as is_complete
from receipts as newest
left join receipts as complete
  on complete.account_id = newest.account_id and complete.stream_name = newest.stream_name
  and complete.complete_place = 1 and complete.status = 'complete'
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = newest.account_id
where newest.place = 1
