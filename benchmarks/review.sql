-- Fills the tables of the models with an account of many people and sites (the variables `people` and `sites`): three
-- grants a person, of which 28 % are account-wide, 12 % reach a folder and the rest a site.
set variable account = '0aaaaaaa-1111-4222-8333-444455556666';
set variable read_at = timestamp '2026-11-24 08:12:00';
create macro guid(kind, n) as
  format('{:08x}-{:04x}-4222-8333-444455556666', hash(n * 7 + 3) % 4294967296, (n * 31 + kind) % 65536);
create macro pick(n, salt, count) as hash(n * 131 + salt) % count;
create temp table person as
select n, guid(1, n) as id,
  list_value('Ada', 'Omar', 'Ivy', 'Nora', 'Tomasz', 'Yara', 'Chidi', 'Mei', 'Lars', 'Zoë')[1 + pick(n, 1, 10)::int] || ' '
  || list_value('Okafor', 'Haddad', 'Lindqvist', 'Haugen', 'Keller', 'Silva', 'Tanaka', 'Moreau')[1 + pick(n, 2, 8)::int]
  || ' ' || n as name,
  case when n % 25 = 0 then 'invite' when n % 40 = 1 then 'contributor' else 'member' end as type
from range(getvariable('people')) as rows(n);
create temp table held as
select g as n, g % getvariable('people') as p, 'a' || g as record_key,
  case when pick(g, 4, 100) < 28 then 'account' when pick(g, 4, 100) < 40 then 'folder' else 'site' end as via,
  pick(g, 5, getvariable('sites'))::bigint as site, pick(g, 6, 40)::bigint as folder, pick(g, 7, 1000)::bigint as luck
from range(getvariable('people') * 3) as rows(g);
insert into current_wix.folders by name select getvariable('account') as account_id, 'f' || n as id, '/Clients/Folder ' || n as path, true as is_current
from range(40) as rows(n);
insert into current_wix.sites by name select getvariable('account') as account_id, guid(2, n) as id, 'site-' || n as name,
  'Site ' || n as display_name, 'f' || (n % 40) as folder_id, true as is_current
from range(getvariable('sites')) as rows(n);
insert into access_wix.access_grants by name
select getvariable('account') as account_id, 'assignments' as stream_name, record_key, type as person_type, id as person_id,
  'r' || role as role_id, case when role = 0 then 'Account Admin (Co-Owner)' else 'Role ' || role end as role_title,
  case when role = 0 then 95 else 10 + role * 7 % 80 end as role_strength, role = 0 as is_privileged,
  via as asset_type, case via when 'account' then getvariable('account') when 'folder' then 'f' || folder else guid(2, site) end as asset_id,
  case via when 'account' then 'Big Company' when 'folder' then '/Clients/Folder ' || folder else 'Site ' || site end as asset_name,
  via, type = 'invite' as is_pending, via || ':' || case via when 'account' then '' when 'folder' then folder::text else site::text end as scope_key,
  getvariable('read_at') - interval (1 + luck) day as granted_after, getvariable('read_at') - interval (luck) day as granted_before,
  getvariable('read_at') as last_seen_at
from (select *, case when luck < 10 then 0 else 1 + luck % 30 end as role from held) join person on person.n = p;
insert into access_wix.people by name
select getvariable('account') as account_id, 'Big Company' as account_name, type as person_type, id as person_id, name as person,
  lower(replace(name, ' ', '.')) || '@example.com' as email, 'example.com' as email_domain, n % 17 = 0 as is_external,
  getvariable('read_at') - interval (n % 2000) day as joined_at, count(record_key) as grant_count,
  count(record_key) filter (is_privileged) as privileged_count
from person left join access_wix.access_grants as held on held.person_id = person.id group by all;
insert into access_wix.access_reach by name
select getvariable('account') as account_id, 'account:' as scope_key, guid(2, n) as site_id, 0 as depth from range(getvariable('sites')) as rows(n)
union all select getvariable('account'), 'folder:' || (n % 40), guid(2, n), 0 from range(getvariable('sites')) as rows(n)
union all select getvariable('account'), 'site:' || n, guid(2, n), 0 from range(getvariable('sites')) as rows(n);
insert into access_wix.access_review by name
select account_id, 'Big Company' as account, stream_name, record_key, stream_name || '|' || record_key as review_item,
  person_type, person_id, person.name as person, lower(replace(name, ' ', '.')) || '@example.com' as email, asset_type,
  asset_id, asset_name as asset, role_id, role_title as role, is_privileged as privileged, via, is_pending as pending,
  granted_after, granted_before, last_seen_at as last_seen, getvariable('read_at') as receipt_snapshot_at, 'count' as receipt_proof,
  getvariable('people') * 3 as receipt_row_count, 'b3:0123456789abcdef' as receipt_digest
from access_wix.access_grants join person on person.id = person_id;
insert into access_wix.access_history by name
select account_id, stream_name, 'old' || record_key as record_key, 1 as version_number, person_type, person_id, role_id,
  role_title, asset_type, asset_id, asset_name, is_privileged, 'added' as started_by, granted_after, granted_before,
  'removed' as ended_by, granted_before as ended_after, granted_before + interval 1 day as ended_before, false as is_current
from access_wix.access_grants where granted_after > getvariable('read_at') - interval 120 day;
insert into access_wix.access_changes by name
select granted_before::date as changed_on, 'gained' as change_type, account_id, 'Big Company' as account_name, stream_name,
  record_key, person_type, person_id, role_id, role_title, asset_type, asset_name, is_privileged,
  granted_after as changed_after, granted_before as changed_before
from access_wix.access_grants where granted_after > getvariable('read_at') - interval 120 day;
insert into access_wix.findings by name
select 'rule' || rule || '|' || n as finding_key, 'rule_' || rule as rule,
  list_value('low', 'medium', 'high', 'critical')[severity_rank] as severity, severity_rank, 'Finding of rule ' || rule as title,
  getvariable('account') as account_id, type as person_type, id as person_id, name as person,
  name || ' holds a role that nobody has looked at for ' || (100 + n % 900) || ' days.' as explanation,
  'Ask the manager whether the role is still needed, and take it away where it is not.' as advice, 'CC6.3, A.5.18' as controls,
  getvariable('read_at') as observed_at
from (select *, n % 11 as rule, 1 + (n % 11) % 4 as severity_rank from person where n % 5 = 0);
insert into access_wix.latest_receipts by name
select getvariable('account') as account_id, 'Big Company' as account_name, stream_name, getvariable('read_at') as snapshot_at, 'complete' as status,
  'count' as proof, getvariable('people') as row_count, getvariable('people') as expected_count, 'b3:0123456789abcdef' as digest,
  getvariable('read_at') as complete_snapshot_at, true as is_complete
from (select unnest(['users', 'assignments', 'invites', 'invite_assignments', 'roles', 'sites', 'folders']) as stream_name);
