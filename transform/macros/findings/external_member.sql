{#- Members whose e-mail domain is not the company's. -#}
{% macro finding_external_member() %}
select account_id, person_type, person_id, {{ no_role() }}, {{ no_asset() }}, person_id as subject,
  'The e-mail address is at ' || email_domain || '.' as explanation, joined_at as observed_at
from {{ ref('wix__people') }}
where person_type = 'member' and is_external
{% endmacro %}
