{#- Tables that something else than the state of the latest run wrote into, or whose clock was ahead. -#}
{% macro finding_forked_receipts() %}
select account_id, {{ nobody() }}, {{ no_role() }}, {{ no_asset() }}, stream_name as subject,
  case when count(case when evidence <> 'clock' then 1 end) = 0
    then 'A clock was ahead when ' || stream_name || ' was read: its snapshots are dated up to ' || {{ day_of('max(snapshot_at)') }}
      || ', later than those that were taken after them.'
    else 'Something other than the state of the last run has written ' || stream_name || ' since '
      || {{ day_of('min(snapshot_at)') }} || '. What it wrote does not count, and rows may be missing.'
  end as explanation,
  min(snapshot_at) as observed_at
from {{ ref('stg_wix__receipt_forks') }}
group by account_id, stream_name
{% endmacro %}
