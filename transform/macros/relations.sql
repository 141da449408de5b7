{#-
  In DuckDB a relation goes without the database's name: that is the file's, and views that named it would be lost when
  the file is copied or renamed.
-#}
{% macro ref() %}
{%- set relation = builtins.ref(*varargs, **kwargs) -%}
{{ return(relation.include(database=false) if target.type == 'duckdb' else relation) }}
{% endmacro %}

{% macro source() %}
{%- set relation = builtins.source(*varargs, **kwargs) -%}
{{ return(relation.include(database=false) if target.type == 'duckdb' else relation) }}
{% endmacro %}

{#- For the end of a query that has no row without lines in a seed: where there are none, the warehouse need not look. -#}
{% macro where_any(seed) %}
{%- set relation = load_relation(ref(seed)) if execute and flags.WHICH in ('build', 'run') -%}
{%- if relation and not run_query('select 1 from ' ~ ref(seed) ~ ' limit 1').rows -%}where 1 = 0{%- endif -%}
{% endmacro %}
