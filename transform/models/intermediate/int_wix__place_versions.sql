-- Where each site was, in which folder, and each folder, in which other: one row for each time that this changed.
{%- set row = 'partition by account_id, place_type, place_id' %}
with told as (
  select versions.account_id, versions.stream_name as place_type, coalesce(sites.id, folders.id, versions.record_key) as place_id,
    versions.version_number, versions.stay_number, versions.started_by, versions.started_after,
    versions.started_before, versions.ended_by, versions.ended_after, versions.ended_before, versions.last_seen_at,
    versions.is_current, coalesce(sites.id, folders.id) is not null as is_known,
    case versions.stream_name when 'sites' then sites.folder_id else folders.parent_id end as folder_id
  from {{ ref('int_wix__versions') }} as versions
  left join {{ ref('stg_wix__sites') }} as sites
    on versions.stream_name = 'sites' and sites.account_id = versions.account_id
    and {{ wix_record_key('sites', 'sites') }} = versions.record_key and sites.observed_at = versions.version_seen_at
  left join {{ ref('stg_wix__folders') }} as folders
    on versions.stream_name = 'folders' and folders.account_id = versions.account_id
    and {{ wix_record_key('folders', 'folders') }} = versions.record_key and folders.observed_at = versions.version_seen_at
  where versions.stream_name in ('sites', 'folders')
), marked as (
  select told.*, case
    when lag(is_known) over ({{ row }} order by version_number) = is_known
      and lag(coalesce(folder_id, '')) over ({{ row }} order by version_number) = coalesce(folder_id, '')
      and lag(stay_number) over ({{ row }} order by version_number) = stay_number then 0 else 1 end as is_new
  from told
), islands as (
  select marked.*, sum(is_new) over ({{ row }} order by version_number rows between unbounded preceding and current row)
    as island
  from marked
), ends as (
  select islands.*, row_number() over ({{ row }}, island order by version_number desc) as place_from_end
  from islands
)
select first.account_id, first.place_type, first.place_id, first.island as place_number, first.folder_id, first.is_known,
  first.started_by,
  first.started_after, first.started_before, last.ended_by, last.ended_after, last.ended_before, last.last_seen_at,
  last.is_current
from ends as first
join ends as last
  on last.account_id = first.account_id and last.place_type = first.place_type and last.place_id = first.place_id
  and last.island = first.island and last.place_from_end = 1
where first.is_new = 1
