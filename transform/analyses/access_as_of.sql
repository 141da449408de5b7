-- Ask with `dbt show --select access_as_of --vars '{as_of: 2026-12-01}'`, or compile it for other tools.
select account_id, person_id, coalesce(person, person_id) as person, role_title, is_privileged, asset_name, certainty,
  because
from (
{{ access_as_of("cast('" ~ var('as_of', '2026-12-01') ~ "' as timestamp)") }}
) as held
