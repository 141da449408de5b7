{#- Invites that have expired and are still listed. -#}
{% macro finding_invite_expired_open() %}
select invites.account_id, 'invite' as person_type, invites.id as person_id, {{ no_role() }}, {{ no_asset() }},
  invites.id as subject,
  'The invite to ' || coalesce(invites.email, '(no e-mail)') || ' expired'
    || coalesce(' on ' || {{ day_of('invites.expiration_date') }}, '') || ' and is still listed'
    || coalesce(' as ' || nullif(invites.status, ''), ' without a status') || '.' as explanation,
  invites.expiration_date as observed_at
from {{ ref('stg_wix__invites') }} as invites
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = invites.account_id and receipts.stream_name = 'invites'
where invites.is_current and (
  lower(invites.status) = 'expired'
  or ({{ is_open_status('invites.status') }} and invites.expiration_date < {{ days_ago(0, 'receipts.complete_finished_at') }})
)
{% endmacro %}
