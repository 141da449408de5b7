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
select held.*,
  case when because is null then 'certain' when because in ('the role is not known', 'the asset is not known')
    then 'unknown' else 'possible' end as certainty
from (
  select held.*, case
    when not is_content_known or role_id is null then 'the role is not known'
    when asset_type = 'unknown' then 'the asset is not known'
    {%- if is_of_sites %}
    when not is_place_known then 'the folder of the site is not known'
    when not is_site_listed then 'the site is not in the list'
    {%- endif %}
    when same_since > {{ moment }} then 'it began about then'
    when same_ended_before is not null and (same_ended_after is null or same_ended_after < {{ moment }})
      then 'it ended about then'
    when same_seen_at < {{ moment }} then 'nobody looked since'
    when role_known_before > {{ moment }} then 'the role was read later'
    when role_seen_at < {{ moment }} then 'nobody looked at the role since'
    when is_privileged is null then 'what the role could do is not known'
  end as because
  from {{ ref(model) }} as held
  -- What goes on under another name is told by its old one until the new one was seen.
  where case when same_since < granted_before then granted_before <= {{ moment }}
      else granted_after is null or granted_after < {{ moment }} end
    and (ended_before is null or ended_before > {{ moment }})
) as held
{% endmacro %}
