"""What a target makes of the tap's lines: an upsert by key, into DuckDB, with the project's views over it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import tables
from tap_wix_users.warehouse.current import current_views
from tests.tap.expected import KEYS, content, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]
_LOGS = {model.table: list(model.model_fields) for model in (ChangeRow, ReceiptRow)}
_TABLES = tables(include_accept_links=False)
_COLUMNS = {table.name: [*table.model.model_fields, "observed_at", "snapshot_at"] for table in _TABLES} | _LOGS


class Warehouse:
    """Everything that was ever written, each key with its last row."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {name: {} for name in _COLUMNS}
        self._keys: dict[str, list[str]] = {}

    def load(self, lines: Iterable[str]) -> None:
        """Store the records of these lines."""
        for line in lines:
            message = json.loads(line)
            if message["type"] == "SCHEMA":
                self._keys[message["stream"]] = message["key_properties"]
            elif message["type"] == "RECORD":
                record = message["record"]
                key = tuple(record[name] for name in self._keys[message["stream"]])
                self.rows[message["stream"]][key] = record

    def current(self) -> dict[str, dict[tuple[str, ...], Row]]:
        """The current rows of every table by their own key, as the project's views judge them."""
        found: dict[str, dict[tuple[str, ...], Row]] = {}
        with TemporaryDirectory() as folder, duckdb.connect() as connection:
            connection.execute("create schema raw")
            for name, columns in _COLUMNS.items():
                self._store(connection, Path(folder) / name, name, columns)
            for statement in current_views(_TABLES, "raw", "views"):
                connection.execute(statement)
            for name, key in KEYS.items():
                found[name] = {}
                versions = self._versions(name, len(key))
                names = ", ".join((*key, "observed_at"))
                query = f"select {names} from views.{name} where is_current"  # names of this module
                for *own, observed_at in connection.execute(query).fetchall():
                    assert tuple(own) not in found[name]
                    (row,) = (row for row in versions[tuple(own)] if row["observed_at"] == observed_at)
                    assert key_of(name, row) == tuple(own)
                    found[name][tuple(own)] = content(row)
        return found

    def _versions(self, name: str, columns: int) -> dict[tuple[Any, ...], list[Row]]:
        """The rows by their own key: with `history` there may be several of one."""
        found: dict[tuple[Any, ...], list[Row]] = {}
        for key, row in self.rows[name].items():
            found.setdefault(key[:columns], []).append(row)
        return found

    def _store(self, connection: duckdb.DuckDBPyConnection, path: Path, name: str, columns: list[str]) -> None:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in self.rows[name].values()), encoding="utf-8")
        types = ", ".join(f"{column}: 'VARCHAR'" for column in columns)
        source = f"read_json('{path}', format='newline_delimited', columns={{{types}}})"
        connection.execute(f"create table raw.{name} as select * from {source}")
