{#- The rules of the findings: each is a macro `finding_RULE` in `findings/RULE.sql`, and a line of the seed `finding_rules`. -#}
{% macro finding_rule_names() %}
{{ return([
  'incomplete_read', 'forked_receipts', 'stale_read', 'privileged_newcomer', 'newly_privileged', 'unreadable_asset',
  'external_privileged', 'leaver_has_access', 'owner_not_listed', 'invite_to_leaver', 'privileged_invite',
  'other_subject', 'invite_to_member', 'invite_status_unknown', 'invite_expired_open', 'invite_open_long',
  'privileged_person', 'external_member', 'company_domain_unknown', 'role_not_known', 'outside_account', 'unclear_custom_role',
  'gone_role', 'gone_site', 'gone_folder', 'trashed_site', 'role_beyond_level', 'same_person_twice',
  'member_without_role', 'site_without_admin', 'unused_custom_role', 'departed_employee_has_access',
  'decision_not_carried_out', 'removed_access_back', 'changed_after_certification', 'campaign_overdue',
]) }}
{% endmacro %}

{#- The columns of a finding that is not about a person, a role or an asset. -#}
{% macro nobody() -%}
cast(null as {{ dbt.type_string() }}) as person_type, cast(null as {{ dbt.type_string() }}) as person_id
{%- endmacro %}

{% macro no_role() -%}
cast(null as {{ dbt.type_string() }}) as role_id, cast(null as {{ dbt.type_string() }}) as role_title
{%- endmacro %}

{% macro no_asset() -%}
cast(null as {{ dbt.type_string() }}) as asset_type, cast(null as {{ dbt.type_string() }}) as asset_id,
  cast(null as {{ dbt.type_string() }}) as asset_name
{%- endmacro %}

{#- The columns of a finding that is about a grant, `held`. -#}
{% macro of_grant() -%}
held.account_id, held.person_type, held.person_id, held.role_id, held.role_title, held.asset_type, held.asset_id,
  held.asset_name
{%- endmacro %}

{#- Whether a table of an account was ever read completely: without that, what it does not hold says nothing. -#}
{% macro was_read(stream_name, account_id) -%}
exists (
    select 1 from {{ ref('wix__latest_receipts') }} as read_tables
    where read_tables.account_id = {{ account_id }} and read_tables.stream_name = '{{ stream_name }}'
      and read_tables.complete_snapshot_at is not null
  )
{%- endmacro %}
