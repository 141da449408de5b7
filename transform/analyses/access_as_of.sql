-- Compile with `dbt compile --vars '{as_of: 2026-11-01}'`, or ask with `dbt show --select access_as_of`.
{{ access_as_of("cast('" ~ var('as_of', '2026-12-01') ~ "' as timestamp)") }}
