"""Rows from elsewhere, put into a table of DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

_CHUNK = 5_000


def load(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    *,
    kind: str = "temp table",
) -> None:
    """Put rows into a new table.

    Args:
        connection: The database.
        table: The table, which is made.
        columns: Its columns and their types.
        rows: The rows.
        kind: What to make: `table` for one that stays.
    """
    connection.execute(f"create {kind} {table} ({', '.join(f'{name} {of}' for name, of in columns.items())})")
    shape = msgspec.json.encode([columns]).decode()
    insert = f"insert into {table} select unnest(from_json(?, ?), recursive := true)"
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(dict(zip(columns, row, strict=True)))
        if len(chunk) == _CHUNK:
            connection.execute(insert, [msgspec.json.encode(chunk).decode(), shape])
            chunk = []
    if chunk:
        connection.execute(insert, [msgspec.json.encode(chunk).decode(), shape])
