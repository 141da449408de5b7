{#-
  Who held what at a point in time (UTC, as SQL): `select * from ({{ access_as_of("timestamp '2026-11-01 00:00:00'") }})`.

  `certainty` is `certain` when the grant was there for sure at that time, and `possible` when it began or ended around
  it: between two snapshots, nobody looked.
-#}
{% macro access_as_of(moment) %}
select history.*,
  case when granted_before <= {{ moment }} and (ended_after is null or ended_after >= {{ moment }})
    then 'certain' else 'possible' end as certainty
from {{ ref('wix__access_history') }} as history
where (granted_after is null or granted_after < {{ moment }})
  and (ended_before is null or ended_before > {{ moment }})
{% endmacro %}
