{{ after_loading() }}
-- The accounts whose record was read.
select account_id, max(name) as name, max(owner_user_id) as owner_user_id
from {{ ref('stg_wix__accounts') }}
where is_current
group by account_id
