-- Findings that nobody has accepted, the most severe first.
select severity, title, account_name, count(*) as findings, count(distinct person_key) as people
from access_wix.findings
where not is_accepted
group by severity_rank, severity, title, account_name
order by severity_rank desc, title, account_name
