"""The rule of what is current (STREAMS.md, section 3.10), as SQL that any warehouse runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_wix_users.tables.models import ChangeRow, EntityRow, ReceiptRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_wix_users.tables.registry import Table

_RULE = """\
select {columns}, coalesce(is_standing and newest = 1, false) as is_current
from (
  select judged.*,
    case when is_standing then row_number() over (
      partition by {key}, is_standing order by observed_at desc, snapshot_at desc
    ) end as newest
  from (
    select entity.*,
      (
        -- (a) sent since the baseline: what was not sent since then is gone
        (latest.baseline_at is null or entity.snapshot_at >= latest.baseline_at)
        -- (b) not removed since it was sent
        and (removal.removed_at is null or removal.removed_at <= entity.snapshot_at)
        -- (c) sent by a complete snapshot, or since the latest one: provisional, until the next one decides
        and (receipt.snapshot_at is not null or latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at)
      ) as is_standing
    from {raw}.{table} as entity
    left join (
      select account_id, max(snapshot_at) as snapshot_at, max(baseline_at) as baseline_at
      from {raw}.{receipts} where stream_name = '{table}' and status = 'complete' group by account_id
    ) as latest on latest.account_id = entity.account_id
    left join {raw}.{receipts} as receipt
      on receipt.account_id = entity.account_id and receipt.stream_name = '{table}'
      and receipt.status = 'complete' and receipt.snapshot_at = entity.snapshot_at
    left join (
      select account_id, record_key, max(observed_at) as removed_at
      from {raw}.{changes} where stream_name = '{table}' and change_type = 'removed' group by account_id, record_key
    ) as removal on removal.account_id = entity.account_id and removal.record_key = {record_key}
  ) as judged
) as ranked"""


def current_sql(table: Table, raw: str) -> str:
    """A query for the rows of a table, each with `is_current`: whether it describes the account as it is now.

    It does not matter whether the target deletes rows or keeps a row per version (`history`).

    Args:
        table: The table.
        raw: The schema that the tables were loaded into.
    """
    model = table.model
    own = model.key[1:] or model.key
    columns = [*model.model_fields, "observed_at", "snapshot_at"]
    return _RULE.format(
        columns=", ".join(columns),
        key=", ".join(dict.fromkeys(("account_id", *own))),
        record_key=" || '|' || ".join(f"entity.{name}" for name in own),
        raw=raw,
        table=model.table,
        receipts=ReceiptRow.table,
        changes=ChangeRow.table,
    )


def current_views(tables: list[Table], raw: str, schema: str) -> Iterator[str]:
    """Statements that make a view per table, with all its rows and `is_current`.

    Args:
        tables: The tables.
        raw: The schema that they were loaded into.
        schema: The schema of the views.
    """
    yield f"create schema if not exists {schema}"
    for table in tables:
        if issubclass(table.model, EntityRow):
            yield f"create or replace view {schema}.{table.name} as\n{current_sql(table, raw)}"
