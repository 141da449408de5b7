with found as (
  {% for rule in finding_rule_names() -%}
  select '{{ rule }}' as rule, account_id, person_type, person_id, role_id, role_title, asset_type, asset_id,
    asset_name, subject, explanation, observed_at
  from {{ ref('wix__finding_' ~ rule) }}
  {{ 'union all' if not loop.last }}
  {% endfor %}
)
select found.rule || '|' || found.account_id || '|' || found.subject as finding_key, found.rule, rules.severity,
  case rules.severity when 'critical' then 4 when 'high' then 3 when 'medium' then 2 else 1 end as severity_rank,
  rules.title, found.account_id, coalesce(accounts.name, found.account_id) as account_name, found.person_type,
  found.person_id, people.person, people.email, people.person_key, found.role_id, found.role_title, found.asset_type, found.asset_id,
  found.asset_name, found.explanation, rules.advice, rules.controls, found.observed_at
from found
join {{ ref('wix__finding_rules') }} as rules on rules.rule = found.rule and rules.enabled
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = found.account_id
left join {{ ref('int_wix__people_ever') }} as people
  on people.account_id = found.account_id and people.person_type = found.person_type
  and people.person_id = found.person_id
