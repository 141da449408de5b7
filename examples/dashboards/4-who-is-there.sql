-- People by kind, and whether they are from outside; null where that is not known.
select account_name, person_type, is_external, count(*) as people,
  sum(case when privileged_count > 0 then 1 else 0 end) as privileged_people
from access_wix.people
group by account_name, person_type, is_external
order by account_name, person_type, is_external
