{#- Grants that are limited to something that this release cannot read. -#}
{% macro finding_unreadable_asset() %}
select account_id, person_type, person_id, role_id, role_title, asset_type, asset_id, asset_name,
  stream_name || '|' || record_key as subject,
  coalesce(role_title, 'A role') || ' is limited to something that this release cannot read.' as explanation,
  granted_before as observed_at
from {{ ref('wix__access_grants') }}
where via = 'unknown'
{% endmacro %}
