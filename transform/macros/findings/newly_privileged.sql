{#- Members of long standing and outside accounts who were lately given a privileged role, or whose role became one. -#}
{% macro finding_newly_privileged() %}
-- Somebody who was there already; who joined lately is `privileged_newcomer`.
with became as (
  select changes.*, row_number() over (
    partition by changes.account_id, changes.stream_name, changes.record_key order by changes.version_number desc
  ) as place
  from {{ ref('wix__access_changes') }} as changes
  where changes.is_privileged and changes.change_type in ('gained', 'changed') and changes.reason in ('grant', 'role')
    and not coalesce(changes.previous_is_privileged, false)
)
select {{ of_grant() }}, held.stream_name || '|' || held.record_key as subject,
  case became.reason when 'role' then 'The role ' || coalesce(held.role_title, held.role_id) || ' became privileged'
      else 'Was given ' || coalesce(held.role_title, held.role_id) end
    || coalesce(' instead of ' || became.previous_role_title, '') || ' on '
    || {{ asset_in_words('held.asset_type', 'held.asset_name') }} || ' by ' || {{ day_of('became.changed_before') }} || '.'
    as explanation,
  became.changed_before as observed_at
from became
join {{ ref('wix__access_grants') }} as held
  on held.account_id = became.account_id and held.stream_name = became.stream_name
  and held.record_key = became.record_key and held.is_privileged
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = held.account_id and receipts.stream_name = held.stream_name
left join {{ ref('wix__people') }} as people
  on people.account_id = held.account_id and people.person_type = held.person_type and people.person_id = held.person_id
where became.place = 1
  and became.changed_before > {{ days_ago(var('newcomer_days'), 'receipts.complete_finished_at') }}
  and (people.joined_at is null
    or people.joined_at <= {{ days_ago(var('newcomer_days'), 'receipts.complete_finished_at') }})
{% endmacro %}
