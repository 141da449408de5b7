-- One row per grant of a campaign: who certifies it, what was decided, and whether it is held as it was frozen.
select items.campaign, items.item, items.review_item, items.account_id, items.account_name, items.stream_name,
  items.record_key, items.person_type, items.person_id, items.person, items.email, items.role_id, items.role_title,
  items.asset_type, items.asset_id, items.asset_name, items.is_privileged, items.since_last, items.reviewer,
  items.last_seen, items.due_on, items.closed_at, decisions.decision, decisions.reviewer as decided_by,
  decisions.decided_on, decisions.justification, proofs.verdict, decisions.item is not null as is_decided,
  held.record_key is not null as is_held
from {{ ref('wix__campaign_items') }} as items
left join {{ ref('wix__campaign_decisions') }} as decisions
  on decisions.campaign = items.campaign and decisions.item = items.item
left join {{ ref('wix__review_decisions') }} as proofs
  on proofs.campaign = items.campaign and proofs.item = items.item
left join {{ ref('wix__access_grants') }} as held
  on held.account_id = items.account_id and held.stream_name = items.stream_name
  and held.record_key = items.record_key and held.role_id is not distinct from items.role_id
  and held.asset_type is not distinct from items.asset_type and held.asset_id is not distinct from items.asset_id
