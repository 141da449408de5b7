select grants.account_id, people.account_name as account, grants.stream_name, grants.record_key,
  -- What it gives is part of it: a decision on a manager is none on a co-owner.
  grants.account_id || '|' || grants.stream_name || '|' || grants.record_key || '|' || coalesce(grants.role_id, '')
    || '@' || grants.asset_type || ':' || coalesce(grants.asset_id, grants.unread_restriction, '')
    || case when grants.subject_type is null or grants.subject_type = 'USER' then '' else
      '|' || grants.subject_type || ':' || coalesce(grants.subject_id, '') end as review_item, grants.person_type,
  grants.person_id, people.person, people.email, people.person_key, people.is_external, grants.subject_type,
  grants.subject_id, grants.asset_type, grants.asset_id,
  {{ asset_in_words('grants.asset_type', 'coalesce(grants.asset_name, grants.asset_id)') }} as asset, grants.role_id,
  coalesce(grants.role_title, '(role not read)') as role, grants.is_privileged as privileged, grants.via,
  grants.is_pending as pending, grants.granted_after, grants.granted_before, grants.last_seen_at as last_seen,
  receipts.complete_snapshot_at as receipt_snapshot_at, receipts.complete_proof as receipt_proof,
  receipts.complete_row_count as receipt_row_count, receipts.complete_digest as receipt_digest,
  cast(null as {{ dbt.type_string() }}) as reviewer, cast(null as {{ dbt.type_string() }}) as decision,
  cast(null as date) as decided_on, cast(null as {{ dbt.type_string() }}) as justification
from {{ ref('wix__access_grants') }} as grants
left join {{ ref('wix__people') }} as people
  on people.account_id = grants.account_id and people.person_type = grants.person_type
  and people.person_id = grants.person_id
left join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = grants.account_id and receipts.stream_name = grants.stream_name
