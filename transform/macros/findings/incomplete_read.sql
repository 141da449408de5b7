{#- Tables whose newest read is not complete. -#}
{% macro finding_incomplete_read() %}
select account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, stream_name as subject,
  'The last read of ' || stream_name || ' ended as ' || status || ': ' || coalesce(error, 'no reason given.')
    || case when complete_finished_at is null then ' It was never read completely.'
       else ' What is shown dates from ' || {{ day_of('complete_finished_at') }} || '.' end as explanation,
  finished_at as observed_at
from {{ ref('wix__latest_receipts') }}
where not is_complete
{% endmacro %}
