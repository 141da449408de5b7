-- One row for each grant as it is now: who, what role on what, since when, what is found, and what a call would need.
-- An item is the key of a grant and its content: role, asset and subject. Names are not content: they change.
with reached as (
  select account_id, scope_key, count(distinct site_id) as sites from access_wix.access_reach group by account_id, scope_key
), found as (
  select account_id, person_type, person_id, max(severity_rank) as rank,
    string_agg(distinct severity || ': ' || title, '; ' order by severity || ': ' || title) as findings
  from access_wix.findings where person_id is not null group by account_id, person_type, person_id
), assigned as (
  select account_id, replace(replace(user_id, '%', '%25'), '|', '%7C') || '|'
      || replace(replace(assignment_key, '%', '%25'), '|', '%7C') as record_key, assignment_id, subject_type, subject_id,
    nullif(json(restrictions)::varchar, 'null') as restrictions
  from current_wix.assignments where is_current
), unreadable as (
  -- What cannot be read is the same when its members stand in another order, as Postgres orders them.
  select account_id, record_key,
    string_agg(part.fullkey || '=' || coalesce(part.atom::varchar, part.type), chr(31) order by part.fullkey) as parts
  from (
    from assigned
    semi join (from access_wix.access_review where stream_name = 'assignments' and asset_type = 'unknown')
      using (account_id, record_key)
  ) as unknown, json_tree(unknown.restrictions) as part
  group by account_id, record_key
), described as (
  select account_id, id as role_id, any_value(description) as description, any_value(restrict_from_level) as restrict_from_level
  from current_wix.roles where is_current group by account_id, id
), grants as (
  select review.*, held.role_strength, held.scope_key, assigned.assignment_id, assigned.subject_type as holder_type,
    assigned.subject_id as holder_id, assigned.restrictions, site.folder_id as site_folder_id, folder.path as site_folder,
    to_json([
      review.role_id, review.asset_type, review.asset_id, assigned.subject_type, assigned.subject_id,
      case when review.asset_type = 'unknown' then unreadable.parts end
    ])::varchar as content
  from access_wix.access_review as review
  join access_wix.access_grants as held using (account_id, stream_name, record_key)
  left join assigned
    on review.stream_name = 'assignments' and assigned.account_id = review.account_id
    and assigned.record_key = review.record_key
  left join unreadable
    on review.stream_name = 'assignments' and unreadable.account_id = review.account_id
    and unreadable.record_key = review.record_key
  left join current_wix.sites as site
    on site.account_id = review.account_id and site.id = review.asset_id and site.is_current
  left join current_wix.folders as folder
    on folder.account_id = site.account_id and folder.id = site.folder_id and folder.is_current
)
select
  -- No spreadsheet may take an item for a number, such as 12e45678, and round it.
  regexp_replace(left(sha256(grants.review_item || chr(31) || content), 20), '^[0-9]+e?[0-9]*$', 'i\0') as item, grants.review_item, content,
  grants.account_id, grants.account, grants.stream_name, grants.record_key, grants.person_type, grants.person_id,
  coalesce(grants.person, grants.person_id) as person, grants.email, people.is_external as outside,
  grants.role_id, grants.role, described.description as role_description,
  described.restrict_from_level as role_level, grants.role_strength as strength,
  grants.privileged, grants.asset_type, grants.asset_id, grants.asset, grants.via,
  grants.site_folder_id, grants.site_folder, coalesce(grants.pending, false) as pending, reached.sites,
  grants.granted_after, grants.granted_before, grants.last_seen, found.rank as severity, found.findings,
  grants.holder_type as subject_type, grants.holder_id as subject_id, grants.assignment_id, grants.restrictions
from grants
left join access_wix.people as people
  on people.account_id = grants.account_id and people.person_type = grants.person_type
  and people.person_id = grants.person_id
left join described on described.account_id = grants.account_id and described.role_id = grants.role_id
left join reached on reached.account_id = grants.account_id and reached.scope_key = grants.scope_key
left join found
  on found.account_id = grants.account_id and found.person_type = grants.person_type
  and found.person_id = grants.person_id
where list_contains($accounts, grants.account_id)
order by grants.account, grants.account_id, grants.person, grants.person_id, grants.review_item
