-- How many people have access to each site, by role. Add `person`, or a filter on it, to see who they are.
select account_name, site_name, role_title, is_privileged, count(distinct person_key) as people
from access_wix.access
where not is_pending and site_id is not null
group by account_name, site_name, site_id, role_title, is_privileged
order by account_name, site_name, site_id, role_title
