{{ after_loading() }}
-- Every site that ever was there, as last seen.
select account_id, id as site_id, name, display_name, coalesce(nullif(display_name, ''), nullif(name, ''), id) as site_name,
  folder_id, owner_account_id, trashed_date, coalesce(is_current, false) as is_current
from (
  select sites.*, row_number() over (
    partition by account_id, id order by case when is_current then 0 else 1 end, observed_at desc, snapshot_at desc
  ) as place
  from {{ ref('stg_wix__sites') }} as sites
) as versions
where place = 1
