{{ after_loading() }}
-- depends_on: {{ ref('stg_wix__users') }}
-- depends_on: {{ ref('stg_wix__invites') }}
-- depends_on: {{ ref('wix__leavers') }}
{#- There are few of them: they are asked for while this model is compiled. -#}
{%- set found = [] -%}
{%- if execute -%}
  {%- for table in ('stg_wix__users', 'stg_wix__invites', 'wix__leavers') if load_relation(builtins.ref(table)) -%}
    {%- set asked -%}
select distinct {{ email_domain('email') }} from {{ ref(table) }}
where {{ is_beyond_ascii('email') }} and {{ is_beyond_ascii(email_domain('email')) }}
    {%- endset -%}
    {%- for row in run_query(asked).rows if row[0] and row[0] not in found -%}
      {%- do found.append(row[0]) -%}
    {%- endfor -%}
  {%- endfor -%}
{%- endif -%}
-- Domains with letters beyond ASCII, and the same in Punycode, as others may have written them.
select cast(null as {{ dbt.type_string() }}) as domain, cast(null as {{ dbt.type_string() }}) as domain_key
where 1 = 0
{%- for domain in found %}
union all
select '{{ domain | replace("'", "''") }}', '{{ in_punycode(domain) | replace("'", "''") }}'
{%- endfor %}
