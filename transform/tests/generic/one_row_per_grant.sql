{#-
  The review is complete: all that is current in the tables of grants is in it, but for invites that are not open, and
  for outside accounts whose roles stand in a row of their own.
-#}
{% test one_row_per_grant(model) %}
with wanted as (
  select account_id, 'assignments' as stream_name, count(*) as row_count
  from {{ ref('stg_wix__assignments') }} where is_current group by account_id
  union all
  select held.account_id, 'invite_assignments', count(*)
  from {{ ref('stg_wix__invite_assignments') }} as held
  join {{ ref('stg_wix__invites') }} as invites
    on invites.account_id = held.account_id and invites.id = held.invite_id and invites.is_current
  where held.is_current and lower(invites.status) = 'pending' group by held.account_id
  union all
  select account_id, 'site_contributor_roles', count(*)
  from {{ ref('stg_wix__site_contributor_roles') }} where is_current group by account_id
), found as (
  select account_id, stream_name, count(*) as row_count
  from {{ model }} where stream_name <> 'site_contributors' group by account_id, stream_name
)
select coalesce(wanted.account_id, found.account_id) as account_id,
  coalesce(wanted.stream_name, found.stream_name) as stream_name, wanted.row_count as wanted, found.row_count as found
from wanted
full outer join found on found.account_id = wanted.account_id and found.stream_name = wanted.stream_name
where coalesce(wanted.row_count, 0) <> coalesce(found.row_count, 0)
{% endtest %}
