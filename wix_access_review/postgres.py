"""The models in Postgres.

ADBC hands the rows over as Arrow, which DuckDB takes as they are; its driver brings libpq along and is under the Apache
licence, as this project. DuckDB's own `postgres` extension would have to be fetched from the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wix_access_review.contract import NEEDED
from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    import duckdb


def copy_models(address: str, target: duckdb.DuckDBPyConnection) -> None:
    """Copy the models of a Postgres database, all of one moment.

    Args:
        address: The server's address, as libpq takes it. What it leaves out (the password, say) libpq takes from the
            environment or from its password file.
        target: Where to. The schemas are there.

    Raises:
        ReviewError: The driver is not installed, or the server cannot be read. The message does not repeat the address.
    """
    try:
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415  # an extra of its own
    except ModuleNotFoundError as error:
        why = f"{error.name} is not installed: run `pip install 'tap-wix-users[review-postgres]'`"
        raise ReviewError(why) from None
    try:
        with dbapi.connect(address, autocommit=True) as source, source.cursor() as cursor:
            cursor.execute("begin transaction isolation level repeatable read read only")
            _copy(cursor, target)
    except dbapi.Error as error:
        first = str(error).strip().splitlines()[0].replace(address, "the address")
        raise ReviewError(f"the models in Postgres cannot be read. The driver says: {first}") from None


def _copy(cursor: object, target: duckdb.DuckDBPyConnection) -> None:
    execute, fetch = cursor.execute, cursor.fetch_arrow_table  # type: ignore[attr-defined]
    execute("select table_schema || '.' || table_name, column_name from information_schema.columns")
    there: dict[str, set[str]] = {}
    for table, column in zip(*(one.to_pylist() for one in fetch().columns), strict=True):
        there.setdefault(table, set()).add(column)
    for table, columns in NEEDED.items():
        known = [name for name in columns if name in there.get(table, ())]
        if not known:
            continue
        # As text and back: a type of Postgres that Arrow has no word for is none here.
        execute(f"select {', '.join(f'{name}::text as {name}' for name in known)} from {table}")  # noqa: S608
        target.register("rows_of_postgres", fetch())
        casts = ", ".join(f"{name}::{columns[name]} as {name}" for name in known)
        target.execute(f"create table {table} as select {casts} from rows_of_postgres")  # noqa: S608
        target.unregister("rows_of_postgres")
