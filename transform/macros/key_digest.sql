{#-
  The digest of a set of record keys, as receipts hold it: the MD5 of each key as four numbers of 32 bits, each added up
  over all keys modulo 2^32, in decimal and joined by `-`. An aggregate: the order of the rows does not matter.
-#}
{% macro key_digest(record_key) -%}
{%- set sums = [] -%}
{%- for piece in range(4) -%}
  {%- set digits = "substr(md5(" ~ record_key ~ "), " ~ (8 * piece + 1) ~ ", 8)" -%}
  {%- set total = "sum(" ~ hex_number(digits) ~ ") % 4294967296" -%}
  {%- do sums.append("cast(cast(" ~ total ~ " as bigint) as " ~ dbt.type_string() ~ ")") -%}
{%- endfor -%}
{{ return(sums | join(" || '-' || ")) }}
{%- endmacro %}

{#- Eight hexadecimal digits as a number. -#}
{% macro hex_number(digits) %}{{ return(adapter.dispatch('hex_number')(digits)) }}{% endmacro %}
{% macro default__hex_number(digits) -%}
{%- set values = [] -%}
{%- for place in range(8) -%}
  {%- set value = "position(substr(" ~ digits ~ ", " ~ (place + 1) ~ ", 1) in '0123456789abcdef') - 1" -%}
  {%- do values.append("(" ~ value ~ ") * cast(" ~ 16 ** (7 - place) ~ " as bigint)") -%}
{%- endfor -%}
{{ return(values | join(" + ")) }}
{%- endmacro %}
{% macro duckdb__hex_number(digits) %}{{ return("cast('0x' || " ~ digits ~ " as bigint)") }}{% endmacro %}
{% macro postgres__hex_number(digits) %}{{ return("cast(cast('x' || lpad(" ~ digits ~ ", 16, '0') as bit(64)) as bigint)") }}{% endmacro %}
