with history as (
  select history.*,
    lag(role_title) over (partition by account_id, stream_name, record_key order by version_number) as previous_role,
    lag(asset_name) over (partition by account_id, stream_name, record_key order by version_number) as previous_asset
  from {{ ref('wix__access_history') }} as history
), changes as (
  select 'gained' as change_type, granted_after as changed_after, granted_before as changed_before,
    cast(null as {{ dbt.type_string() }}) as before_role, cast(null as {{ dbt.type_string() }}) as before_asset, history.*
  from history where started_by = 'added'
  union all
  select 'changed', granted_after, granted_before, previous_role, previous_asset, history.*
  from history where started_by = 'modified'
  union all
  select 'lost', ended_after, ended_before, cast(null as {{ dbt.type_string() }}),
    cast(null as {{ dbt.type_string() }}), history.*
  from history where ended_by = 'removed'
)
select cast(changes.changed_before as date) as changed_on, changes.change_type, changes.account_id,
  coalesce(accounts.name, changes.account_id) as account_name, changes.stream_name, changes.record_key,
  changes.version_number, changes.person_type, changes.person_id, changes.person, changes.email, changes.role_id,
  changes.role_title, changes.is_privileged, changes.asset_type, changes.asset_name,
  changes.before_role as previous_role_title, changes.before_asset as previous_asset_name, changes.changed_after,
  changes.changed_before
from changes
left join {{ ref('int_wix__accounts') }} as accounts on accounts.account_id = changes.account_id
