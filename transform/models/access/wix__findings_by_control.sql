-- A control without findings has passed only where everything was read: what nobody looked at has not. Only the tables of
-- outside accounts may be left out, which cost a request for each site.
{%- set needed = ['accounts', 'users', 'assignments', 'invites', 'invite_assignments', 'roles', 'sites', 'folders'] %}
with accounts as (
  select account_id, max(account_name) as account_name,
    case when count(case when stream_name in ('{{ needed | join("', '") }}') then 1 end) = {{ needed | length }}
      then min(case when is_complete then 1 else 0 end) else 0 end as is_complete,
    min(complete_finished_at) as read_at
  from {{ ref('wix__latest_receipts') }} group by account_id
), rules as (
  select controls.control, controls.framework, controls.title, rules.rule
  from {{ ref('wix__controls') }} as controls
  join {{ ref('wix__finding_rules') }} as rules
    on rules.enabled and ', ' || rules.controls || ',' like '%, ' || controls.control || ',%'
)
select accounts.account_id, accounts.account_name, rules.control, rules.framework, rules.title,
  count(distinct rules.rule) as rule_count,
  count(distinct case when findings.finding_key is null then rules.rule end) as passed_rule_count,
  count(findings.finding_key) as finding_count, coalesce(max(findings.severity_rank), 0) as severity_rank,
  case
    when count(findings.finding_key) > 0 then 'findings'
    when accounts.is_complete = 1 then 'passed'
    else 'not known'
  end as status,
  accounts.read_at
from accounts
cross join rules
left join {{ ref('wix__findings') }} as findings
  on findings.account_id = accounts.account_id and findings.rule = rules.rule
group by accounts.account_id, accounts.account_name, accounts.is_complete, accounts.read_at, rules.control,
  rules.framework, rules.title
