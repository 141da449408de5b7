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
