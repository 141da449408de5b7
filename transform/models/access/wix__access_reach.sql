-- From each site up: its folder, and the folders that this one lies in. A circle, which must not be, ends where it began.
with recursive sites as (
  select account_id, site_id, folder_id from {{ ref('int_wix__sites') }} where is_current
), above (account_id, site_id, folder_id, depth, trail) as (
  select account_id, site_id, folder_id, 0, cast('|' || folder_id || '|' as {{ dbt.type_string() }})
  from sites where folder_id is not null
  {%- if var('nested_folders') %}
  union all
  select above.account_id, above.site_id, outer_folders.parent_id, above.depth + 1,
    cast(above.trail || outer_folders.parent_id || '|' as {{ dbt.type_string() }})
  from above
  join {{ ref('stg_wix__folders') }} as outer_folders
    on outer_folders.account_id = above.account_id and outer_folders.id = above.folder_id and outer_folders.is_current
  where outer_folders.parent_id is not null and above.depth < 90
    and above.trail not like '%|' || outer_folders.parent_id || '|%'
  {%- endif %}
), scopes as (
  select account_id, 'account' as scope_key, site_id, 0 as depth from sites
  union all
  select account_id, 'folder:' || folder_id, site_id, min(depth) from above group by account_id, folder_id, site_id
  union all
  select account_id, 'site:' || site_id, site_id, 0 from sites
), unknown as (
  -- Where it is not known in which folder a site was, it may have been in this one before.
  select account_id, site_id, max({{ or_ever('ended_before') }}) as ended_before,
    max(case when reached_after is null then 1 else 0 end) as is_open_ended, min(reached_after) as reached_after
  from {{ ref('wix__access_reach_history') }} where scope_key = 'folder:?'
  group by account_id, site_id
)
select scopes.account_id, scopes.scope_key, scopes.site_id, scopes.depth,
  case when unknown.site_id is null then history.reached_after
    when unknown.is_open_ended = 0 then {{ earlier('unknown.reached_after', 'history.reached_after') }}
  end as reached_after, history.reached_before
from scopes
left join {{ ref('wix__access_reach_history') }} as history
  on history.account_id = scopes.account_id and history.scope_key = scopes.scope_key
  and history.site_id = scopes.site_id and history.is_current
left join unknown
  on unknown.account_id = scopes.account_id and unknown.site_id = scopes.site_id and scopes.scope_key like 'folder:%'
  and unknown.ended_before >= {{ or_always('history.reached_after') }}
