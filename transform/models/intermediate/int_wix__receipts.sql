{{ after_loading() }}
-- The receipts of complete reads: the times that bounds are made of.
select account_id, stream_name, snapshot_at, finished_at
from {{ ref('stg_wix__snapshots') }}
where status = 'complete'
