"""The chain of receipts, and where it forks (docs/streams.md, section 3.10), as SQL that any warehouse runs.

Each complete receipt names the one that its read was compared with. Followed from the latest one back to its baseline,
they hold what the state of that run knew; what another state wrote in between does not count.
"""

from __future__ import annotations

CHAIN = """\
with recursive complete as (
  select account_id, stream_name, snapshot_at, finished_at, baseline_at, compared_with,
    max(snapshot_at) over (partition by account_id, stream_name) as latest_at
  from {receipts} where status = 'complete'
), latest as (
  select account_id, stream_name, snapshot_at, finished_at, baseline_at from complete where snapshot_at = latest_at
), related as (
  select complete.account_id, complete.stream_name, complete.snapshot_at, complete.compared_with,
    lag(complete.snapshot_at) over (
      partition by complete.account_id, complete.stream_name order by complete.snapshot_at
    ) as previous_at
  from complete
  join latest on latest.account_id = complete.account_id and latest.stream_name = complete.stream_name
    and latest.baseline_at = complete.baseline_at
), linked as (
  -- where the receipt that it was compared with is not here, or not named (first release), the one before stands in
  select related.account_id, related.stream_name, related.snapshot_at,
    coalesce(parent.snapshot_at, related.previous_at) as parent_at,
    parent.snapshot_at is null and related.compared_with is not null as is_loose
  from related
  left join related as parent on parent.account_id = related.account_id and parent.stream_name = related.stream_name
    and parent.snapshot_at = related.compared_with and parent.snapshot_at < related.snapshot_at
), chain (account_id, stream_name, snapshot_at) as (
  select account_id, stream_name, snapshot_at from latest
  union all
  select linked.account_id, linked.stream_name, linked.parent_at
  from chain
  join linked on linked.account_id = chain.account_id and linked.stream_name = chain.stream_name
    and linked.snapshot_at = chain.snapshot_at
  where linked.parent_at is not null
)
select chain.account_id, chain.stream_name, chain.snapshot_at, latest.baseline_at, latest.snapshot_at as latest_at,
  latest.finished_at as latest_finished_at,
  coalesce(linked.is_loose, false) and chain.snapshot_at <> latest.baseline_at as is_loose
from chain
join latest on latest.account_id = chain.account_id and latest.stream_name = chain.stream_name
left join linked on linked.account_id = chain.account_id and linked.stream_name = chain.stream_name
  and linked.snapshot_at = chain.snapshot_at"""
"""The complete receipts from the latest back to its baseline; a template for the relation of receipts."""

FORKS = """\
with latest as (
  select account_id, stream_name, baseline_at, latest_at from {chain} where snapshot_at = latest_at
), found as (
  select account_id, stream_name, snapshot_at, 'receipt' as evidence from {receipts} where status = 'complete'
  union all
  select distinct account_id, stream_name, observed_at, 'change' from {changes}
  {sightings}
)
select found.account_id, found.stream_name, found.snapshot_at, found.evidence
from found
join latest on latest.account_id = found.account_id and latest.stream_name = found.stream_name
  and found.snapshot_at > latest.baseline_at and found.snapshot_at < latest.latest_at
left join {chain} as chain on chain.account_id = found.account_id and chain.stream_name = found.stream_name
  and chain.snapshot_at = found.snapshot_at
where chain.snapshot_at is null
union all
select account_id, stream_name, snapshot_at, 'link' from {chain} where is_loose
union all
select account_id, stream_name, snapshot_at, 'clock' from found
where cast(snapshot_at as timestamp) > cast(current_timestamp as timestamp) + interval '31 days'"""
"""Whatever something outside the chain wrote since the latest baseline, or that makes the chain doubtful."""

SIGHTINGS = """\
union all
  select distinct account_id, '{table}', snapshot_at, 'row' from {entity}"""
"""The times at which rows of a table were sent; one part of `FORKS` per table."""
