-- Folders can lie in each other; a circle, which must not be, ends at the depth of 50.
with recursive below (account_id, top_id, folder_id, depth) as (
  select account_id, id, id, 0 from {{ ref('stg_wix__folders') }} where is_current
  {%- if var('nested_folders') %}
  union all
  select below.account_id, below.top_id, inner_folders.id, below.depth + 1
  from below
  join {{ ref('stg_wix__folders') }} as inner_folders
    on inner_folders.account_id = below.account_id and inner_folders.parent_id = below.folder_id
    and inner_folders.is_current
  where below.depth < 50
  {%- endif %}
), sites as (
  select account_id, site_id, folder_id from {{ ref('int_wix__sites') }} where is_current
), folders as (
  select account_id, top_id, folder_id, min(depth) as depth from below group by account_id, top_id, folder_id
  -- A folder that is in no list still holds the sites that name it.
  union
  select account_id, folder_id, folder_id, 0 from sites where folder_id is not null
)
select account_id, 'account' as scope_key, site_id, 0 as depth from sites
union all
select folders.account_id, 'folder:' || folders.top_id, sites.site_id, min(folders.depth)
from folders
join sites on sites.account_id = folders.account_id and sites.folder_id = folders.folder_id
group by folders.account_id, folders.top_id, sites.site_id
union all
select account_id, 'site:' || site_id, site_id, 0 from sites
