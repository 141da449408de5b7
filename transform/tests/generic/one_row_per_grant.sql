{#-
  The review is complete: all that is current in the tables of grants is in it, but for invites that cannot be accepted
  any more and roles of outside accounts that are gone from the site; and so is the owner of every account.
-#}
{% test one_row_per_grant(model) %}
with wanted as (
  select account_id, 'assignments' as stream_name, count(*) as row_count
  from {{ ref('stg_wix__assignments') }} where is_current group by account_id
  union all
  select held.account_id, 'invite_assignments', count(*)
  from {{ ref('stg_wix__invite_assignments') }} as held
  join {{ ref('int_wix__people_ever') }} as people
    on people.account_id = held.account_id and people.person_id = held.invite_id and people.person_type = 'invite'
    and people.is_current
  where held.is_current group by held.account_id
  union all
  select held.account_id, 'site_contributor_roles', count(*)
  from {{ ref('stg_wix__site_contributor_roles') }} as held
  left join {{ ref('int_wix__roles_unread') }} as unread on unread.account_id = held.account_id
  left join {{ ref('stg_wix__site_contributors') }} as working
    on working.account_id = held.account_id and working.site_id = held.site_id
    and working.contributor_account_id = held.contributor_account_id and working.is_current
  where held.is_current and (unread.account_id is null or working.account_id is not null)
  group by held.account_id
), found as (
  select account_id, stream_name, count(*) as row_count
  from {{ model }} where stream_name not in ('site_contributors', 'accounts') group by account_id, stream_name
)
select coalesce(wanted.account_id, found.account_id) as account_id,
  coalesce(wanted.stream_name, found.stream_name) as stream_name, wanted.row_count as wanted, found.row_count as found
from wanted
full outer join found on found.account_id = wanted.account_id and found.stream_name = wanted.stream_name
where coalesce(wanted.row_count, 0) <> coalesce(found.row_count, 0)
union all
select accounts.account_id, 'accounts', 1, 0
from {{ ref('int_wix__accounts') }} as accounts
left join {{ model }} as review
  on review.account_id = accounts.account_id and review.person_type = 'member'
  and review.person_id = accounts.owner_user_id and review.role_id = {{ owner_role() }} and review.via = 'account'
where accounts.owner_user_id is not null and review.account_id is null
union all
select works.account_id, 'site_contributors', 1, 0
from {{ ref('stg_wix__site_contributors') }} as works
left join {{ model }} as review
  on review.account_id = works.account_id and review.person_type = 'contributor'
  and review.person_id = works.contributor_account_id and review.asset_id = works.site_id
where works.is_current and review.account_id is null
{% endtest %}
