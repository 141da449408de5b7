{#- A person's name as one text; null when there is none. -#}
{% macro full_name(first_name, last_name) -%}
nullif(trim(coalesce({{ first_name }}, '') || ' ' || coalesce({{ last_name }}, '')), '')
{%- endmacro %}

{#-
  What stands behind the last @ of an e-mail address: in lower case, composed, without blanks and a dot at the end. A name in
  quotes may have an @, too.
-#}
{% macro email_domain(email) -%}
nullif({{ composed("rtrim(lower(trim(regexp_replace(" ~ half_width(email) ~ ", '^.*@|^[^@]*$', ''))), '. ')") }}, '')
{%- endmacro %}

{#- What stands before the last @ of an e-mail address, in lower case and without a +tag. -#}
{% macro email_name(email) -%}
{%- set name = dbt.split_part("regexp_replace(" ~ half_width(email) ~ ", '@[^@]*$', '')", "'+'", 1) -%}
nullif({{ composed("lower(trim(" ~ name ~ "))") }}, '')
{%- endmacro %}

{#- A text with the full-width letters, digits and signs of Asian keyboards as ASCII, and without blanks of no width. -#}
{% macro half_width(text) -%}
{%- set wide, plain = [], [] -%}
{%- for number in range(33, 127) if number not in (39, 92) -%}
  {%- do wide.append('%c' % (number + 65248)) -%}
  {%- do plain.append('%c' % number) -%}
{%- endfor -%}
case when {{ is_beyond_ascii(text) }} then translate({{ text }}, '{{ wide | join ~ '\u3002\u3000\u00a0\u200b\u200c\u200d\u2060\ufeff' }}', '{{ plain | join }}.  ') else {{ text }} end
{%- endmacro %}

{#- A domain under which the same mailboxes go. -#}
{% macro mail_domain(domain) -%}
case when {{ domain }} = 'googlemail.com' then 'gmail.com' else {{ domain }} end
{%- endmacro %}

{#- An address to compare with, of its name and its domain, that in Punycode. Dots before the @ mean nothing to Gmail. -#}
{% macro email_key(name, domain) -%}
case when {{ domain }} = 'gmail.com' then nullif(replace({{ name }}, '.', ''), '') else {{ name }} end || '@' || {{ domain }}
{%- endmacro %}

{#- A text with letters and their accents in one, where the warehouse can: an ü is one character, not a u and two dots. -#}
{% macro composed(text) %}{{ return(adapter.dispatch('composed', 'wix_access')(text)) }}{% endmacro %}
{% macro default__composed(text) %}{{ text }}{% endmacro %}
{% macro duckdb__composed(text) %}nfc_normalize({{ text }}){% endmacro %}
{% macro postgres__composed(text) %}normalize({{ text }}, nfc){% endmacro %}

{#- Whether a text has a character beyond ASCII. -#}
{% macro is_beyond_ascii(text) %}{{ return(adapter.dispatch('is_beyond_ascii', 'wix_access')(text)) }}{% endmacro %}
{% macro default__is_beyond_ascii(text) %}octet_length({{ text }}) <> length({{ text }}){% endmacro %}
{% macro snowflake__is_beyond_ascii(text) %}regexp_like({{ text }}, '.*[^ -~].*'){% endmacro %}
{% macro duckdb__is_beyond_ascii(text) %}strlen({{ text }}) <> length({{ text }}){% endmacro %}

{#- A domain as mail servers know it: letters beyond ASCII in Punycode. For Jinja, not for SQL. -#}
{% macro in_punycode(domain) %}
{%- set labels = [] -%}
{%- for label in domain.lower().strip().strip('@.').split('.') -%}
  {%- do labels.append(label if label.isascii() else 'xn--' ~ label.encode('punycode').decode('ascii')) -%}
{%- endfor -%}
{{ return(labels | join('.')) }}
{% endmacro %}

{#- The variable `company_domains`: one domain as a text means that one, not its letters. -#}
{% macro company_domains() %}
{%- set domains = var('company_domains') or [] -%}
{{ return([domains] if domains is string else domains) }}
{% endmacro %}

{#-
  Whether two e-mail addresses look like one person's: the same, or with the same name before the @, if that is more than
  one word. Of both, the columns `email_key` and `email_name` of `int_wix__people_ever`.
-#}
{% macro looks_like(one, other) -%}
({{ one }}.email_key = {{ other }}.email_key or ({{ one }}.email_name = {{ other }}.email_name and {{ other }}.email_name like '%.%'))
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

{#- The words of a JSON text, sorted: each warehouse writes JSON in its own order, with its own blanks. -#}
{% macro sorted_words(json) %}{{ return(adapter.dispatch('sorted_words', 'wix_access')(json, "'[^][{}:,\" ]+'")) }}{% endmacro %}
{% macro default__sorted_words(json, word) -%}
array_to_string(list_sort(regexp_extract_all(cast({{ json }} as varchar), {{ word }})), ',')
{%- endmacro %}
{% macro snowflake__sorted_words(json, word) -%}
array_to_string(array_sort(regexp_substr_all(cast({{ json }} as varchar), {{ word }})), ',')
{%- endmacro %}
{% macro postgres__sorted_words(json, word) -%}
(select string_agg(found[1], ',' order by found[1] collate "C") from regexp_matches(cast({{ json }} as text), {{ word }}, 'g') as found)
{%- endmacro %}
