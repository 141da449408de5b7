-- What the review needs, numbered: each text stands once in the page, and the numbers point at it.
-- No rule of access is here: persons, grants and what they reach come from the models as they are.

create temp macro seconds(moment) as epoch(date_trunc('second', moment))::bigint;

-- The order in which people look for a name: without case and accents, and "Site 2" before "Site 10".
create temp macro natural_order(name) as array_to_string(list_transform(
  regexp_extract_all(lower(strip_accents(name)), '\d+|\D+'),
  lambda part: case when part ~ '^\d+$' then lpad(part, greatest(length(part), 20)::int, '0') else part end
), '');

create temp table review_accounts as
select row_number() over (order by natural_order(name), name, account_id) - 1 as n, *
from (
  select account_id, coalesce(max(account_name), account_id) as name
  from (
    select account_id, account_name from access_wix.latest_receipts
    union all select account_id, account_name from access_wix.people
    union all select account_id, account from access_wix.access_review
    union all select account_id, account_name from access_wix.findings
  )
  where account_id is not null
  group by account_id
);

-- Who holds a grant but is not among the people is shown too: nothing may be missing from a review.
create temp table review_people as
select
  row_number() over (
    order by natural_order(everybody.person), everybody.person, account.n, person_type, person_id
  ) - 1 as n,
  everybody.*, account.n as account, coalesce(worst.severity_rank, 0) as worst,
  coalesce(worst.finding_count, 0) as finding_count
from (
  select account_id, person_type, person_id, person, email, is_external, joined_at, invite_status, invited_at, expires_at
  from access_wix.people
  union all by name
  select account_id, person_type, person_id, coalesce(min(person), min(email), person_id) as person, min(email) as email
  from access_wix.access_review
  anti join access_wix.people using (account_id, person_type, person_id)
  group by account_id, person_type, person_id
) as everybody
join review_accounts as account using (account_id)
left join (
  select account_id, person_type, person_id, max(severity_rank) as severity_rank, count(*) as finding_count
  from access_wix.findings group by account_id, person_type, person_id
) as worst using (account_id, person_type, person_id);

create temp table review_sites as
select row_number() over (order by natural_order(every_site.name), every_site.name, account.n, site_id) - 1 as n, every_site.*,
  account.n as account
from (
  select site.account_id, site.id as site_id, coalesce(nullif(site.display_name, ''), nullif(site.name, ''), site.id) as name,
    folder.path as folder, site.trashed_date is not null as trashed
  from current_wix.sites as site
  left join current_wix.folders as folder
    on folder.account_id = site.account_id and folder.id = site.folder_id and folder.is_current
  where site.is_current
  union all by name
  select account_id, site_id, site_id as name, false as trashed
  from (
    select distinct reach.account_id, reach.site_id from access_wix.access_reach as reach
    anti join (select account_id, id as site_id from current_wix.sites where is_current) using (account_id, site_id)
  )
) as every_site
join review_accounts as account using (account_id);

create temp table review_scopes as
select row_number() over (order by account_id, scope_key) - 1 as n, account_id, scope_key
from (select distinct account_id, scope_key from access_wix.access_grants where scope_key is not null);

create temp table review_roles as
select row_number() over (order by natural_order(role), role, strength desc nulls last, role_id) - 1 as n, *
from (
  select distinct review.role_id, coalesce(review.role, review.role_id, '(no role)') as role,
    held.role_strength as strength
  from access_wix.access_review as review
  join access_wix.access_grants as held using (account_id, stream_name, record_key)
);

create temp table review_assets as
select row_number() over (order by natural_order(asset), asset, account_id, asset_type, asset_id) - 1 as n, *
from (
  select distinct account_id, asset_type, asset_id, coalesce(asset, asset_id, asset_type, 'unknown') as asset
  from access_wix.access_review
);

create temp table review_grants as
select row_number() over (
    order by person.n, review.privileged is null desc, held.role_strength desc nulls last, review.review_item
  ) - 1 as n,
  person.n as person, role.n as role, asset.n as asset, coalesce(review.via, 'unknown') as via,
  coalesce(review.privileged, false)::int + 2 * coalesce(review.pending, false)::int
    + 4 * (review.privileged is null)::int as flags,
  coalesce(scope.n, -1) as scope, review.granted_after, review.granted_before, review.last_seen,
  review.account_id, review.stream_name, review.record_key
from access_wix.access_review as review
join access_wix.access_grants as held using (account_id, stream_name, record_key)
join review_people as person
  on person.account_id = review.account_id and person.person_type = review.person_type
  and person.person_id = review.person_id
join review_roles as role
  on role.role_id is not distinct from review.role_id and role.strength is not distinct from held.role_strength
  and role.role = coalesce(review.role, review.role_id, '(no role)')
join review_assets as asset
  on asset.account_id = review.account_id and asset.asset_type is not distinct from review.asset_type
  and asset.asset_id is not distinct from review.asset_id
  and asset.asset = coalesce(review.asset, review.asset_id, review.asset_type, 'unknown')
left join review_scopes as scope on scope.account_id = held.account_id and scope.scope_key = held.scope_key;

-- What was decided on each grant: filled in before this where there is a campaign.
create temp table if not exists review_decided (
  account_id varchar, stream_name varchar, record_key varchar, standing varchar
);

create temp table review_findings as
select
  row_number() over (order by severity_rank desc, rule, finding.person nulls last, finding_key) - 1 as n,
  finding.*, coalesce(person.n, -1) as person_n
from access_wix.findings as finding
left join review_people as person
  on person.account_id = finding.account_id and person.person_type = finding.person_type
  and person.person_id = finding.person_id;

-- Grants that ended; those that stand are in review_grants.
create temp table review_history as
select row_number() over (order by person.n, ended_before desc nulls last, record_key, version_number desc) - 1 as n,
  person.n as person, past.*
from access_wix.access_history as past
join review_people as person using (account_id, person_type, person_id)
where not is_current;
