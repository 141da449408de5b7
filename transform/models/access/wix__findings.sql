with found as (
  {% for rule in finding_rule_names() -%}
  select '{{ rule }}' as rule, account_id, person_type, person_id, role_id, role_title, asset_type, asset_id,
    asset_name, subject, explanation, observed_at
  from ({{ context['finding_' ~ rule]() }}) as found_by_rule
  {{ 'union all' if not loop.last }}
  {% endfor %}
), judged as (
  select found.*, found.rule || '|' || found.account_id || '|' || found.subject as finding_key, rules.severity,
    rules.title, rules.advice, rules.controls,
    -- What is accepted: the same finding of the same role on the same asset, as severe as it was.
    rules.severity || '|' || coalesce(found.role_id, '') || '|' || coalesce(found.asset_type, '') || '|'
      || coalesce(found.asset_id, '') as facts
  from found
  join {{ ref('wix__finding_rules') }} as rules on rules.rule = found.rule and rules.enabled
), accepted as (
  select lines.*, row_number() over (partition by finding_key, facts order by accepted_until desc, reason) as place
  from {{ ref('wix__accepted_findings') }} as lines
  cross join (select max(complete_finished_at) as finished_at from {{ ref('wix__latest_receipts') }}) as read_at
  where lines.accepted_until >= cast({{ days_ago(0, 'read_at.finished_at') }} as date)
)
select judged.finding_key, judged.rule, judged.severity,
  case judged.severity when 'critical' then 4 when 'high' then 3 when 'medium' then 2 else 1 end as severity_rank,
  judged.title, judged.account_id, coalesce(accounts.name, judged.account_id) as account_name, judged.person_type,
  judged.person_id, people.person, people.email, people.person_key, judged.role_id, judged.role_title,
  judged.asset_type, judged.asset_id,
  judged.asset_name, judged.explanation, judged.advice, judged.controls, judged.observed_at, judged.facts,
  accepted.finding_key is not null as is_accepted, accepted.reason as accepted_reason, accepted.accepted_by,
  accepted.accepted_until
from judged
left join accepted
  on accepted.finding_key = judged.finding_key and accepted.facts = judged.facts and accepted.place = 1
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = judged.account_id
left join {{ ref('int_wix__people_ever') }} as people
  on people.account_id = judged.account_id and people.person_type = judged.person_type
  and people.person_id = judged.person_id
