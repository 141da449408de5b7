{{ config(materialized='ephemeral') }}
-- Every stored version of the rows that access follows from: grants, and the sites, folders and roles that they name.
select account_id, stream_name, record_key, observed_at, snapshot_at, is_current, removed_after, removed_before
from {{ ref('int_wix__grant_rows') }}
{%- for table in ('sites', 'folders', 'roles') %}
union all
select account_id, '{{ table }}', {{ wix_record_key(table, 'entity') }}, observed_at, snapshot_at, is_current, removed_after, removed_before
from {{ ref('stg_wix__' ~ table) }} as entity
{%- endfor %}
