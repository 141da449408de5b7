"""The models in Snowflake, through its own connector: who logs in, and how, stands in its `connections.toml`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wix_access_review.contract import BUILD_TABLE, NEEDED
from wix_access_review.errors import ReviewError
from wix_access_review.rows import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

_CHUNK = 5_000


def copy_models(address: str, target: duckdb.DuckDBPyConnection) -> None:
    """Copy the models of a Snowflake database.

    Args:
        address: `snowflake://` and the name of a connection, which names the database, too.
        target: Where to. The schemas are there.

    Raises:
        ReviewError: The connector is not installed, Snowflake cannot be read, or the models were built meanwhile.
    """
    try:
        from snowflake import connector  # noqa: PLC0415  # an extra of its own
    except ImportError:
        why = "snowflake.connector is not installed: run `pip install 'tap-wix-users[review-snowflake]'`"
        raise ReviewError(why) from None
    try:
        with (
            contextlib.closing(connector.connect(connection_name=address.partition("://")[2])) as source,
            contextlib.closing(source.cursor()) as cursor,
        ):
            _copy(cursor, target)
    except connector.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise ReviewError(f"the models in Snowflake cannot be read. The connector says: {first}") from None


def _copy(cursor: Any, target: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("select table_schema || '.' || table_name, column_name from information_schema.columns")
    there: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        there.setdefault(table.lower(), set()).add(column.lower())
    before = _build(cursor) if BUILD_TABLE in there else []
    for table, columns in NEEDED.items():
        known = {name: kind for name, kind in columns.items() if name in there.get(table, ())}
        if known:
            load(target, table, known, _rows(cursor, table, known), kind="table")
    # No transaction of Snowflake's reads several tables as of one moment.
    if BUILD_TABLE in there and _build(cursor) != before:
        raise ReviewError("the models in Snowflake were built while they were copied: try again")


def _rows(cursor: Any, table: str, columns: dict[str, str]) -> Iterator[Sequence[Any]]:
    # As text and back: a session may write times to the second alone, and only the models' own types are read here.
    texts = (
        f"to_varchar({name}, 'YYYY-MM-DD HH24:MI:SS.FF6')" if kind == "timestamp" else f"{name}::varchar"
        for name, kind in columns.items()
    )
    cursor.execute(f"select {', '.join(texts)} from {table}")  # noqa: S608  # names of ours
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows


def _build(cursor: Any) -> list[Any]:
    cursor.execute(f"select invocation_id, is_whole from {BUILD_TABLE}")  # noqa: S608
    return list(cursor.fetchall())
