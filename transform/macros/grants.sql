{#- The first part of a key in `change_log`, as `wix_record_key` made it. -#}
{% macro first_of_key(record_key) -%}
replace(replace({{ dbt.split_part(record_key, "'|'", 1) }}, '%7C', '|'), '%25', '%')
{%- endmacro %}

{#- The role that Wix gives the owner of an account. -#}
{% macro owner_role() -%}
'6601492336091027458'
{%- endmacro %}

{#-
  Whether an invite can still be accepted, as far as its status says: one without a status, or with one that this release
  does not know, counts as open until Wix says otherwise.
-#}
{% macro is_open_status(status) -%}
lower(coalesce({{ status }}, '')) not in ('used', 'deleted', 'declined', 'expired')
{%- endmacro %}

{#- What kind of subject holds a role; null where Wix does not say: `UNKNOWN` is its default, and may as well be left out. -#}
{% macro told_subject(subject_type) -%}
case when upper({{ subject_type }}) not in ('', 'UNKNOWN') then {{ subject_type }} end as subject_type
{%- endmacro %}

{#- What of the account a grant reaches, as in `access_reach`; null where that cannot be told. -#}
{% macro scope_key(grant) -%}
case
    when {{ grant }}.asset_type = 'account' then 'account'
    when {{ grant }}.asset_type = 'folder' then 'folder:' || {{ grant }}.folder_id
    when {{ grant }}.site_id is not null then 'site:' || {{ grant }}.site_id
  end
{%- endmacro %}

{#- The way in which a grant reaches sites. -#}
{% macro via(grant) -%}
case
    when {{ grant }}.person_type = 'contributor' then 'contributor'
    when {{ grant }}.asset_type = 'folder' and {{ grant }}.folder_id is null then 'unknown'
    when {{ grant }}.asset_type = 'site_resource' then 'site'
    when {{ grant }}.asset_type in ('account', 'folder', 'site') then {{ grant }}.asset_type
    else 'unknown'
  end
{%- endmacro %}

{#- Whether a run saw what happened until then. -#}
{% macro in_run(moment, run) -%}
{{ moment }} >= {{ or_always(run ~ '.run_from') }} and {{ moment }} < {{ or_ever(run ~ '.run_to') }}
{%- endmacro %}

{#- Whether something held before the run in which a move gave a site, or after the one in which it took it. -#}
{% macro holds_beside(move, since, until) -%}
(
      ({{ move }}.change_type = 'gained' and {{ since }} < {{ or_always(move ~ '.run_from') }}
        and {{ or_ever(until) }} >= {{ or_always(move ~ '.run_from') }})
      or ({{ move }}.change_type = 'lost' and {{ since }} < {{ or_ever(move ~ '.run_to') }}
        and {{ or_ever(until) }} >= {{ or_ever(move ~ '.run_to') }})
    )
{%- endmacro %}

{#-
  Accounts in which who works on a site was read since the last read of their roles: whoever is not there any more holds
  no role either, although nobody reads the roles.
-#}
{% macro roles_unread() %}
select roles_read.account_id
from {{ ref('wix__latest_receipts') }} as roles_read
join {{ ref('wix__latest_receipts') }} as later
  on later.account_id = roles_read.account_id and later.stream_name = 'site_contributors'
  and later.complete_snapshot_at > roles_read.complete_finished_at
where roles_read.stream_name = 'site_contributor_roles'
{% endmacro %}

{#- Every stored version of the rows that access follows from: grants, and the sites, folders and roles that they name. -#}
{% macro row_versions() %}
select account_id, stream_name, record_key, observed_at, snapshot_at, is_current, removed_after, removed_before
from {{ ref('int_wix__grant_rows') }}
{%- for table in ('sites', 'folders', 'roles') %}
union all
select account_id, '{{ table }}', {{ wix_record_key(table, 'entity') }}, observed_at, snapshot_at, is_current,
  removed_after, removed_before
from {{ ref('stg_wix__' ~ table) }} as entity
{%- endfor %}
{% endmacro %}
