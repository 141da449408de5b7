with items as (
  -- Each facet counts what Wix counts it over: invites by status, members by domain; grants by role and asset.
  select account_id, 'role' as facet, coalesce(role_id, '(none)') as facet_value, max(role_title) as title,
    count(distinct person_id) as item_count
  from {{ ref('wix__access_grants') }} where stream_name = 'assignments' group by account_id, coalesce(role_id, '(none)')
  union all
  select account_id, 'asset_type', asset_type, asset_type, count(*)
  from {{ ref('wix__access_grants') }} where stream_name = 'assignments' group by account_id, asset_type
  union all
  select account_id, 'invite_status', coalesce(status, '(none)'), max(status), count(*)
  from {{ ref('stg_wix__invites') }} where is_current group by account_id, coalesce(status, '(none)')
  union all
  select account_id, 'email_domain', coalesce(email_domain, '(none)'), max(email_domain), count(*)
  from {{ ref('wix__people') }} where person_type = 'member' and is_listed group by account_id, coalesce(email_domain, '(none)')
), counted as (
  select items.*, cast(sum(item_count) over (partition by account_id, facet) as bigint) as facet_total,
    case facet when 'invite_status' then 'invites' when 'email_domain' then 'users' end as stream_name
  from items
)
select counted.account_id, coalesce(accounts.name, counted.account_id) as account_name, counted.facet,
  counted.facet_value as value, coalesce(counted.title, counted.facet_value) as title, counted.item_count,
  counted.facet_total, receipts.complete_expected_count as expected_count,
  counted.facet_total = receipts.complete_expected_count as agrees
from counted
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = counted.account_id and receipts.stream_name = counted.stream_name
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = counted.account_id
