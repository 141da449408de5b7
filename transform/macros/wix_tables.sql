{# Made by `python -m tools.staging transform`: do not edit. #}

{#- The tables, with the columns that make up a record key, those that identify a row, and every column's type. #}
{% macro wix_tables() %}
{{ return({
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
  "snapshots": {"own_key": [], "key": ["account_id", "stream_name", "snapshot_at"], "columns": {"account_id": "string", "stream_name": "string", "snapshot_at": "timestamp", "finished_at": "timestamp", "status": "string", "replication_method": "string", "baseline_at": "timestamp", "proof": "string", "row_count": "integer", "expected_count": "integer", "added_count": "integer", "modified_count": "integer", "removed_count": "integer", "duplicate_count": "integer", "request_count": "integer", "retry_count": "integer", "attempt_count": "integer", "digest": "string", "error": "string", "tap_version": "string"}}
}) }}
{% endmacro %}

{#- The rule of what is current, for a relation with the columns of a table. #}
{% macro current_rows(table, entity) %}
{%- set declared = wix_tables()[table] -%}
{%- set record_key = "entity." ~ (declared.own_key | join(" || '|' || entity.")) -%}
{%- set receipts, changes = ref('stg_wix__snapshots'), ref('stg_wix__change_log') -%}
with complete as (
  select account_id, snapshot_at, finished_at, baseline_at
  from {{ receipts }} where stream_name = '{{ table }}' and status = 'complete'
), latest as (
  select account_id, max(snapshot_at) as snapshot_at, max(baseline_at) as baseline_at, max(finished_at) as finished_at
  from complete group by account_id
), removal as (
  select account_id, record_key, max(observed_at) as removed_at, max(previous_observed_at) as previous_observed_at
  from {{ changes }} where stream_name = '{{ table }}' and change_type = 'removed' group by account_id, record_key
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
), judged as (
  select entity.{{ declared.key | join(", entity.") }}, entity.observed_at, entity.snapshot_at,
    (
      -- (a) sent since the baseline: what was not sent since then is gone
      (latest.baseline_at is null or entity.snapshot_at >= latest.baseline_at)
      -- (b) not removed since it was sent
      and (removal.removed_at is null or removal.removed_at <= entity.snapshot_at)
      -- (c) first seen or sent by a complete snapshot, or sent since the latest: provisional, until the next decides
      and (
        sending.snapshot_at is not null or observing.snapshot_at is not null
        or latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at
      )
    ) as stands,
    case when removal.removed_at > entity.snapshot_at
      then removal.previous_observed_at else entity.snapshot_at end as gone_after,
    case when removal.removed_at > entity.snapshot_at
      then removed_by.finished_at else coalesce(replaced_by.finished_at, latest.finished_at) end as gone_before
  from {{ entity }} as entity
  left join latest on latest.account_id = entity.account_id
  left join complete as sending
    on sending.account_id = entity.account_id and sending.snapshot_at = entity.snapshot_at
  left join complete as observing
    on observing.account_id = entity.account_id and observing.snapshot_at = entity.observed_at
  left join removal on removal.account_id = entity.account_id and removal.record_key = {{ record_key }}
  left join removed_by on removed_by.account_id = entity.account_id and removed_by.record_key = {{ record_key }}
  left join replaced_by on replaced_by.account_id = entity.account_id and replaced_by.snapshot_at = entity.snapshot_at
), standing as (
  -- of the versions of a key, the newest that stands; where none does, the newest tells when the key went
  select judged.*, row_number() over (
    partition by {{ declared.key | join(", ") }} order by case when stands then 0 else 1 end, observed_at desc, snapshot_at desc
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
