{#-
  A staging model: the columns of a table with their types, and which rows are current, between when the others went.
  Neither the table nor a column has to be there: what was not selected is empty, or null.
-#}
{% macro stage(table) %}
{%- set declared = wix_tables()[table] -%}
{%- set relation = load_relation(builtins.source('wix', table)) -%}
{%- set stored = stored_types(relation) -%}
with entity as (
  select
    {% for name, type in declared.columns.items() -%}
    {{ typed(name, type, stored.get(name)) }} as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
  {%- if relation %}
  from {{ source('wix', table) }}
  {%- else %}
  where 1 = 0
  {%- endif %}
)
{%- if declared.own_key %}
select * from (
{{ current_rows(table, 'entity') }}
) as judged
{%- else %}
select * from entity
{%- endif %}
{% endmacro %}

{#- The types that a relation stores its columns as, by their names; none without a relation. -#}
{% macro stored_types(relation) %}
{%- set types = {} -%}
{%- if relation and execute -%}
  {%- for name, type in adapter.dispatch('named_types', 'wix_access')(relation) -%}
    {%- do types.update({name | lower: type}) -%}
  {%- endfor -%}
{%- endif -%}
{{ return(types) }}
{% endmacro %}

{% macro default__named_types(relation) %}{{ return(named(adapter.get_columns_in_relation(relation))) }}{% endmacro %}
{#- Asked of the table alone: the catalog would go through the columns of all. -#}
{% macro duckdb__named_types(relation) %}
{%- set described = run_query('describe ' ~ relation.include(database=false)) -%}
{{ return(zip(described.columns[0].values(), described.columns[1].values())) }}
{% endmacro %}

{#- A column of a loaded table as one of the types `string`, `timestamp` (UTC), `boolean`, `integer` or `json`. -#}
{% macro typed(name, type, stored) %}
{%- set names = {'timestamp': 'timestamp', 'boolean': 'boolean', 'integer': 'bigint'} -%}
{%- if stored is none -%}
cast(null as {{ names.get(type, dbt.type_string()) }})
{%- elif type == 'json' -%}
{{ name }}
{%- elif type == 'timestamp' and has_zone(stored | lower) -%}
{{ in_utc(name) }}
{%- else -%}
cast({{ name }} as {{ names.get(type, dbt.type_string()) }})
{%- endif -%}
{% endmacro %}

{#- Whether a type keeps a zone: `timestamptz`, `timestamp with time zone`, `timestamp_tz`, but not `timestamp_ntz`. -#}
{% macro has_zone(stored) %}
{{ return('with time zone' in stored or ('tz' in stored and 'ntz' not in stored)) }}
{% endmacro %}

{#- A timestamp with a zone as one without, in UTC. -#}
{% macro in_utc(column) %}{{ return(adapter.dispatch('in_utc', 'wix_access')(column)) }}{% endmacro %}
{% macro default__in_utc(column) %}cast({{ column }} at time zone 'UTC' as timestamp){% endmacro %}
{% macro snowflake__in_utc(column) %}cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz){% endmacro %}
