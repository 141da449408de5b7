{#- A person's name as one text; null when there is none. -#}
{% macro full_name(first_name, last_name) -%}
nullif(trim(coalesce({{ first_name }}, '') || ' ' || coalesce({{ last_name }}, '')), '')
{%- endmacro %}

{#- What stands behind the @ of an e-mail address, in lower case. -#}
{% macro email_domain(email) -%}
nullif(lower({{ dbt.split_part(email, "'@'", 2) }}), '')
{%- endmacro %}

{#- What stands before the @ of an e-mail address, in lower case and without a +tag. -#}
{% macro email_name(email) -%}
nullif(lower({{ dbt.split_part(dbt.split_part(email, "'@'", 1), "'+'", 1) }}), '')
{%- endmacro %}

{#-
  Whether two e-mail addresses look like one person's: the same, or with the same name before the @, if that is more than
  one word.
-#}
{% macro looks_like(email, other) -%}
(lower({{ email }}) = lower({{ other }}) or ({{ email_name(email) }} = {{ email_name(other) }} and {{ email_name(other) }} like '%.%'))
{%- endmacro %}

{#- What a role is limited to, in words. -#}
{% macro asset_in_words(asset_type, asset_name) -%}
case {{ asset_type }}
  when 'account' then 'the whole account'
  when 'unknown' then 'something that cannot be read'
  else replace({{ asset_type }}, '_', ' ') || ' ' || coalesce({{ asset_name }}, '(no name)')
end
{%- endmacro %}

{#- The day of a timestamp, as a text. -#}
{% macro day_of(column) -%}
cast(cast({{ column }} as date) as {{ dbt.type_string() }})
{%- endmacro %}
