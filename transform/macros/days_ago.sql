{#-
  So many days before now. Now is when the table was last read completely, and not when dbt runs: old data does not grow
  older by being looked at. `WIX_ACCESS_AS_OF` puts another time in its place, as the demo does for its made-up account.
-#}
{% macro days_ago(days, read_at) -%}
{%- set as_of = env_var('WIX_ACCESS_AS_OF', '') -%}
{{ dbt.dateadd('day', -(days | int), "cast('" ~ as_of ~ "' as timestamp)" if as_of else read_at) }}
{%- endmacro %}
