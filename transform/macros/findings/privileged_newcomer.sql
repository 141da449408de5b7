{#- Members who joined lately (variable `newcomer_days`) and hold a privileged role. -#}
{% macro finding_privileged_newcomer() %}
select {{ of_grant() }}, held.record_key as subject,
  'Joined on ' || {{ day_of('people.joined_at') }} || ' and holds ' || held.role_title || ' on '
    || {{ asset_in_words('held.asset_type', 'held.asset_name') }} || '.' as explanation,
  people.joined_at as observed_at
from {{ ref('wix__access_grants') }} as held
join {{ ref('wix__people') }} as people
  on people.account_id = held.account_id and people.person_type = held.person_type and people.person_id = held.person_id
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = held.account_id and receipts.stream_name = 'users'
where held.person_type = 'member' and held.is_privileged
  and people.joined_at > {{ days_ago(var('newcomer_days'), 'receipts.complete_finished_at') }}
{% endmacro %}
