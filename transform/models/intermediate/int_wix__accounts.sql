-- The accounts whose record was read.
select account_id, max(name) as name
from {{ ref('stg_wix__accounts') }}
where is_current
group by account_id
