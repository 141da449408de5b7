"""Opening the DuckDB file to read, and making sure that the models are in it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from wix_access_review.contract import BUILD_TABLE, NEEDED, SCHEMA
from wix_access_review.errors import ReviewError
from wix_access_review.servers import copied, server_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUILD = "build them with `meltano run wix-to-duckdb`, or with `dbt build` in the folder `transform`"

_ACCOUNTS = """
select account_id, coalesce(max(name), account_id), max(owner_user_id)
from (
  select account_id, account_name as name, null as owner_user_id from access_wix.latest_receipts
  union all select account_id, account, null from access_wix.access_review
  union all select account_id, name, owner_user_id from current_wix.accounts where is_current
)
where account_id is not null group by account_id order by 2, 1
"""
_WITHHELD = """
case when exists (select 1 from unnest([{others}]::varchar[]) as other(name) where contains(explanation, name))
  then 'It concerns another account as well: see the review of all accounts.' else explanation end as explanation
"""
"""A finding of one account may name another, such as that which somebody left: that is not for whoever sees the one."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Nothing that stands in the file may reach for the network, or for other files.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextlib.contextmanager
def reading(path: Path | str, accounts: Sequence[str] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, open to read, with the models in it.

    Args:
        path: The DuckDB file, or the address of a server.
        accounts: Ids of the accounts whose rows shall be there; none for all.

    Raises:
        ReviewError: There is no such file, it cannot be opened or read, the models are not built, or an account is not
            in it.
    """
    name = server_of(path) or str(path)
    with on_disk(path) as file, _reading(file, name, accounts) as connection:
        yield connection


@contextlib.contextmanager
def on_disk(path: Path | str) -> Iterator[Path]:
    """The database as a DuckDB file: itself, or the copy of a server's for as long as the block runs.

    Args:
        path: The DuckDB file, or the address of a server.
    """
    if server_of(path):
        with copied(str(path)) as copy:
            yield copy
    else:
        yield Path(path)


@contextlib.contextmanager
def _reading(path: Path, name: str, accounts: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = _connect(path)
    try:
        _check(connection, name)
        if accounts:
            read_accounts(connection, accounts)
            others = [text for one in read_accounts(connection) if one[0] not in accounts for text in one[:2] if text]
            connection.close()
            connection = _narrowed(path, accounts, others)
        yield connection
    except duckdb.Error as error:
        raise ReviewError(f"the models in {name} cannot be read: {BUILD}. DuckDB says: {_first_line(error)}") from error
    finally:
        connection.close()


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    if not path.exists():
        raise ReviewError(f"there is no file {path}: name the DuckDB file that the pipeline wrote")
    if path.is_dir():
        raise ReviewError(f"{path} is a folder: name the DuckDB file in it")
    try:
        return duckdb.connect(str(path), read_only=True, config=_CONFIG)
    except duckdb.Error as error:
        raise ReviewError(_why(path, str(error), _first_line(error))) from error


def _narrowed(path: Path, accounts: Sequence[str], others: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A database in memory whose tables are views of the file's, with the rows of some accounts."""
    connection = duckdb.connect(":memory:", config={**_CONFIG, "enable_external_access": "true"})
    connection.execute("attach ? as source (read_only)", [str(path)])
    connection.execute("set enable_external_access = false")
    for table in NEEDED:
        connection.execute(f"create schema if not exists {table.partition('.')[0]}")
        columns = f"* replace ({_WITHHELD.format(others=_texts(others))})" if table == f"{SCHEMA}.findings" else "*"
        chosen = f"account_id in ({_texts(accounts)})" if "account_id" in NEEDED[table] else "true"
        connection.execute(f"create view {table} as select {columns} from source.{table} where {chosen}")  # noqa: S608
    return connection


def _texts(values: Sequence[str]) -> str:
    return ", ".join("'" + one.replace("'", "''") + "'" for one in values)


def read_accounts(
    connection: duckdb.DuckDBPyConnection, wanted: Sequence[str] = ()
) -> list[tuple[str, str, str | None]]:
    """Id, name and owner of the accounts, by name.

    Args:
        connection: The database.
        wanted: Ids of those to return; none for all.

    Raises:
        ReviewError: One that is wanted is not there.
    """
    known = connection.execute(_ACCOUNTS).fetchall()
    unknown = sorted(set(wanted) - {one for one, *_ in known})
    if unknown:
        there = ", ".join(f"{one} ({name})" for one, name, _ in known) or "none"
        raise ReviewError(f"the account {', '.join(unknown) or repr('')} is not in the database: it has {there}")
    return [row for row in known if not wanted or row[0] in wanted]


def _why(path: Path, text: str, first: str) -> str:
    # DuckDB takes files that are named as tables, such as .csv, for something else to open.
    if "not a valid DuckDB database" in text or "in-memory database in read-only" in text:
        return f"{path} is not a DuckDB file: name the file that the pipeline wrote"
    if "Could not set lock" in text or "different configuration" in text:
        return (
            f"{path} is in use: wait until the pipeline, or the program that has it open, is done. DuckDB says: {first}"
        )
    if "Permission denied" in text:
        return f"{path} may not be read: run this as a user who may"
    return f"{path} cannot be opened. DuckDB says: {first}"


def _check(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns "
        "where table_catalog = current_database()"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    missing = [table for table in NEEDED if table not in found]
    if missing:
        models = "the models are not built" if len(missing) == len(NEEDED) else f"there is no {', '.join(missing)}"
        raise ReviewError(f"{models} in {path} (schema {SCHEMA}): {BUILD}")
    absent = [f"{table}.{name}" for table, names in NEEDED.items() for name in names if name not in found[table]]
    if absent:
        raise ReviewError(f"the models in {path} are from another version and lack {', '.join(absent)}: {BUILD}")
    if connection.execute(f"select is_whole from {BUILD_TABLE}").fetchall() != [(True,)]:  # noqa: S608
        raise ReviewError(
            f"the models in {path} are not of one build: the last one is under way, was cut off, failed, or made only "
            "some of them. Run the whole `dbt build` again"
        )


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().partition("\n")[0]
