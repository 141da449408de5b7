"""The models in Postgres, copied into a DuckDB file that lives as long as the command: there is one way to read them.

ADBC hands the rows over as Arrow, which DuckDB takes as they are; its driver brings libpq along and is under the Apache
licence, as this project. DuckDB's own `postgres` extension would have to be fetched from the network.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from wix_access_review.contract import NEEDED
from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMES = ("postgresql://", "postgres://")
_EXTRA = "pip install 'tap-wix-users[review-postgres]'"


def is_address(database: str | Path) -> bool:
    """Whether a database is named by the address of a Postgres server.

    Args:
        database: Path or address.
    """
    return str(database).startswith(SCHEMES)


@contextlib.contextmanager
def copied(address: str) -> Iterator[Path]:
    """The models of a Postgres database as a DuckDB file, of one moment.

    Args:
        address: The server's address, as libpq takes it. What it leaves out (the password, say) libpq takes from the
            environment or from its password file.

    Raises:
        ReviewError: The driver is not installed, or the server cannot be read. The message does not repeat the address.
    """
    try:
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415  # an extra of its own
    except ModuleNotFoundError as error:
        raise ReviewError(f"{error.name} is not installed: run `{_EXTRA}`") from None
    with tempfile.TemporaryDirectory(prefix="wix-access-review.") as folder:
        path = Path(folder) / "wix.duckdb"
        try:
            with (
                dbapi.connect(address, autocommit=True) as source,
                source.cursor() as cursor,
                duckdb.connect(str(path)) as target,
            ):
                cursor.execute("begin transaction isolation level repeatable read read only")
                _copy(cursor, target)
        except dbapi.Error as error:
            first = str(error).strip().splitlines()[0].replace(address, "the address")
            raise ReviewError(f"the models in Postgres cannot be read. The driver says: {first}") from None
        yield path


def _copy(cursor: object, target: duckdb.DuckDBPyConnection) -> None:
    execute, fetch = cursor.execute, cursor.fetch_arrow_table  # type: ignore[attr-defined]
    execute("select table_schema || '.' || table_name, column_name from information_schema.columns")
    there: dict[str, set[str]] = {}
    for table, column in zip(*(one.to_pylist() for one in fetch().columns), strict=True):
        there.setdefault(table, set()).add(column)
    for table, columns in NEEDED.items():
        target.execute(f"create schema if not exists {table.partition('.')[0]}")
        known = [name for name in columns if name in there.get(table, ())]
        if not known:
            continue
        # As text and back: a type of Postgres that Arrow has no word for is none here.
        execute(f"select {', '.join(f'{name}::text as {name}' for name in known)} from {table}")  # noqa: S608
        target.register("rows_of_postgres", fetch())
        casts = ", ".join(f"{name}::{columns[name]} as {name}" for name in known)
        target.execute(f"create table {table} as select {casts} from rows_of_postgres")  # noqa: S608
        target.unregister("rows_of_postgres")
