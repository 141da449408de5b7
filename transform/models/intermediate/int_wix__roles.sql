-- Every role that is in the list or held by somebody, as last seen, with what the rules make of it.
with latest as (
  select roles.*, row_number() over (
    partition by account_id, id order by case when is_current then 0 else 1 end, observed_at desc, snapshot_at desc
  ) as place
  from {{ ref('stg_wix__roles') }} as roles
)
select meanings.account_id, meanings.role_id, latest.title, latest.description, latest.role_type,
  latest.restrict_from_level, coalesce(latest.is_current, false) as is_listed,
  meanings.strength, meanings.is_privileged, meanings.is_ruled
from {{ ref('int_wix__role_meanings') }} as meanings
left join latest
  on latest.account_id = meanings.account_id and latest.id = meanings.role_id and latest.place = 1
where meanings.ended_before is null
