{#- No two rows have the same values in these columns. -#}
{% test unique_key(model, columns, condition=none) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
{% if condition %}where {{ condition }}{% endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
