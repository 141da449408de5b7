{#-
  A table that is filled anew, and not made anew where that would take away what others built on it: on Postgres their
  views go with a relation that is dropped, and so do the grants of their roles.
-#}
{% materialization wix_table, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if existing is not none and not existing.is_table -%}
    {%- do made_anew(existing, 'becomes a table') -%}
    {%- set existing = none -%}
  {%- endif -%}
  {%- do adapter.dispatch('fill_table', 'wix_access')(relation, existing, sql) -%}
  {%- do finish(relation) -%}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{#- A view that is replaced in place. -#}
{% materialization wix_view, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set relation = this.incorporate(type='view') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if existing is not none and not existing.is_view -%}
    {%- do made_anew(existing, 'becomes a view') -%}
    {%- set existing = none -%}
  {%- endif -%}
  {%- do adapter.dispatch('replace_view', 'wix_access')(relation, existing, sql) -%}
  {%- do finish(relation) -%}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{#- What follows in every materialization: grants, descriptions, hooks. -#}
{% macro finish(relation) %}
  {%- if config.get('grants') -%}
    {%- do apply_grants(relation, config.get('grants'), should_revoke=true) -%}
  {%- elif var('readers') and model.config.schema == 'access_schema' -%}
    {#- These may read the answers, beside whoever was granted that by others. -#}
    {%- do apply_grants(relation, {'select': var('readers')}, should_revoke=false) -%}
  {%- endif -%}
  {%- do adapter.dispatch('describe', 'wix_access')(relation) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
{% endmacro %}

{% macro default__describe(relation) %}
  {%- do persist_docs(relation, model) -%}
{% endmacro %}

{#- In DuckDB, the descriptions are part of what makes the relation: see `duckdb__comments`. -#}
{% macro duckdb__describe(relation) %}{% endmacro %}

{#- The statements that describe a relation, to be sent with the one that makes it. -#}
{% macro comments(relation) %}{{ return(adapter.dispatch('comments', 'wix_access')(relation)) }}{% endmacro %}
{% macro default__comments(relation) %}{{ return('') }}{% endmacro %}
{#- dbt would ask for the columns of each relation before, and send a statement for each: a tenth of a daily build. -#}
{% macro duckdb__comments(relation) %}
  {%- set comments = [''] -%}
  {%- if config.persist_relation_docs() and model.description -%}
    {%- do comments.append('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ quoted(model.description)) -%}
  {%- endif -%}
  {%- if config.persist_column_docs() -%}
    {%- for name, column in model.columns.items() if column.description -%}
      {%- do comments.append('comment on column ' ~ relation ~ '.' ~ adapter.quote(name) ~ ' is ' ~ quoted(column.description)) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(comments | join(';\n')) }}
{% endmacro %}

{% macro quoted(text) %}{{ return("'" ~ text | replace("'", "''") ~ "'") }}{% endmacro %}

{% macro default__fill_table(relation, existing, sql) %}
  {%- call statement('main') -%}
create or replace table {{ relation }} as (
{{ sql }}
){{ comments(relation) }}
  {%- endcall -%}
{% endmacro %}

{% macro default__replace_view(relation, existing, sql) %}
  {%- call statement('main') -%}
create or replace view {{ relation }} as (
{{ sql }}
){{ comments(relation) }}
  {%- endcall -%}
{% endmacro %}

{% macro postgres__fill_table(relation, existing, sql) %}
  {%- if existing is none -%}
    {%- call statement('main') -%}{{ create_table_as(false, relation, sql) }}{%- endcall -%}
    {%- do create_indexes(relation) -%}
  {%- else -%}
    {%- set filled = make_temp_relation(relation) -%}
    {%- call statement('filled') -%}{{ create_table_as(true, filled, sql) }}{%- endcall -%}
    {%- set columns = adapter.get_columns_in_relation(filled) -%}
    {%- if named(adapter.get_columns_in_relation(existing)) == named(columns) -%}
      {%- set names = columns | map(attribute='quoted') | join(', ') -%}
      {%- call statement('main') -%}
delete from {{ relation }};
insert into {{ relation }} ({{ names }}) select {{ names }} from {{ filled }}
      {%- endcall -%}
    {%- else -%}
      {%- do made_anew(existing, 'has other columns than before') -%}
      {%- call statement('main') -%}{{ create_table_as(false, relation, 'select * from ' ~ filled) }}{%- endcall -%}
      {%- do create_indexes(relation) -%}
    {%- endif -%}
    {%- call statement('done') -%}drop table {{ filled }}{%- endcall -%}
  {%- endif -%}
{% endmacro %}

{% macro postgres__replace_view(relation, existing, sql) %}
  {%- if existing is not none -%}
    {%- set next = make_intermediate_relation(relation) -%}
    {%- call statement('next') -%}create or replace view {{ next }} as ({{ sql }}){%- endcall -%}
    {%- set was, will_be = named(adapter.get_columns_in_relation(existing)), named(adapter.get_columns_in_relation(next)) -%}
    {%- call statement('done') -%}drop view {{ next }}{%- endcall -%}
    {%- if will_be[:was | length] != was -%}
      {%- do made_anew(existing, 'has other columns than before') -%}
    {%- endif -%}
  {%- endif -%}
  {%- do default__replace_view(relation, existing, sql) -%}
{% endmacro %}

{#- Columns by name and type, in their order. -#}
{% macro named(columns) %}
{%- set found = [] -%}
{%- for column in columns -%}
  {%- do found.append((column.name, column.data_type)) -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}

{#- Another release has other columns, or makes a table of a view: nothing that was built on the relation can stay. -#}
{% macro made_anew(existing, why) %}
  {%- do adapter.dispatch('tell_what_goes', 'wix_access')(existing, why) -%}
  {%- do adapter.drop_relation(existing) -%}
{% endmacro %}

{#- Elsewhere, views of a relation outlive it. -#}
{% macro default__tell_what_goes(existing, why) %}{% endmacro %}
{% macro postgres__tell_what_goes(existing, why) %}
  {%- set asked -%}
with recursive gone as (
  select cast('{{ existing }}' as regclass) as id
  union
  select cast(pg_rewrite.ev_class as regclass)
  from gone
  join pg_depend on pg_depend.refobjid = gone.id and pg_depend.classid = cast('pg_rewrite' as regclass)
  join pg_rewrite on pg_rewrite.oid = pg_depend.objid
)
select id from gone where id <> cast('{{ existing }}' as regclass) order by cast(id as text)
  {%- endset -%}
  {%- set views = run_query(asked).columns[0].values() | join(', ') or 'none' -%}
  {%- do log(existing ~ ' ' ~ why ~ ': it is made anew. What others were granted on it goes, and so do the views that were '
    ~ 'built on it (' ~ views ~ '); a whole build makes those of this project again.', info=true) -%}
{% endmacro %}

{#-
  What dbt's own materialization of seeds ends with, but for writing its SQL into a file: that goes to the path of the seed in
  dbt's target folder, and the seed itself is there when its folder (`WIX_REVIEW_SEEDS`) is named by a full path.
-#}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) %}
  {%- set sql = caller() -%}
  {%- do store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) -%}
{% endmacro %}
