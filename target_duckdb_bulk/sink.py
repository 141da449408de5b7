"""One stream: validates its records one by one, and stores them in batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import BatchSink
from typing_extensions import override

from target_duckdb_bulk.columns import DELETED_AT, TABLE_VERSION, checker, columns
from target_duckdb_bulk.database import literal
from target_duckdb_bulk.errors import InputError
from target_duckdb_bulk.spool import Spool
from target_duckdb_bulk.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk.sinks.core import BaseJSONSchemaValidator


EXTRACTED_AT = "_sdc_extracted_at"
_METADATA = {
    EXTRACTED_AT: "TIMESTAMP",
    "_sdc_received_at": "TIMESTAMP",
    "_sdc_batched_at": "TIMESTAMP",
    DELETED_AT: "TIMESTAMP",
    "_sdc_sequence": "BIGINT",
    TABLE_VERSION: "BIGINT",
    "_sdc_sync_started_at": "BIGINT",
}
_MAX_BYTES = 1 << 28
"""Maximum size of a batch, however few rows it has."""


class DuckDbSink(BatchSink):
    """Loads a stream into its table.

    Args:
        target: The target, which has the database open.
        stream_name: The stream's name.
        schema: Its schema.
        key_properties: The properties that identify a row.
    """

    MAX_SIZE_DEFAULT = 200_000

    def __init__(
        self, target: Any, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        declared = {name: kind for name, kind in self.original_schema["properties"].items() if name not in _METADATA}
        types = columns(stream_name, declared, self.key_properties)
        self._known = {**types, **_METADATA}
        self._check = checker(self._known, self.key_properties, strict=True)
        self._spool: Spool | None = None
        self._version: int | None = None
        stored = self._known if self.include_sdc_metadata_properties else types
        schema_name = self.config["default_target_schema"]
        self._table = Table(target.database, schema_name, stream_name, stored, self.key_properties)

    @property
    @override
    def include_sdc_metadata_properties(self) -> bool:
        return bool(self.config["add_metadata_columns"])

    @property
    @override
    def current_size(self) -> int:
        return self._spool.rows if self._spool else 0

    @property
    @override
    def is_full(self) -> bool:
        return self._spool is not None and (self._spool.rows >= self.max_size or self._spool.size >= _MAX_BYTES)

    @property
    def version(self) -> int | None:
        """The table version of the rows in the batch."""
        return self._version

    @override
    def get_validator(self) -> BaseJSONSchemaValidator | None:
        # Records are validated when they are read, and again by DuckDB.
        return None

    @override
    def setup(self) -> None:
        super().setup()
        self._table.prepare()

    def begin(self, version: int | None) -> None:
        """Begin a batch, or go on with one that has the same version.

        Args:
            version: The version of the table that its rows belong to.
        """
        if version is not None and version != self._version:
            self._table.know_versions()
        self._version = version

    def take(self, record: bytes | memoryview, time_extracted: str | None) -> None:
        """Put a record into the batch.

        Args:
            record: Its JSON.
            time_extracted: When the tap read it.

        Raises:
            InputError: The record is not what its SCHEMA says.
            MissingKeyPropertiesError: It lacks its key.
        """
        try:
            if not self.accepts([record]):
                record = self._amended(record)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"A record of stream `{self.stream_name}` cannot be read: {error}.") from None
        self.take_accepted([bytes(record)], time_extracted)

    def accepts(self, records: Iterable[bytes | memoryview]) -> bool:
        """Whether all of some records are what the SCHEMA says; each of the others has to be looked at by itself.

        Args:
            records: Their JSON.
        """
        try:
            for _ in map(self._check, records):
                pass
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True

    def take_accepted(self, records: Sequence[bytes], time_extracted: str | None) -> None:
        """Put records into the batch that `accepts` has looked at.

        Args:
            records: Their JSON; no more than there is room for.
            time_extracted: When the tap read them.
        """
        if self._spool is None:
            # This is how the SDK begins a batch: it calls `start_batch`.
            self._get_context({})
        if time_extracted and self.include_sdc_metadata_properties:
            records = [_with_time(record, time_extracted) for record in records]
        self._spool.write(*records)  # type: ignore[union-attr]

    @property
    def room(self) -> int:
        """How many more records make the batch full."""
        return max(1, self.max_size - self.current_size)

    def _amended(self, record: bytes | memoryview) -> bytes:
        """A record without fields that its SCHEMA does not declare, and with 1 for an integer that is 1.0."""
        values = msgspec.json.decode(record)
        if not isinstance(values, dict):
            raise InputError(f"A record of stream `{self.stream_name}` is not an object.")
        if missing := [key for key in self.key_properties if key not in values]:
            raise MissingKeyPropertiesError(f"A record of stream `{self.stream_name}` lacks its key `{missing[0]}`.")
        if unknown := sorted(values.keys() - self._known.keys()):
            self.logger.warning("Left out what the SCHEMA does not declare: %s", ", ".join(unknown))
            self._check = checker(self._known, self.key_properties, strict=False)
        for name, value in values.items():
            if isinstance(value, float) and value.is_integer() and self._known.get(name) == "BIGINT":
                values[name] = int(value)
        amended = json.dumps({name: value for name, value in values.items() if name in self._known}).encode()
        try:
            self._check(amended)
        except msgspec.ValidationError as error:
            raise InputError(f"A record of stream `{self.stream_name}` does not match its SCHEMA: {error}.") from None
        return amended

    @override
    def start_batch(self, context: dict[str, Any]) -> None:
        self._spool = Spool()

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self.take(msgspec.json.encode(record, enc_hook=str), None)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        if self._spool is None:
            return
        self.tally_record_read(self._spool.rows)
        self.record_counter_metric.increment(self._spool.rows)
        try:
            self._table.store(self._spool, self._constants(context), hard_delete=self.config["hard_delete"])
        finally:
            self._close_spool()

    def _constants(self, context: Mapping[str, Any]) -> dict[str, str]:
        """Columns with the same value in the whole batch, as typed SQL."""
        found: dict[str, str] = {}
        if self.include_sdc_metadata_properties:
            began = context["batch_start_time"]
            moment = f"timestamp {literal(began.strftime('%Y-%m-%d %H:%M:%S.%f'))}"
            milliseconds = f"{int(began.timestamp() * 1000)}::bigint"
            found = {"_sdc_received_at": moment, "_sdc_batched_at": moment, "_sdc_sequence": milliseconds}
            found["_sdc_sync_started_at"] = f"{self.sync_started_at}::bigint"
        return found if self._version is None else {**found, TABLE_VERSION: f"{self._version}::bigint"}

    @override
    def activate_version(self, new_version: int) -> None:
        self._table.know_versions()
        self._table.activate(new_version, hard_delete=self.config["hard_delete"])

    @override
    def clean_up(self) -> None:
        super().clean_up()
        self._close_spool()

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()
        self._spool = None


def _with_time(record: bytes, time_extracted: str) -> bytes:
    """A record with the time at which the tap read it, unless it already has one."""
    if EXTRACTED_AT.encode() in record and EXTRACTED_AT in msgspec.json.decode(record):
        return record
    rest = record.lstrip()[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"%s":%s%s%s' % (EXTRACTED_AT.encode(), json.dumps(time_extracted).encode(), comma, rest)
