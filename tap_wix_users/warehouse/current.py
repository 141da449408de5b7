"""The rule for what is current (docs/streams.md, section 3.10), as SQL that any warehouse runs.

``python -m tap_wix_users.warehouse.current raw_wix current_wix`` prints the statements that create the views, given the
schema of the loaded tables and that of the views; further arguments are the tables, by default all that are selected by
default. The dbt project in `transform/` has the same rule as a macro, which `tools.staging` generates from it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_wix_users.tables.keys import ESCAPES, SEPARATOR
from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import TABLES
from tap_wix_users.warehouse.chain import CHAIN, FORKS, SIGHTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_wix_users.tables.registry import Table

CHAIN_VIEW, FORKS_VIEW = "receipt_chain", "receipt_forks"

RULE = """\
with complete as (
  select account_id, snapshot_at, finished_at, baseline_at
  from {receipts} where stream_name = '{table}' and status = 'complete'
), chain as (
  select account_id, snapshot_at, baseline_at, latest_at, latest_finished_at
  from {chain} where stream_name = '{table}'
), latest as (
  select account_id, snapshot_at, baseline_at, latest_finished_at as finished_at
  from chain where snapshot_at = latest_at
), removal as (
  select logged.account_id, logged.record_key, max(logged.observed_at) as removed_at,
    max(logged.previous_observed_at) as previous_observed_at
  from {changes} as logged
  left join latest on latest.account_id = logged.account_id
  left join chain on chain.account_id = logged.account_id and chain.snapshot_at = logged.observed_at
  where logged.stream_name = '{table}' and logged.change_type = 'removed' and (
    chain.snapshot_at is not null or latest.baseline_at is null
    or logged.observed_at < latest.baseline_at or logged.observed_at > latest.snapshot_at
  )
  group by logged.account_id, logged.record_key
), removed_by as (
  select removal.account_id, removal.record_key, min(complete.finished_at) as finished_at
  from removal join complete on complete.account_id = removal.account_id and complete.snapshot_at >= removal.removed_at
  group by removal.account_id, removal.record_key
), replaced_by as (
  -- the first complete snapshot after whose baseline a row, sent at this time, should have been sent again
  select sent.account_id, sent.snapshot_at, min(complete.finished_at) as finished_at
  from (select distinct account_id, snapshot_at from {entity}) as sent
  join complete on complete.account_id = sent.account_id and complete.baseline_at > sent.snapshot_at
  group by sent.account_id, sent.snapshot_at
), sighted as (
  -- when a row was last seen, as far as the chain knows: another state's sending of it does not count
  select {columns}, {record_key} as record_key,
    case when latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at or sending.snapshot_at is not null
      then entity.snapshot_at else observing.snapshot_at end as sighted_at,
    -- (a) sent since the baseline: what was not sent since then is gone. (c) implies it, as the chain begins there
    latest.baseline_at is null or entity.snapshot_at >= latest.baseline_at as is_since_baseline,
    latest.finished_at as latest_finished_at
  from {entity} as entity
  left join latest on latest.account_id = entity.account_id
  left join chain as sending
    on sending.account_id = entity.account_id and sending.snapshot_at = entity.snapshot_at
  left join chain as observing
    on observing.account_id = entity.account_id and observing.snapshot_at = entity.observed_at
), judged as (
  select sighted.*,
    -- (b) not removed since it was seen; (c) seen by a snapshot of the chain, or since the latest: provisionally
    is_since_baseline and sighted_at is not null and coalesce(removal.removed_at <= sighted_at, true) as stands,
    case when removal.removed_at > coalesce(sighted_at, sighted.snapshot_at)
      then removal.previous_observed_at else sighted.snapshot_at end as gone_after,
    case when removal.removed_at > coalesce(sighted_at, sighted.snapshot_at)
      then removed_by.finished_at else coalesce(replaced_by.finished_at, latest_finished_at) end as gone_before
  from sighted
  left join removal on removal.account_id = sighted.account_id and removal.record_key = sighted.record_key
  left join removed_by on removed_by.account_id = sighted.account_id and removed_by.record_key = sighted.record_key
  left join replaced_by on replaced_by.account_id = sighted.account_id and replaced_by.snapshot_at = sighted.snapshot_at
), standing as (
  -- of the versions of a key, the newest that stands; where none does, the newest says when the key went
  select judged.*, row_number() over (
    partition by {key} order by case when stands then 0 else 1 end, snapshot_at desc, observed_at desc
  ) as place
  from judged
)
-- These come first: a column that a later release adds comes last, and Postgres lets a view only grow there
select coalesce(standing.stands, false) as is_current,
  case when not standing.stands then standing.gone_after end as removed_after,
  case when not standing.stands then standing.gone_before end as removed_before,
  entity.*
