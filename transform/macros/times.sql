{#- The later of two times; the other where one is null. -#}
{% macro later(one, other) -%}
case when {{ one }} is null or {{ other }} > {{ one }} then {{ other }} else {{ one }} end
{%- endmacro %}

{#- The earlier of two times; the other where one is null. -#}
{% macro earlier(one, other) -%}
case when {{ one }} is null or {{ other }} < {{ one }} then {{ other }} else {{ one }} end
{%- endmacro %}

{#- The end of an interval, which is null while it lasts, as a time to compare with. -#}
{% macro or_ever(moment) -%}
coalesce({{ moment }}, cast('9999-12-31 00:00:00' as timestamp))
{%- endmacro %}

{#- The beginning of an interval, which is null when nobody knows, as a time to compare with. -#}
{% macro or_always(moment) -%}
coalesce({{ moment }}, cast('0001-01-01 00:00:00' as timestamp))
{%- endmacro %}

{#-
  So many days before now. Now is when the table was last read completely, and not when dbt runs: old data does not grow
  older by being looked at. `WIX_ACCESS_AS_OF` puts another time in its place, as the demo does for its made-up account.
-#}
{% macro days_ago(days, read_at) -%}
{%- set as_of = env_var('WIX_ACCESS_AS_OF', '') -%}
{{ dbt.dateadd('day', -(days | int), "cast('" ~ as_of ~ "' as timestamp)" if as_of else read_at) }}
{%- endmacro %}

{#- Whether a moment is more than `leaver_hours` after the end of somebody's last day. -#}
{% macro is_beyond_leaving(left_on, moment) -%}
({{ dbt.datediff('cast(' ~ left_on ~ ' as timestamp)', moment, 'second') }} > 3600 * (24 + {{ var('leaver_hours') }}))
{%- endmacro %}
