{#- Grants on a folder that is not in the list of folders. -#}
{% macro finding_gone_folder() %}
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  'Holds ' || coalesce(held.role_title, 'a role') || ' on ' || coalesce(held.asset_name, held.folder_id)
    || ', which is not in the list of folders.' as explanation,
  held.granted_before as observed_at
from {{ ref('wix__access_grants') }} as held
left join {{ ref('stg_wix__folders') }} as folders
  on folders.account_id = held.account_id and folders.id = held.folder_id and folders.is_current
where held.asset_type = 'folder' and held.folder_id is not null and folders.id is null
  and {{ was_read('folders', 'held.account_id') }}
{% endmacro %}
