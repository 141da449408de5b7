"""The rule of what is current (STREAMS.md, section 3.10), as SQL that any warehouse runs.

``python -m tap_wix_users.tables.current raw_wix current_wix`` prints the statements that make the views, given the
schema of the loaded tables and that of the views; further arguments are the tables, all that are selected by default
when there are none.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_wix_users.tables.registry import Table

_RULE = """\
select entity.*, standing.account_id is not null as is_current
from {raw}.{table} as entity
left join (
  select judged.*, row_number() over (partition by {key} order by observed_at desc, snapshot_at desc) as newest
  from (
    select {columns}
    from {raw}.{table} as entity
    left join (
      select account_id, max(snapshot_at) as snapshot_at, max(baseline_at) as baseline_at
      from {raw}.{receipts} where stream_name = '{table}' and status = 'complete' group by account_id
    ) as latest on latest.account_id = entity.account_id
    left join {raw}.{receipts} as sending
      on sending.account_id = entity.account_id and sending.stream_name = '{table}'
      and sending.status = 'complete' and sending.snapshot_at = entity.snapshot_at
    left join {raw}.{receipts} as observing
      on observing.account_id = entity.account_id and observing.stream_name = '{table}'
      and observing.status = 'complete' and observing.snapshot_at = entity.observed_at
    left join (
      select account_id, record_key, max(observed_at) as removed_at
      from {raw}.{changes} where stream_name = '{table}' and change_type = 'removed' group by account_id, record_key
    ) as removal on removal.account_id = entity.account_id and removal.record_key = {record_key}
    where
      -- (a) sent since the baseline: what was not sent since then is gone
      (latest.baseline_at is null or entity.snapshot_at >= latest.baseline_at)
      -- (b) not removed since it was sent
      and (removal.removed_at is null or removal.removed_at <= entity.snapshot_at)
      -- (c) first seen or sent by a complete snapshot, or sent since the latest: provisional, until the next decides
      and (
        sending.snapshot_at is not null or observing.snapshot_at is not null
        or latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at
      )
  ) as judged
) as standing
  on {same} and standing.observed_at = entity.observed_at and standing.snapshot_at = entity.snapshot_at
  and standing.newest = 1"""


def current_sql(table: Table, raw: str) -> str:
    """A query for the rows of a table, each with `is_current`: whether it describes the account as it is now.

    It does not matter whether the target deletes rows or keeps a row per version (`history`), nor which columns were
    selected.

    Args:
        table: The table.
        raw: The schema that the tables were loaded into.
    """
    own = table.model.key[1:] or table.model.key
    key = list(dict.fromkeys(("account_id", *own)))
    return _RULE.format(
        columns=", ".join(f"entity.{name}" for name in (*key, "observed_at", "snapshot_at")),
        key=", ".join(key),
        same=" and ".join(f"standing.{name} = entity.{name}" for name in key),
        record_key=" || '|' || ".join(f"entity.{name}" for name in own),
        raw=raw,
        table=table.name,
        receipts=ReceiptRow.table,
        changes=ChangeRow.table,
    )


def current_views(tables: Iterable[Table], raw: str, schema: str) -> Iterator[str]:
    """Statements that make a view per table, with all its rows and `is_current`.

    Args:
        tables: The tables.
        raw: The schema that they were loaded into.
        schema: The schema of the views.
    """
    yield f"create schema if not exists {schema}"
    for table in tables:
        yield f"create or replace view {schema}.{table.name} as\n{current_sql(table, raw)}"


def main(arguments: list[str]) -> int:
    """Print the statements that make the views.

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
