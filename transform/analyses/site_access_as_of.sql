-- Ask with `dbt show --select site_access_as_of --vars '{as_of: 2026-12-01}'`, or compile it for other tools.
select account_id, site_id, site_name, person_type, person_id, coalesce(person, person_id) as person, role_id, role_title,
  is_privileged, via, certainty, because
from (
{{ site_access_as_of("cast('" ~ var('as_of', '2026-12-01') ~ "' as timestamp)") }}
) as held
