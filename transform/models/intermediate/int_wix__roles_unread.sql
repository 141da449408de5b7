{{ config(materialized='ephemeral') }}
-- Accounts in which who works on a site was read since the last read of their roles: whoever is not there any more holds
-- no role either, although nobody reads the roles.
select roles_read.account_id
from {{ ref('wix__latest_receipts') }} as roles_read
join {{ ref('wix__latest_receipts') }} as later
  on later.account_id = roles_read.account_id and later.stream_name = 'site_contributors'
  and later.complete_snapshot_at > roles_read.complete_finished_at
where roles_read.stream_name = 'site_contributor_roles'
