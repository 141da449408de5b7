{{ config(materialized='wix_view') }}
with numbers as (
  {% for number in range(31) -%}
  select {{ number }} as days {{ 'union all' if not loop.last }}
  {% endfor %}
)
select cast({{ dbt.dateadd('day', 'numbers.days', 'months.month_start') }} as date) as day
from {{ ref('wix__months') }} as months
cross join numbers
where {{ dbt.dateadd('day', 'numbers.days', 'months.month_start') }} < months.month_end
