{# Made by `python -m tools.staging transform`: do not edit. #}

{#-
  The tables, with the columns that make up a record key, those that identify a row, and every column's type. As one
  text, which Jinja need not take apart in every run.
-#}
{% macro wix_tables() %}
{%- set tables -%}
{
  "accounts": {"own_key": ["account_id"], "key": ["account_id"], "columns": {"account_id": "string", "name": "string", "slug": "string", "status": "string", "owner_user_id": "string", "parent_account_id": "string", "is_team": "boolean", "website_url": "string", "date_created": "timestamp", "date_updated": "timestamp", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "users": {"own_key": ["id"], "key": ["account_id", "id"], "columns": {"account_id": "string", "id": "string", "email": "string", "first_name": "string", "last_name": "string", "profile_image": "string", "joined_team_at": "timestamp", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "assignments": {"own_key": ["user_id", "assignment_key"], "key": ["account_id", "user_id", "assignment_key"], "columns": {"account_id": "string", "user_id": "string", "assignment_key": "string", "role_id": "string", "asset_type": "string", "asset_id": "string", "asset_name": "string", "site_id": "string", "folder_id": "string", "assignment_id": "string", "subject_id": "string", "subject_type": "string", "restrictions": "json", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "invites": {"own_key": ["id"], "key": ["account_id", "id"], "columns": {"account_id": "string", "id": "string", "email": "string", "status": "string", "date_created": "timestamp", "date_updated": "timestamp", "expiration_date": "timestamp", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "invite_assignments": {"own_key": ["invite_id", "assignment_key"], "key": ["account_id", "invite_id", "assignment_key"], "columns": {"account_id": "string", "invite_id": "string", "assignment_key": "string", "role_id": "string", "asset_type": "string", "asset_id": "string", "asset_name": "string", "site_id": "string", "folder_id": "string", "restrictions": "json", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "roles": {"own_key": ["id"], "key": ["account_id", "id"], "columns": {"account_id": "string", "id": "string", "title": "string", "description": "string", "role_type": "string", "restrict_from_level": "string", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "sites": {"own_key": ["id"], "key": ["account_id", "id"], "columns": {"account_id": "string", "id": "string", "name": "string", "display_name": "string", "owner_account_id": "string", "contributor_account_ids": "json", "folder_id": "string", "namespace": "string", "editor_type": "string", "parent_child_role": "string", "published": "boolean", "premium": "boolean", "blocked": "boolean", "domain_connected": "boolean", "view_url": "string", "edit_url": "string", "thumbnail": "string", "html_app_id": "string", "created_date": "timestamp", "updated_date": "timestamp", "trashed_date": "timestamp", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "folders": {"own_key": ["id"], "key": ["account_id", "id"], "columns": {"account_id": "string", "id": "string", "name": "string", "parent_id": "string", "path": "string", "site_count": "integer", "created_date": "timestamp", "updated_date": "timestamp", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "site_contributors": {"own_key": ["site_id", "contributor_account_id"], "key": ["account_id", "site_id", "contributor_account_id"], "columns": {"account_id": "string", "site_id": "string", "contributor_account_id": "string", "contributor_owner_user_id": "string", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "site_contributor_roles": {"own_key": ["site_id", "contributor_account_id", "role_id"], "key": ["account_id", "site_id", "contributor_account_id", "role_id"], "columns": {"account_id": "string", "site_id": "string", "contributor_account_id": "string", "role_id": "string", "extra": "json", "observed_at": "timestamp", "snapshot_at": "timestamp"}},
  "change_log": {"own_key": [], "key": ["account_id", "stream_name", "record_key", "observed_at"], "columns": {"account_id": "string", "stream_name": "string", "record_key": "string", "observed_at": "timestamp", "change_type": "string", "previous_observed_at": "timestamp"}},
  "snapshots": {"own_key": [], "key": ["account_id", "stream_name", "snapshot_at"], "columns": {"account_id": "string", "stream_name": "string", "snapshot_at": "timestamp", "finished_at": "timestamp", "status": "string", "replication_method": "string", "baseline_at": "timestamp", "proof": "string", "row_count": "integer", "expected_count": "integer", "added_count": "integer", "modified_count": "integer", "removed_count": "integer", "duplicate_count": "integer", "request_count": "integer", "retry_count": "integer", "attempt_count": "integer", "digest": "string", "compared_with": "timestamp", "error": "string", "tap_version": "string"}}
}
{%- endset -%}
{{ return(fromjson(tables)) }}
{% endmacro %}

{#- The rule of what is current, for a relation with the columns of a table. #}
{% macro current_rows(table, entity) %}
{%- set declared = wix_tables()[table] -%}
{%- set record_key = wix_record_key(table, 'entity') -%}
{%- set receipts, changes = ref('stg_wix__snapshots'), ref('stg_wix__change_log') -%}
{%- set chain = ref('stg_wix__receipt_chain') -%}
with complete as (
  select account_id, snapshot_at, finished_at, baseline_at
  from {{ receipts }} where stream_name = '{{ table }}' and status = 'complete'
), chain as (
  select account_id, snapshot_at, baseline_at, latest_at, latest_finished_at
  from {{ chain }} where stream_name = '{{ table }}'
), latest as (
  select account_id, snapshot_at, baseline_at, latest_finished_at as finished_at
  from chain where snapshot_at = latest_at
), removal as (
  select logged.account_id, logged.record_key, max(logged.observed_at) as removed_at,
    max(logged.previous_observed_at) as previous_observed_at
  from {{ changes }} as logged
  left join latest on latest.account_id = logged.account_id
  left join chain on chain.account_id = logged.account_id and chain.snapshot_at = logged.observed_at
  where logged.stream_name = '{{ table }}' and logged.change_type = 'removed' and (
    chain.snapshot_at is not null or latest.baseline_at is null
    or logged.observed_at < latest.baseline_at or logged.observed_at > latest.snapshot_at
  )
  group by logged.account_id, logged.record_key
), removed_by as (
  select removal.account_id, removal.record_key, min(complete.finished_at) as finished_at
  from removal join complete on complete.account_id = removal.account_id and complete.snapshot_at >= removal.removed_at
  group by removal.account_id, removal.record_key
), replaced_by as (
  -- the first complete snapshot after whose baseline a row, sent at this time, should have been sent again
  select sent.account_id, sent.snapshot_at, min(complete.finished_at) as finished_at
  from (select distinct account_id, snapshot_at from {{ entity }}) as sent
  join complete on complete.account_id = sent.account_id and complete.baseline_at > sent.snapshot_at
  group by sent.account_id, sent.snapshot_at
), sighted as (
  -- when a row was last seen, as far as the chain knows: another state's sending of it does not count
  select entity.{{ declared.key | join(", entity.") }}, entity.observed_at, entity.snapshot_at, {{ record_key }} as record_key,
    case when latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at or sending.snapshot_at is not null
      then entity.snapshot_at else observing.snapshot_at end as sighted_at,
    -- (a) sent since the baseline: what was not sent since then is gone. (c) implies it, as the chain begins there
    latest.baseline_at is null or entity.snapshot_at >= latest.baseline_at as is_since_baseline,
    latest.finished_at as latest_finished_at
  from {{ entity }} as entity
  left join latest on latest.account_id = entity.account_id
  left join chain as sending
    on sending.account_id = entity.account_id and sending.snapshot_at = entity.snapshot_at
  left join chain as observing
    on observing.account_id = entity.account_id and observing.snapshot_at = entity.observed_at
), judged as (
  select sighted.*,
    -- (b) not removed since it was seen; (c) seen by a snapshot of the chain, or since the latest: provisionally
    is_since_baseline and sighted_at is not null and coalesce(removal.removed_at <= sighted_at, true) as stands,
    case when removal.removed_at > coalesce(sighted_at, sighted.snapshot_at)
      then removal.previous_observed_at else sighted.snapshot_at end as gone_after,
    case when removal.removed_at > coalesce(sighted_at, sighted.snapshot_at)
      then removed_by.finished_at else coalesce(replaced_by.finished_at, latest_finished_at) end as gone_before
  from sighted
  left join removal on removal.account_id = sighted.account_id and removal.record_key = sighted.record_key
  left join removed_by on removed_by.account_id = sighted.account_id and removed_by.record_key = sighted.record_key
  left join replaced_by on replaced_by.account_id = sighted.account_id and replaced_by.snapshot_at = sighted.snapshot_at
), standing as (
  -- of the versions of a key, the newest that stands; where none does, the newest says when the key went
  select judged.*, row_number() over (
    partition by {{ declared.key | join(", ") }} order by case when stands then 0 else 1 end, snapshot_at desc, observed_at desc
  ) as place
  from judged
)
-- These come first: a column that a later release adds comes last, and Postgres lets a view only grow there
select coalesce(standing.stands, false) as is_current,
  case when not standing.stands then standing.gone_after end as removed_after,
  case when not standing.stands then standing.gone_before end as removed_before,
  entity.*
from {{ entity }} as entity
left join standing
  on {% for name in declared.key %}{{ 'and ' if not loop.first }}standing.{{ name }} = entity.{{ name }} {% endfor %} and standing.observed_at = entity.observed_at and standing.snapshot_at = entity.snapshot_at
  and standing.place = 1
{%- endmacro %}

{#- A row's key without the account as one text, as `change_log` and the receipts' digests name it. -#}
{% macro wix_record_key(table, entity) -%}
{%- set parts = [] -%}
{%- for name in wix_tables()[table].own_key -%}
  {%- set part = entity ~ "." ~ name -%}
  {%- do parts.append("replace(replace(" ~ part ~ ", '%', '%25'), '|', '%7C')") -%}
{%- endfor -%}
{{ return(parts | join(" || '|' || ")) }}
{%- endmacro %}

{#- The complete receipts from the latest back to its baseline. #}
{% macro receipt_chain() %}
{%- set receipts = ref('stg_wix__snapshots') -%}
with recursive complete as (
  select account_id, stream_name, snapshot_at, finished_at, baseline_at, compared_with,
    max(snapshot_at) over (partition by account_id, stream_name) as latest_at
  from {{ receipts }} where status = 'complete'
), latest as (
  select account_id, stream_name, snapshot_at, finished_at, baseline_at from complete where snapshot_at = latest_at
), related as (
  select complete.account_id, complete.stream_name, complete.snapshot_at, complete.compared_with,
    lag(complete.snapshot_at) over (
      partition by complete.account_id, complete.stream_name order by complete.snapshot_at
    ) as previous_at
  from complete
  join latest on latest.account_id = complete.account_id and latest.stream_name = complete.stream_name
    and latest.baseline_at = complete.baseline_at
), linked as (
  -- where the receipt that it was compared with is not here, or not named (first release), the one before stands in
  select related.account_id, related.stream_name, related.snapshot_at,
    coalesce(parent.snapshot_at, related.previous_at) as parent_at,
    parent.snapshot_at is null and related.compared_with is not null as is_loose
  from related
  left join related as parent on parent.account_id = related.account_id and parent.stream_name = related.stream_name
    and parent.snapshot_at = related.compared_with and parent.snapshot_at < related.snapshot_at
), chain (account_id, stream_name, snapshot_at) as (
  select account_id, stream_name, snapshot_at from latest
  union all
  select linked.account_id, linked.stream_name, linked.parent_at
  from chain
  join linked on linked.account_id = chain.account_id and linked.stream_name = chain.stream_name
    and linked.snapshot_at = chain.snapshot_at
  where linked.parent_at is not null
)
select chain.account_id, chain.stream_name, chain.snapshot_at, latest.baseline_at, latest.snapshot_at as latest_at,
  latest.finished_at as latest_finished_at,
  coalesce(linked.is_loose, false) and chain.snapshot_at <> latest.baseline_at as is_loose
from chain
join latest on latest.account_id = chain.account_id and latest.stream_name = chain.stream_name
left join linked on linked.account_id = chain.account_id and linked.stream_name = chain.stream_name
  and linked.snapshot_at = chain.snapshot_at
{%- endmacro %}

{#- What something else than the chain of receipts wrote since the latest baseline. #}
{% macro receipt_forks() %}
{%- set receipts, changes = ref('stg_wix__snapshots'), ref('stg_wix__change_log') -%}
{%- set chain = ref('stg_wix__receipt_chain') -%}
with latest as (
  select account_id, stream_name, baseline_at, latest_at from {{ chain }} where snapshot_at = latest_at
), found as (
  select account_id, stream_name, snapshot_at, 'receipt' as evidence from {{ receipts }} where status = 'complete'
  union all
  select distinct account_id, stream_name, observed_at, 'change' from {{ changes }}
  {% for table, declared in wix_tables().items() if declared.own_key %}
  union all
  select distinct account_id, '{{ table }}', snapshot_at, 'row' from {{ ref('stg_wix__' ~ table) }}
  {%- endfor %}
)
select found.account_id, found.stream_name, found.snapshot_at, found.evidence
from found
join latest on latest.account_id = found.account_id and latest.stream_name = found.stream_name
  and found.snapshot_at > latest.baseline_at and found.snapshot_at < latest.latest_at
left join {{ chain }} as chain on chain.account_id = found.account_id and chain.stream_name = found.stream_name
  and chain.snapshot_at = found.snapshot_at
where chain.snapshot_at is null
union all
select account_id, stream_name, snapshot_at, 'link' from {{ chain }} where is_loose
union all
select account_id, stream_name, snapshot_at, 'clock' from found
where cast(snapshot_at as timestamp) > cast(current_timestamp as timestamp) + interval '31 days'
{%- endmacro %}
