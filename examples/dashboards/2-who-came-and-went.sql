-- What changed in each month, by kind and reason: bars by month, coloured by change_type.
select cast(date_trunc('month', changed_on) as date) as changed_in, change_type, reason, count(*) as changes,
  count(distinct person_key) as people
from access_wix.access_changes
where change_type <> 'renamed'
group by cast(date_trunc('month', changed_on) as date), change_type, reason
order by changed_in, change_type, reason
