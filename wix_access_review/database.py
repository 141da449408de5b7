"""Opening the DuckDB file to read, and making sure that the models are in it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from wix_access_review.contract import NEEDED, SCHEMA
from wix_access_review.errors import ReviewError
from wix_access_review.postgres import copied, is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD = "build them with `meltano run wix-to-duckdb`, or with `dbt build` in the folder `transform`"

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Nothing that stands in the file may reach for the network, or for other files.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, open to read, with the models in it.

    Args:
        path: The DuckDB file, or the address of a Postgres database.

    Raises:
        ReviewError: There is no such file, it cannot be opened or read, or the models are not built.
    """
    if is_address(path):
        with copied(str(path)) as copy, _reading(copy, "Postgres") as connection:
            yield connection
    else:
        with _reading(Path(path), str(path)) as connection:
            yield connection


@contextlib.contextmanager
def _reading(path: Path, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = _connect(path)
    try:
        _check(connection, name)
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
        raise ReviewError(f"the models in {path} are of another version, without {', '.join(absent)}: {BUILD}")


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().partition("\n")[0]
