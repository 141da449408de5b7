{#- Members who hold a privileged role. -#}
{% macro finding_privileged_person() %}
select account_id, person_type, person_id, role_id, role_title, asset_type, asset_id, asset_name, record_key as subject,
  'Holds ' || role_title || ' on ' || {{ asset_in_words('asset_type', 'asset_name') }} || '.' as explanation,
  granted_before as observed_at
from {{ ref('wix__access_grants') }}
where person_type = 'member' and is_privileged
{% endmacro %}
