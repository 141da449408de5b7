"""Tables whose columns are only added or widened, and batches that are stored whole or not at all."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb

from target_duckdb_bulk.columns import DELETED_AT, INTEGERS, JSON, TABLE_VERSION, TEXT, wider
from target_duckdb_bulk.database import explained, literal, quoted
from target_duckdb_bulk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_duckdb_bulk.database import Database
    from target_duckdb_bulk.spool import Spool

_STAGE = "temp.main.stage"
_READ_AS = {"TIMESTAMP": "TIMESTAMPTZ"}
"""The type as which DuckDB reads a column: casting text to TIMESTAMP would drop its offset."""
_LEAST_OBJECT_SIZE = 1 << 20
_MAX_OBJECT_SIZE = (1 << 31) - 1
_NOW = "cast(timezone('UTC', current_timestamp) as timestamp)"


class Table:
    """A table of the database.

    Args:
        database: The database.
        schema: The schema of the table.
        name: The table's name, which is the stream's.
        types: The columns that come, with their types.
        keys: Those that identify a row; without any, rows are appended.
    """

    def __init__(
        self, database: Database, schema: str, name: str, types: Mapping[str, str], keys: Sequence[str]
    ) -> None:
        self._ask = database.ask
        self._transaction = database.transaction
        self._schema, self._name, self._keys = schema, name, keys
        self._types = {DELETED_AT: "TIMESTAMP", **types}
        self._declared = types
        # Staged under their positions, so that no column name can conflict with ours.
        self._places = {column: f"c{place}" for place, column in enumerate(self._types)}
        self._in_schema = f"{quoted(database.name)}.{quoted(schema)}"
        self._full_name = f"{self._in_schema}.{quoted(name)}"
        self._same = " and ".join(f"t.{quoted(key)} = s.{self._places[key]}" for key in keys)

    def prepare(self) -> None:
        """Create the table, or add and widen columns until it can hold the SCHEMA's.

        Raises:
            DatabaseError: DuckDB refused.
        """
        with explained(f"create the table {self._schema}.{self._name}"), self._transaction():
            self._ask(f"create schema if not exists {self._in_schema}")
            declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in self._declared.items())
            self._ask(f"create table if not exists {self._full_name} ({declared})")
            self._hold(self._declared)

    def store(self, spool: Spool, constants: Mapping[str, str], *, hard_delete: bool) -> None:
        """Upsert the rows of a batch; of several rows with the same key, the last one.

        A row with a deletion time is deleted, or marked: then its other stored columns stay.

        Args:
            spool: The rows.
            constants: Columns that have one value in all rows, as typed SQL; the tables hold them already.
            hard_delete: Whether to delete rows rather than mark them.

        Raises:
            DatabaseError: DuckDB refused; nothing of the batch is stored.
            InputError: A value cannot be stored as what the SCHEMA declares; nothing of the batch is stored.
        """
        with explained(f"store a batch of stream `{self._name}`"):
            self._stage(spool)
            self._leave_out_earlier()
            self._make_room(hard_delete=hard_delete)
            stored = self._stored()
            with self._transaction():
                self._upsert(stored, constants, hard_delete=hard_delete)
            self._ask(f"drop table {_STAGE}")

    def activate(self, version: int, *, hard_delete: bool) -> None:
        """Delete or mark the rows of all other versions.

        Args:
            version: The version.
            hard_delete: Whether to delete rows rather than mark them.

        Raises:
            DatabaseError: DuckDB refused.
        """
        others = f"{TABLE_VERSION} is distinct from {version}"
        with explained(f"activate a version of stream `{self._name}`"), self._transaction():
            if hard_delete:
                self._ask(f"delete from {self._full_name} where {others}")
            else:
                marked = f"{DELETED_AT} = {_NOW} where {others} and {DELETED_AT} is null"
                self._ask(f"update {self._full_name} set {marked}")

    def know_versions(self) -> None:
        """Add the columns of versions to the table.

        Raises:
            DatabaseError: DuckDB refused.
        """
        with explained(f"add columns to the table {self._schema}.{self._name}"), self._transaction():
            self._hold({TABLE_VERSION: "BIGINT", DELETED_AT: "TIMESTAMP"})

    def _stage(self, spool: Spool) -> None:
        """Read a batch into a temporary table, with the types of the SCHEMA."""
        if spool.longest > _MAX_OBJECT_SIZE:
            raise InputError(f"A record of stream `{self._name}` has {spool.longest:,} bytes: too large for DuckDB.")
        read = {name: _READ_AS.get(kind, kind) for name, kind in self._types.items()}
        chosen = ", ".join(
            f"timezone('UTC', {quoted(name)}) as {place}"
            if self._types[name] == "TIMESTAMP"
            else f"{quoted(name)} as {place}"
            for name, place in self._places.items()
        )
        try:
            self._ask(f"create or replace temp table stage as select {chosen} from {_source(spool, read)}")
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            raise InputError(self._why_not_read(spool, read, str(error))) from None

    def _why_not_read(self, spool: Spool, read: Mapping[str, str], error: str) -> str:
        """Names the column whose values cannot be stored, but not the values, which may be personal data."""
        with suppress(duckdb.Error):
            for name, kind in read.items():
                if kind not in {TEXT, JSON}:
                    bad = f"{quoted(name)} is not null and try_cast({quoted(name)} as {kind}) is null"
                    ((count,),) = self._ask(f"select count(*) from {_source(spool, {name: TEXT})} where {bad}")
                    if count:
                        return (
                            f"Stream `{self._name}` has {count:,} values of `{name}` that are not {self._types[name]}."
                        )
        found = re.search(r'duplicate key "[^"]*"|invalid UTF-8', error)
        return f"DuckDB cannot read a batch of stream `{self._name}`: {found[0] if found else 'malformed JSON'}."

    def _leave_out_earlier(self) -> None:
        """Of several rows with the same key, keep only the last."""
        if not self._keys:
            return
        keys = [self._places[key] for key in self._keys]
        null, joined = " or ".join(f"{key} is null" for key in keys), ", ".join(keys)
        query = f"select count(*), count(distinct ({joined})), count(*) filter (where {null}) from {_STAGE}"
        ((rows, different, without),) = self._ask(query)
        if without:
            raise InputError(f"Stream `{self._name}` has {without:,} records whose key is null.")
        if rows != different:
            self._ask(f"delete from {_STAGE} where rowid not in (select max(rowid) from {_STAGE} group by {joined})")

    def _make_room(self, *, hard_delete: bool) -> None:
        """Widen columns that are too narrow for a value of this batch."""
        ((deleted,),) = self._ask(f"select count({self._places[DELETED_AT]}) from {_STAGE}")
        with self._transaction():
            if deleted and not hard_delete:
                self._hold({DELETED_AT: "TIMESTAMP"})
            stored = self._stored()
            for name, place in self._places.items():
                declared = self._types[name]
                kind = stored.get(name.lower(), declared)
                if kind not in {declared, TEXT, JSON}:
                    back = f"try_cast(try_cast({place} as {kind}) as {declared})"
                    ((lost,),) = self._ask(f"select count(*) from {_STAGE} where {back} is distinct from {place}")
                    if lost:
                        self._alter(name, kind, TEXT)

    def _upsert(self, stored: Mapping[str, str], constants: Mapping[str, str], *, hard_delete: bool) -> None:
        deleted = self._places[DELETED_AT]
        kept: list[str] = []
        if self._keys:
            if not hard_delete and DELETED_AT in stored:
                self._mark(deleted)
            kept = [name for name in stored if name not in {other.lower() for other in (*self._places, *constants)}]
        values = {
            name: _as(f"s.{place}", self._types[name], stored[name.lower()])
            for name, place in self._places.items()
            if name.lower() in stored
        }
        values |= {name: _as(value, None, stored[name.lower()]) for name, value in constants.items()}
        values |= {name: f"t.{quoted(name)}" for name in kept}
        alive = f"where s.{deleted} is null" if hard_delete else ""
        names = ", ".join(map(quoted, values))
        rows = f"select {', '.join(values.values())} from {_STAGE} as s {self._beside(kept)} {alive}"
        if not self._keys:
            self._ask(f"insert into {self._full_name} ({names}) {rows}")
            return
        if kept:
            self._ask(f"create or replace temp table fresh as {rows}")
            rows = "from temp.main.fresh"
        # Not MERGE or UPDATE: updating wide rows in place took DuckDB minutes, where this takes a second.
        if self._ask(f"select 1 from {self._full_name} limit 1"):
            self._ask(f"delete from {self._full_name} as t using {_STAGE} as s where {self._same}")
        self._ask(f"insert into {self._full_name} ({names}) {rows}")

    def _beside(self, kept: Iterable[str]) -> str:
        """A join with the stored row, whose columns that the SCHEMA does not name are kept in the new row."""
        chosen = ", ".join(map(quoted, kept))
        if not chosen:
            return ""
        keys = ", ".join(map(quoted, self._keys))
        return f"left join (select distinct on ({keys}) {keys}, {chosen} from {self._full_name}) as t on {self._same}"

    def _mark(self, deleted: str) -> None:
        """Mark stored rows as deleted, and remove these marks from the batch."""
        same = f"{self._same} and s.{deleted} is not null"
        self._ask(f"update {self._full_name} as t set {DELETED_AT} = s.{deleted} from {_STAGE} as s where {same}")
        self._ask(f"delete from {_STAGE} as s using {self._full_name} as t where {same}")

    def _hold(self, types: Mapping[str, str]) -> None:
        """Add missing columns, and widen the others until they can hold values of these types."""
        stored = self._stored()
        for column, kind in types.items():
            found = stored.get(column.lower())
            if found is None:
                self._ask(f"alter table {self._full_name} add column {quoted(column)} {kind}")
            elif (needed := wider(found, kind)) != found:
                self._alter(column, found, needed)

    def _alter(self, column: str, stored: str, needed: str) -> None:
        name = quoted(column)
        if needed == "DOUBLE" and stored in INTEGERS:
            lost = f"cast(cast({name} as double) as hugeint) is distinct from {name}"
            ((count,),) = self._ask(f"select count(*) from {self._full_name} where {lost}")
            needed = TEXT if count else needed
        value = _as(name, stored, needed)
        self._ask(f"alter table {self._full_name} alter column {name} type {needed} using {value}")

    def _stored(self) -> dict[str, str]:
        """The current columns of the table, in lower case, with their types."""
        return dict(self._ask("select lower(name), type from pragma_table_info(?) order by cid", self._full_name))


def _as(value: str, kind: str | None, needed: str) -> str:
    """Convert a value from one type to another."""
    if kind == needed:
        return value
    return f"to_json({value})" if needed == JSON else f"cast({value} as {needed})"


def _source(spool: Spool, types: Mapping[str, str]) -> str:
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    # Declared rather than guessed: left to DuckDB, the row `{}` of a single column can become that column's value.
    return (
        f"read_json({literal(spool.path())}, format = 'newline_delimited', records = 'true', "
        f"maximum_object_size = {max(spool.longest + 1024, _LEAST_OBJECT_SIZE)}, columns = {{{columns}}})"
    )
