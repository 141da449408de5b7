-- Every version of every grant, with what it gave: versions that say the same follow each other as one, and whoever
-- stands for a grant that is recorded in full elsewhere (an outside account whose roles are known, an owner who holds the
-- owner's role) is left out for as long as it is. Nearly all grants have one version alone: these are taken as they are.
{%- set row = 'partition by account_id, stream_name, record_key' %}
{%- set same_row = 'account_id, stream_name, record_key' %}
with of_key as (
  -- Where the key says all, it does not matter which version it is of.
  select {{ same_row }}, max(person_id) as person_id, max(role_id) as role_id, max(asset_id) as asset_id,
    max(asset_name) as asset_name
  from {{ ref('int_wix__grant_rows') }}
  where stream_name in ('site_contributors', 'site_contributor_roles')
  group by {{ same_row }}
), told as (
  -- An account's record may leave out its owner: then it is not known, and not that there is none.
  select versions.*, content.record_key is not null
      and (versions.stream_name <> 'accounts' or content.person_id is not null) as is_content_known, content.person_id, content.role_id,
    content.asset_type, content.asset_id, content.asset_name, content.site_id, content.folder_id, content.subject_type,
    content.subject_id, content.unread_restriction
  from {{ ref('int_wix__versions') }} as versions
  left join {{ ref('int_wix__grant_rows') }} as content
    on content.account_id = versions.account_id and content.stream_name = versions.stream_name
    and content.record_key = versions.record_key and content.observed_at = versions.version_seen_at
  where versions.stream_name in ('assignments', 'invite_assignments', 'accounts')
  union all
  select versions.*, true, of_key.person_id, of_key.role_id, 'site', of_key.asset_id, of_key.asset_name,
    of_key.asset_id, cast(null as {{ dbt.type_string() }}), 'ACCOUNT', of_key.person_id,
    cast(null as {{ dbt.type_string() }})
  from {{ ref('int_wix__versions') }} as versions
  join of_key
    on of_key.account_id = versions.account_id and of_key.stream_name = versions.stream_name
    and of_key.record_key = versions.record_key
), worded as (
  select told.*, case when is_content_known then coalesce(person_id, '') || '~' || coalesce(role_id, '') || '~'
    || asset_type || '~' || coalesce(asset_id, '') || '~' || coalesce(site_id, '') || '~' || coalesce(folder_id, '')
    || '~' || coalesce(asset_name, '') || '~' || coalesce(subject_type, '') || '~' || coalesce(subject_id, '')
    || '~' || coalesce(unread_restriction, '')
    else '?' end as content
  from told where not is_only
), marked as (
  select worded.*, case
    when content <> '?' and lag(content) over ({{ row }} order by version_number) = content
      and lag(stay_number) over ({{ row }} order by version_number) = stay_number then 0 else 1 end as is_new
  from worded
), islands as (
  select marked.*, sum(is_new) over ({{ row }} order by version_number rows between unbounded preceding and current row)
    as island
  from marked
), ends as (
  select islands.*, row_number() over ({{ row }}, island order by version_number desc) as place_from_end
  from islands
), merged as (
  select first.account_id, first.stream_name, first.record_key, first.stay_number, first.started_by,
    first.started_after, first.started_before, last.ended_by, last.ended_after, last.ended_before, last.last_seen_at,
    last.is_current, first.is_content_known, first.person_id, first.role_id, first.asset_type, first.asset_id,
    first.asset_name, first.site_id, first.folder_id, first.subject_type, first.subject_id, first.unread_restriction,
    false as is_only
  from ends as first
  join ends as last
    on last.account_id = first.account_id and last.stream_name = first.stream_name
    and last.record_key = first.record_key and last.island = first.island and last.place_from_end = 1
  where first.is_new = 1
  union all
  select account_id, stream_name, record_key, stay_number, started_by, started_after, started_before, ended_by,
    ended_after, ended_before, last_seen_at, is_current, is_content_known, person_id, role_id, asset_type, asset_id,
    asset_name, site_id, folder_id, subject_type, subject_id, unread_restriction,
    -- Beside an account's own record stands whoever else owned it.
    stream_name <> 'accounts'
  from told where is_only
), contributors_missed as (
  -- The end of the first read of who works on a site after the last one of their roles.
  select roles_read.account_id, roles_read.snapshot_at, min(later.finished_at) as finished_at
  from (
    select account_id, max(snapshot_at) as snapshot_at, max(finished_at) as finished_at
    from {{ ref('int_wix__receipts') }}
    where stream_name = 'site_contributor_roles' and is_complete group by account_id
  ) as roles_read
  join {{ ref('int_wix__receipts') }} as later
    on later.account_id = roles_read.account_id and later.stream_name = 'site_contributors'
    and later.snapshot_at > roles_read.finished_at and later.is_complete
  group by roles_read.account_id, roles_read.snapshot_at
), working as (
  select account_id, site_id, person_id,
    max(case when is_current then 1 else 0 end) as is_current, max(started_after) as started_after,
    max(started_before) as started_before, max(ended_after) as ended_after, max(ended_before) as ended_before
  from merged where stream_name = 'site_contributors'
  group by account_id, site_id, person_id
), clipped as (
  -- A role of an outside account ends with its work on the site, also where nobody reads the roles any more.
  select merged.account_id, merged.stream_name, merged.record_key, merged.stay_number, merged.started_by,
    -- Nobody held a role on a site before coming there.
    case when merged.started_after is null and working.started_before <= merged.started_before
      then working.started_after else merged.started_after end as started_after, merged.started_before,
    case when gone.finished_at is not null then 'removed' else merged.ended_by end as ended_by,
    case when gone.finished_at is not null then coalesce(working.ended_after, gone.snapshot_at)
      else merged.ended_after end as ended_after,
    case when gone.finished_at is not null then coalesce(working.ended_before, gone.finished_at)
      else merged.ended_before end as ended_before,
    merged.last_seen_at, merged.is_current and gone.finished_at is null as is_current, merged.is_content_known,
    merged.person_id, merged.role_id, merged.asset_type, merged.asset_id, merged.asset_name, merged.site_id,
    merged.folder_id, merged.subject_type, merged.subject_id, merged.unread_restriction, merged.is_only
  from merged
  left join working
    on working.account_id = merged.account_id and working.site_id = merged.site_id
    and working.person_id = merged.person_id and merged.stream_name = 'site_contributor_roles'
  left join contributors_missed as gone
    on gone.account_id = merged.account_id and merged.stream_name = 'site_contributor_roles' and merged.is_current
    and coalesce(working.is_current, 0) = 0
), standing_in as (
  -- Who stands for a grant, and what records it in full, under one key.
  select clipped.*,
    case when stream_name in ('site_contributors', 'accounts') then 1 else 0 end as is_stand_in,
    case when stream_name in ('accounts', 'assignments') then 'owner' else site_id end || '|' || person_id as held_key,
    case when stream_name in ('accounts', 'assignments') then 'accounts' else 'site_contributors' end as run_stream
  from clipped
  where person_id is not null and is_content_known and (
    stream_name in ('site_contributors', 'site_contributor_roles', 'accounts')
    or (stream_name = 'assignments' and role_id = {{ owner_role() }} and asset_type = 'account'
      and coalesce(subject_type, 'USER') = 'USER')
  )
), stood_for as (
  select distinct account_id, held_key from standing_in where is_stand_in = 1
), steps as (
  select held.account_id, held.held_key, held.record_key, held.is_stand_in, held.run_stream, 1 as step, held.started_by as how,
    held.started_after as happened_after, held.started_before as happened_before
  from standing_in as held
  join stood_for on stood_for.account_id = held.account_id and stood_for.held_key = held.held_key
  union all
  select held.account_id, held.held_key, held.record_key, held.is_stand_in, held.run_stream, -1, held.ended_by, held.ended_after,
    held.ended_before
  from standing_in as held
  join stood_for on stood_for.account_id = held.account_id and stood_for.held_key = held.held_key
  where held.ended_before is not null
), in_runs as (
  -- What happened counts by the run that saw it, whichever of the two tables was read first, or alone.
  select steps.*, runs.snapshot_at as run_at
  from steps
  left join {{ ref('int_wix__receipts') }} as runs
    on runs.account_id = steps.account_id and runs.stream_name = steps.run_stream
    and {{ in_run('steps.happened_before', 'runs') }}
), by_run as (
  select account_id, held_key, {{ or_always('run_at') }} as run_at,
    sum(case when is_stand_in = 1 then step else 0 end) as stand_in_step,
    sum(case when is_stand_in = 0 then step else 0 end) as told_step,
    max(case when is_stand_in = 1 and step = 1 then how end) as started_by,
    max(case when is_stand_in = 1 and step = 1 then happened_after end) as started_after,
    max(case when is_stand_in = 1 and step = 1 then happened_before end) as started_before,
    max(case when is_stand_in = 1 and step = -1 then how end) as ended_by,
    max(case when is_stand_in = 1 and step = -1 then happened_after end) as ended_after,
    max(case when is_stand_in = 1 and step = -1 then happened_before end) as ended_before,
    max(case when is_stand_in = 0 and step = 1 and how = 'added' then happened_after end) as told_after,
    max(case when is_stand_in = 0 and step = 1 then happened_before end) as told_before,
    max(case when is_stand_in = 0 and step = -1 then happened_after end) as untold_after,
    max(case when is_stand_in = 0 and step = -1 then happened_before end) as untold_before
  from in_runs
  group by account_id, held_key, {{ or_always('run_at') }}
), counted as (
  select by_run.*,
    sum(stand_in_step) over (
      partition by account_id, held_key order by run_at rows between unbounded preceding and current row
    ) as stand_in_count,
    sum(told_step) over (
      partition by account_id, held_key order by run_at rows between unbounded preceding and current row
    ) as told_count,
    max(started_before) over (
      partition by account_id, held_key order by run_at rows between unbounded preceding and current row
    ) as stay_started_before,
    max(started_after) over (
      partition by account_id, held_key order by run_at rows between unbounded preceding and current row
    ) as stay_started_after,
    min(ended_after) over (
      partition by account_id, held_key order by run_at rows between 1 following and unbounded following
    ) as stay_ended_after
  from by_run
), shown as (
  select counted.*, case when stand_in_count > 0 and told_count <= 0 then 1 else 0 end as is_shown,
    lead(ended_by) over (partition by account_id, held_key order by run_at) as next_ended_by,
    lead(ended_after) over (partition by account_id, held_key order by run_at) as next_ended_after,
    lead(ended_before) over (partition by account_id, held_key order by run_at) as next_ended_before,
    lead(stand_in_count) over (partition by account_id, held_key order by run_at) as next_stand_in_count,
    lead(run_at) over (partition by account_id, held_key order by run_at) as next_run_at,
    lead(told_after) over (partition by account_id, held_key order by run_at) as next_told_after,
    lead(told_before) over (partition by account_id, held_key order by run_at) as next_told_before
  from counted
), segments as (
  -- Alone from this run on, until the next in which something happened.
  select account_id, held_key, run_at,
    case when stand_in_step > 0 then started_by else 'role gone' end as started_by,
    case when stand_in_step > 0 then started_after else untold_after end as started_after,
    -- Whose an account is it says itself: for sure also while the assignment that says so, too, comes and goes.
    case when stand_in_step > 0 then started_before
      when held_key like 'owner|%' then {{ later('untold_after', 'stay_started_before') }}
      else untold_before end as started_before,
    stay_started_after, stay_started_before,
    case when next_run_at is null then null when next_stand_in_count > 0 then 'role read' else next_ended_by end
      as ended_by,
    case when next_run_at is null then null
      when next_stand_in_count > 0 and held_key like 'owner|%' then {{ earlier('next_told_before', 'stay_ended_after') }}
      when next_stand_in_count > 0 then coalesce(next_told_after, next_run_at)
      else next_ended_after end as ended_after,
    case when next_run_at is null then null when next_stand_in_count > 0 then next_told_before
      else next_ended_before end as ended_before
  from shown
  where is_shown = 1
), identified as (
  select account_id, held_key, max(stream_name) as stream_name, max(record_key) as record_key,
    max(last_seen_at) as last_seen_at, max(case when is_current then 1 else 0 end) as is_current,
    max(person_id) as person_id, max(role_id) as role_id, max(asset_type) as asset_type, max(asset_id) as asset_id,
    max(asset_name) as asset_name, max(site_id) as site_id, max(folder_id) as folder_id,
    max(subject_type) as subject_type, max(subject_id) as subject_id
  from standing_in where is_stand_in = 1
  group by account_id, held_key
), everything as (
  select clipped.account_id, clipped.stream_name, clipped.record_key, clipped.started_by, clipped.started_after,
    clipped.started_before, clipped.ended_by, clipped.ended_after, clipped.ended_before, clipped.last_seen_at,
    clipped.is_current, clipped.is_content_known, clipped.person_id, clipped.role_id, clipped.asset_type,
    clipped.asset_id, clipped.asset_name, clipped.site_id, clipped.folder_id, clipped.subject_type, clipped.subject_id,
    clipped.unread_restriction, clipped.stay_number, clipped.started_after as given_after, clipped.started_before as given_before, clipped.is_only
  from clipped
  where stream_name not in ('site_contributors', 'accounts') or not is_content_known
  union all
  select segments.account_id, identified.stream_name, identified.record_key, segments.started_by,
    segments.started_after, segments.started_before, segments.ended_by, segments.ended_after, segments.ended_before,
    identified.last_seen_at, segments.ended_before is null and identified.is_current = 1, true, identified.person_id,
    identified.role_id, identified.asset_type, identified.asset_id, identified.asset_name, identified.site_id,
    identified.folder_id, identified.subject_type, identified.subject_id, cast(null as {{ dbt.type_string() }}),
    row_number() over (partition by segments.account_id, segments.held_key order by segments.run_at),
    -- An owner was that all the time; which role an outside account had, beside the one that was told, nobody knows.
    case when identified.stream_name = 'accounts' then segments.stay_started_after else segments.started_after end,
    case when identified.stream_name = 'accounts' then segments.stay_started_before else segments.started_before end,
    false
  from segments
  join identified
    on identified.account_id = segments.account_id and identified.held_key = segments.held_key
), numbered as (
  select everything.*,
    row_number() over ({{ row }} order by started_before, stay_number, {{ or_ever('ended_before') }}) as version_number,
    first_value(given_after) over ({{ row }}, stay_number order by started_before, {{ or_ever('ended_before') }})
      as stay_given_after,
    coalesce(person_id, '') || '~' || coalesce(role_id, '') || '~' || asset_type || '~' || coalesce(asset_id, '') || '~'
      || coalesce(site_id, '') || '~' || coalesce(folder_id, '') || '~' || coalesce(unread_restriction, '') as gives
  from everything where not is_only
), compared as (
  select numbered.*,
    lag(stay_number) over ({{ row }} order by version_number) = stay_number as is_same_stay,
    lag(is_content_known) over ({{ row }} order by version_number) as is_previous_known,
    lag(gives) over ({{ row }} order by version_number) as gave
  from numbered
), given as (
  select compared.*, sum(case when is_same_stay and is_previous_known and is_content_known and gave = gives then 0 else 1 end)
      over ({{ row }} order by version_number rows between unbounded preceding and current row) as access_number,
    -- What it gave before that was not kept: it may have been the same.
    case when is_same_stay and not is_previous_known then stay_given_after else given_after end as same_after
  from compared
)
select given.account_id, given.stream_name, given.record_key, given.version_number, given.access_number,
  given.started_by, given.started_after, given.started_before,
  first_value(given.same_after) over (
    partition by given.account_id, given.stream_name, given.record_key, given.access_number order by given.version_number
  ) as granted_after,
  first_value(given.given_before) over (
    partition by given.account_id, given.stream_name, given.record_key, given.access_number order by given.version_number
  ) as granted_before,
  given.ended_by, given.ended_after, given.ended_before, renaming.run_from as goes_on_until, given.last_seen_at,
  given.is_current, given.is_content_known, given.person_id, given.role_id, given.asset_type, given.asset_id,
  given.asset_name, given.site_id, given.folder_id, given.subject_type, given.subject_id, given.unread_restriction,
  false as is_only
from given
left join given as next
  on next.account_id = given.account_id and next.stream_name = given.stream_name
  and next.record_key = given.record_key and next.version_number = given.version_number + 1
  and next.access_number = given.access_number and given.ended_by = 'modified'
left join {{ ref('int_wix__receipts') }} as renaming
  on renaming.account_id = next.account_id and renaming.stream_name = next.stream_name and renaming.is_complete
  and renaming.finished_at = given.ended_before
union all
select account_id, stream_name, record_key, 1, 1, started_by, started_after, started_before, given_after, given_before,
  ended_by, ended_after, ended_before, cast(null as timestamp), last_seen_at, is_current, is_content_known, person_id,
  role_id, asset_type, asset_id, asset_name, site_id, folder_id, subject_type, subject_id, unread_restriction, true
from everything where is_only
