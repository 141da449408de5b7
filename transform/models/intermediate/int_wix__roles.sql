-- Every role that is in the list or held by somebody, with the strongest of the rules that fit it.
with listed as (
  select account_id, id as role_id, title, role_type, restrict_from_level, true as is_listed
  from {{ ref('stg_wix__roles') }} where is_current
), mentioned as (
  select account_id, role_id from {{ ref('stg_wix__assignments') }}
  union select account_id, role_id from {{ ref('stg_wix__invite_assignments') }}
  union select account_id, role_id from {{ ref('stg_wix__site_contributor_roles') }}
), every_role as (
  select * from listed
  union all
  select mentioned.account_id, mentioned.role_id, former.title, former.role_type, former.restrict_from_level, false
  from mentioned
  left join listed on listed.account_id = mentioned.account_id and listed.role_id = mentioned.role_id
  left join (
    select account_id, id as role_id, max(title) as title, max(role_type) as role_type,
      max(restrict_from_level) as restrict_from_level
    from {{ ref('stg_wix__roles') }} group by account_id, id
  ) as former on former.account_id = mentioned.account_id and former.role_id = mentioned.role_id
  where mentioned.role_id is not null and listed.role_id is null
), ruled as (
  select every_role.account_id, every_role.role_id, rules.strength, rules.is_privileged, rules.reason,
    row_number() over (
      partition by every_role.account_id, every_role.role_id
      order by rules.strength desc, case when rules.role_id is null then 1 else 0 end, rules.reason
    ) as place
  from every_role
  join {{ ref('wix__role_rules') }} as rules
    on rules.role_id = every_role.role_id or lower(every_role.title) like rules.title_pattern
)
select every_role.account_id, every_role.role_id, every_role.title, every_role.role_type,
  every_role.restrict_from_level, every_role.is_listed, coalesce(ruled.strength, 30) as strength,
  coalesce(ruled.is_privileged, false) as is_privileged, ruled.reason
from every_role
left join ruled
  on ruled.account_id = every_role.account_id and ruled.role_id = every_role.role_id and ruled.place = 1
