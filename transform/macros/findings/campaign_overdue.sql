{#- Reviewers of a campaign whose last day is over and who have not decided everything. -#}
{% macro finding_campaign_overdue() %}
-- The last day of a campaign is over, and somebody has not decided.
select account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, campaign || '|' || reviewer as subject,
  campaign || ' was due on ' || {{ day_of('due_on') }} || ': ' || reviewer || ' has not decided '
    || cast(open_count as {{ dbt.type_string() }}) || ' of ' || cast(item_count as {{ dbt.type_string() }}) || '.'
    as explanation,
  cast(due_on as timestamp) as observed_at
from {{ ref('wix__review_progress') }}
where is_overdue
{% endmacro %}
