{#-
  Who held what at a point in time (UTC, as SQL): `select * from ({{ access_as_of("timestamp '2026-11-01 00:00:00'") }})`.

  `certainty` is `certain` when the grant was there for sure at that time; `possible` when it began or ended around it,
  since between two snapshots nobody looked, or when nobody looked since; `unknown` when something was held, and what is
  not known. `because` says why it is not certain.
-#}
{% macro access_as_of(moment) %}
{{ as_of('wix__access_history', moment) }}
{% endmacro %}

{#-
  Who could get at which site at a point in time, with which role and through what; one row per person, site and grant.
  `certainty` and `because` are those of `access_as_of`.
-#}
{% macro site_access_as_of(moment) %}
{{ as_of('wix__access_over_time', moment, is_of_sites=true) }}
{% endmacro %}

{% macro as_of(model, moment, is_of_sites=false) %}
{%- if execute and flags.WHICH == 'show' -%}{% do check_build() %}{%- endif -%}
with held as (
  select held.* from {{ ref(model) }} as held
  -- What goes on under another name is told by its old one until the new one was seen.
  where case when same_since < granted_before then granted_before <= {{ moment }}
      else granted_after is null or granted_after < {{ moment }} end
    and (ended_before is null or ended_before > {{ moment }})
)
{%- if is_of_sites %}, {{ widened(moment) }}{% endif %}
select told.*,
  case when because is null then 'certain' when because in ('the role is not known', 'the asset is not known')
    then 'unknown' else 'possible' end as certainty
from (
  select held.*, {% if is_of_sites %}case when older.record_key is null then {% endif -%}
    {{ doubt(moment, is_of_sites) }} {{ 'end' if is_of_sites }} as because
  from held
  {%- if is_of_sites %}
  {%- for side, number in (('older', 'version_number'), ('newer', 'next_number')) %}
  left join widened as {{ side }}
    on {{ side }}.account_id = held.account_id and {{ side }}.stream_name = held.stream_name
    and {{ side }}.record_key = held.record_key and {{ side }}.site_id = held.site_id
    and {{ side }}.{{ number }} = held.version_number
  {%- endfor %}
  where newer.record_key is null
  {%- endif %}
) as told
{% endmacro %}

{#- Why what `held` says is not certain; null where it is. -#}
{% macro doubt(moment, is_of_sites) -%}
case
    when not held.is_content_known or held.role_id is null then 'the role is not known'
    when held.asset_type = 'unknown' then 'the asset is not known'
    {%- if is_of_sites %}
    when not held.is_place_known then 'the folder of the site is not known'
    when not held.is_site_listed then 'the site is not in the list'
    {%- endif %}
    when held.same_since > {{ moment }} then 'it began about then'
    when held.same_ended_before is not null and (held.same_ended_after is null or held.same_ended_after < {{ moment }})
      then 'it ended about then'
    when held.same_seen_at < {{ moment }} then 'nobody looked since'
    when held.role_known_before > {{ moment }} then 'the role was read later'
    when held.role_seen_at < {{ moment }} then 'nobody looked at the role since'
    when held.is_privileged is null then 'what the role could do is not known'
  end
{%- endmacro %}

{#-
  A grant that was changed in place gives what both of its versions give without a break: whoever held a role on a site,
  and holds it on the whole account now, had it on that site all the time. The older version tells so.
-#}
{% macro widened(moment) -%}
doubted as (
  select held.*, {{ doubt(moment, true) }} as because from held
), widened as (
  select older.account_id, older.stream_name, older.record_key, older.site_id, older.version_number,
    newer.version_number as next_number
  from doubted as older
  join doubted as newer
    on newer.account_id = older.account_id and newer.stream_name = older.stream_name
    and newer.record_key = older.record_key and newer.version_number = older.version_number + 1
    and newer.site_id = older.site_id and newer.role_id = older.role_id and newer.role_title = older.role_title
    and newer.role_strength = older.role_strength and newer.is_privileged = older.is_privileged
  join {{ ref('wix__access_history') }} as gave
    on gave.account_id = older.account_id and gave.stream_name = older.stream_name
    and gave.record_key = older.record_key and gave.version_number = older.version_number
  join {{ ref('wix__access_history') }} as gives
    on gives.account_id = newer.account_id and gives.stream_name = newer.stream_name
    and gives.record_key = newer.record_key and gives.version_number = newer.version_number
  join {{ ref('wix__access_reach_history') }} as reached
    on reached.account_id = older.account_id and reached.scope_key = gave.scope_key
    and reached.site_id = older.site_id and reached.version_number = older.reach_number
  join {{ ref('wix__access_reach_history') }} as reaches
    on reaches.account_id = newer.account_id and reaches.scope_key = gives.scope_key
    and reaches.site_id = newer.site_id and reaches.version_number = newer.reach_number
  where older.because = 'it ended about then' and newer.because = 'it began about then'
    and gave.ended_by = 'modified' and gives.started_by = 'modified'
    and coalesce(gave.subject_type, 'USER') = coalesce(gives.subject_type, 'USER')
    and coalesce(gave.subject_id, '') = coalesce(gives.subject_id, '')
    -- That only the grant was changed about then, and not the place of the site, nor the grant once more.
    and coalesce(reached.ended_after, reached.last_seen_at) >= {{ moment }} and reaches.reached_before <= {{ moment }}
    and case when newer.same_ended_before is null then newer.same_seen_at else newer.same_ended_after end >= {{ moment }}
    and coalesce(older.role_known_before <= {{ moment }}, true) and coalesce(newer.role_seen_at >= {{ moment }}, true)
)
{%- endmacro %}
