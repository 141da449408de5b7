{#-
  Every grant belongs to a person who is there. Only where the tables of both were last read completely: a table that
  was not selected, or that failed, is no fault of the warehouse's.
-#}
{% test belongs_to_person(model) %}
select grants.account_id, grants.stream_name, grants.record_key, grants.person_id
from {{ model }} as grants
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = grants.account_id and receipts.is_complete
  and receipts.stream_name = case grants.person_type
    when 'member' then 'users' when 'invite' then 'invites' else 'site_contributors' end
join {{ ref('wix__latest_receipts') }} as own
  on own.account_id = grants.account_id and own.stream_name = grants.stream_name and own.is_complete
left join {{ ref('wix__people') }} as people
  on people.account_id = grants.account_id and people.person_type = grants.person_type
  and people.person_id = grants.person_id
where people.person_id is null
{% endtest %}
