{#- The schemas' names are those of the variables that the models' configuration names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
{{ var(custom_schema_name, target.schema) if custom_schema_name else target.schema }}
{%- endmacro %}

{#-
  Models have names that no other project's models have, and relations short ones: `stg_wix__users` is the table `users`,
  `wix__people` the table `people`, and the schema says the rest.
-#}
{% macro generate_alias_name(custom_alias_name, node) -%}
{{ custom_alias_name or node.name | replace('stg_wix__', '') | replace('wix__', '') }}
{%- endmacro %}
