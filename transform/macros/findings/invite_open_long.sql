{#- Invites that are open for longer than the variable `open_invite_days` says. -#}
{% macro finding_invite_open_long() %}
select invites.account_id, invites.person_type, invites.person_id, {{ no_role() }}, {{ no_asset() }},
  invites.person_id as subject,
  'The invite to ' || coalesce(invites.email, '(no e-mail)') || ' has been open since '
    || {{ day_of('invites.invited_at') }} || '.' as explanation,
  invites.invited_at as observed_at
from {{ ref('wix__people') }} as invites
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = invites.account_id and receipts.stream_name = 'invites'
where invites.person_type = 'invite'
  and invites.invited_at < {{ days_ago(var('open_invite_days'), 'receipts.complete_finished_at') }}
{% endmacro %}
