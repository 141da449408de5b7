{#- Accounts that were last read completely long before others (variable `stale_read_days`). -#}
{% macro finding_stale_read() %}
-- Against the newest read of all accounts: an account that nobody reads any more does not notice that it grows old.
with newest as (
  select max(complete_finished_at) as finished_at from {{ ref('wix__latest_receipts') }}
), oldest as (
  select receipts.account_id, min(receipts.complete_finished_at) as finished_at, count(*) as table_count
  from {{ ref('wix__latest_receipts') }} as receipts
  cross join newest
  where receipts.complete_finished_at < {{ dbt.dateadd('day', -(var('stale_read_days') | int), 'newest.finished_at') }}
  group by receipts.account_id
)
select oldest.account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, oldest.account_id as subject,
  'Tables that were last read completely long ago: ' || cast(oldest.table_count as {{ dbt.type_string() }})
    || ', the oldest on ' || {{ day_of('oldest.finished_at') }} || '. What is shown of them is that old.' as explanation,
  oldest.finished_at as observed_at
from oldest
{%- set retired = var('retired_accounts') or [] %}
{%- for account_id in ([retired] if retired is string else retired) %}
{{ 'where' if loop.first else 'and' }} oldest.account_id <> '{{ account_id | replace("'", "''") }}'
{%- endfor %}
{% endmacro %}
