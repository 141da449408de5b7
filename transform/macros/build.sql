{#-
  The table `build`, beside the answers: whether all that is there is of one build. A build makes one relation after the
  other. So where it was cut off, failed, left some out or is still under way, some are of one load and some of another.
-#}
{% macro build_begins() %}
{%- set build = build_to_tell() -%}
{%- if build -%}
create table if not exists {{ build }} (invocation_id {{ dbt.type_string() }}, began_at timestamp, is_whole boolean);
delete from {{ build }};
insert into {{ build }} values (
  '{{ invocation_id }}', cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp), false
);
  {%- if var('readers') %}
{{ get_grant_sql(build, 'select', var('readers')) }};
  {%- endif %}
{{ commit_of_hook() }}
{%- endif -%}
{% endmacro %}

{% macro build_ends() %}
{%- set build = build_to_tell() -%}
{%- if build -%}
  {%- set made = [] -%}
  {%- for result in results if result.status == 'success' -%}
    {%- do made.append(result.node.unique_id) -%}
  {%- endfor -%}
  {#- Where another build began meanwhile, what is there is of both. -#}
update {{ build }} set invocation_id = '{{ invocation_id }}',
  is_whole = {{ 'false' if models_here() | reject('in', made) | list else "invocation_id = '" ~ invocation_id ~ "'" }};
{{ commit_of_hook() }}
{%- endif -%}
{% endmacro %}

{#- The table, for a command that makes anew what is current: all else is made of the same rows as before. -#}
{% macro build_to_tell() %}
{%- set staging = [] -%}
{%- for name in selected_resources if name.startswith('model.wix_access.stg_wix__') -%}
  {%- do staging.append(name) -%}
{%- endfor -%}
{%- if execute and staging and flags.WHICH in ('build', 'run') -%}
  {%- set build = build_relation() -%}
  {%- if adapter.check_schema_exists(build.database, build.schema) -%}{{ return(build) }}{%- endif -%}
{%- endif -%}
{% endmacro %}

{% macro build_relation() %}
{%- set answers = graph.nodes['model.wix_access.wix__latest_receipts'] -%}
{%- set build = api.Relation.create(answers.database, answers.schema, 'build', type='table') -%}
{{ return(build.include(database=false) if target.type == 'duckdb' else build) }}
{% endmacro %}

{#- Ends a question about answers that are not of one build. -#}
{% macro check_build() %}
{%- if run_query('select is_whole from ' ~ build_relation()).columns[0].values() | list != [true] -%}
  {%- do exceptions.raise_compiler_error('The models are not of one build: the last one is under way, was cut off, failed, '
    ~ 'or made only some of them. Run the whole `dbt build` again.') -%}
{%- endif -%}
{% endmacro %}

{% macro models_here() %}
{%- set found = [] -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' and node.package_name == 'wix_access' -%}
  {%- do found.append(node.unique_id) -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}

{#- dbt leaves what a hook did in a transaction open, and lets go of the connection. -#}
{% macro commit_of_hook() %}{{ adapter.dispatch('commit_of_hook', 'wix_access')() }}{% endmacro %}
{% macro default__commit_of_hook() %}{% endmacro %}
{% macro postgres__commit_of_hook() %}commit{% endmacro %}
