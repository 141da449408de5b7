-- Counts by role, asset, invite status and domain, next to Wix's own where Wix gives one: a chart for each facet.
select account_name, facet, title, item_count, expected_count, agrees
from access_wix.access_facets
order by account_name, facet, item_count desc, title