from {entity} as entity
left join standing
  on {same} and standing.observed_at = entity.observed_at and standing.snapshot_at = entity.snapshot_at
  and standing.place = 1"""
"""The rule; a template for the names of a table and of its columns."""


def own_key(table: Table) -> list[str]:
    """The columns that make up a row's record key: its key without the account.

    Args:
        table: The table.
    """
    return list(table.model.key[1:] or table.model.key)


def full_key(table: Table) -> list[str]:
    """The columns that identify a row, whatever its version.

    Args:
        table: The table.
    """
    return list(dict.fromkeys(("account_id", *own_key(table))))


def record_key_sql(columns: Iterable[str]) -> str:
    """SQL for the record key of a row, equal to what `record_key` returns for these columns.

    Args:
        columns: The columns, as SQL names them.
    """
    parts = list(columns)
    for plain, escaped in ESCAPES:
        parts = [f"replace({part}, '{plain}', '{escaped}')" for part in parts]
    return f" || '{SEPARATOR}' || ".join(parts)


def current_sql(table: Table, raw: str, schema: str) -> str:
    """A query for the rows of a table, each with `is_current`, `removed_after` and `removed_before`.

    `is_current` says whether the row describes the account as it is now. A row that does not, and that no newer version
    replaced, was removed between the other two.

    It does not matter whether the target deletes rows or keeps a row per version (`history`), nor which columns were
    selected.

    Args:
        table: The table.
        raw: The schema that the tables were loaded into.
        schema: The schema of the views, one of which is the chain of receipts.
    """
    key = full_key(table)
    return RULE.format(
        columns=", ".join(f"entity.{name}" for name in (*key, "observed_at", "snapshot_at")),
        key=", ".join(key),
        same=" and ".join(f"standing.{name} = entity.{name}" for name in key),
        record_key=record_key_sql(f"entity.{name}" for name in own_key(table)),
        entity=f"{raw}.{table.name}",
        table=table.name,
        receipts=f"{raw}.{ReceiptRow.table}",
        changes=f"{raw}.{ChangeRow.table}",
        chain=f"{schema}.{CHAIN_VIEW}",
    )


def current_views(tables: Iterable[Table], raw: str, schema: str) -> Iterator[str]:
    """Statements that create a view per table, with all its rows and `is_current`, and two for the chain of receipts.

    `receipt_forks` is empty, unless another state than that of the latest run wrote into the same tables.

    Args:
        tables: The tables.
        raw: The schema that they were loaded into.
        schema: The schema of the views.
    """
    tables = list(tables)
    receipts, chain = f"{raw}.{ReceiptRow.table}", f"{schema}.{CHAIN_VIEW}"
    sightings = [SIGHTINGS.format(table=table.name, entity=f"{raw}.{table.name}") for table in tables]
    forks = FORKS.format(
        receipts=receipts, changes=f"{raw}.{ChangeRow.table}", chain=chain, sightings="\n  ".join(sightings)
    )
    yield f"create schema if not exists {schema}"
    yield f"create or replace view {chain} as\n{CHAIN.format(receipts=receipts)}"
    for table in tables:
        yield f"create or replace view {schema}.{table.name} as\n{current_sql(table, raw, schema)}"
    yield f"create or replace view {schema}.{FORKS_VIEW} as\n{forks}"


def main(arguments: list[str]) -> int:
    """Print the statements that create the views.

    Args:
        arguments: The schema of the loaded tables, the schema of the views, and the tables.

    Returns:
        The exit code.
    """
    known = {table.name: table for table in TABLES}
    raw, schema, *names = [*arguments, *([""] * (2 - len(arguments)))]
    if not raw.isidentifier() or not schema.isidentifier() or not known.keys() >= set(names):
        sys.stderr.write(f"usage: python -m {__spec__.name} SCHEMA VIEWS [{' '.join(known)}]\n")
        return 2
    chosen = [table for name, table in known.items() if (name in names if names else table.selected)]
    sys.stdout.writelines(f"{statement};\n" for statement in current_views(chosen, raw, schema))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
