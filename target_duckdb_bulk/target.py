"""The target: takes messages, stores batches, and emits a state only for what is stored."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from target_duckdb_bulk.database import Database
from target_duckdb_bulk.errors import InputError
from target_duckdb_bulk.reader import NotAlike, Reader, Records
from target_duckdb_bulk.sink import DuckDbSink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from singer_sdk.plugin_base import _ConfigInput

    from target_duckdb_bulk.reader import Message

    Route = tuple[Callable[[dict[str, Any]], dict[str, Any] | None] | None, DuckDbSink]
    """The stream map that changes a record, if any, and the sink that takes it."""

_LOOK_AT_THE_CLOCK_EVERY = 1024
_MAX_OPEN = 64
"""Maximum number of open batches: each has an open file."""


class TargetDuckDbBulk(Target):
    """Loads into a DuckDB file."""

    name = "target-duckdb-bulk"
    package_name = "tap-wix-users"
    default_sink_class = DuckDbSink
    message_reader_class = Reader
    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema = th.PropertiesList(
        th.Property(
            "filepath", th.StringType(min_length=1), required=True, title="Database file",
            description="The DuckDB file. If it does not exist, it is created so that only its owner can read it",
        ),
        th.Property(
            "default_target_schema", th.StringType(min_length=1), default="main", title="Schema",
            description="The schema of the tables",
        ),
        th.Property(
            "hard_delete", th.BooleanType, default=False, title="Hard delete",
            description=(
                "Delete rows that arrive with `_sdc_deleted_at`, and those of older versions at an ACTIVATE_VERSION, "
                "instead of marking them"
            ),
        ),
        th.Property(
            "add_metadata_columns", th.BooleanType, default=False, title="Metadata columns",
            description="Add the `_sdc_` columns: when a row was read, when it was stored, and by which run",
        ),
    ).to_dict()  # fmt: skip

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._routes: dict[str, list[Route]] = {}
        self._records = 0
        # DuckDB itself uses all cores, and a connection can only have one transaction.
        self.max_parallelism = 1

    @cached_property
    def database(self) -> Database:
        """The database, opened on first use."""
        return Database(Path(self.config["filepath"]))

    def close(self) -> None:
        """Close the database, and discard rows that are not stored."""
        for sink in (*self._sinks_active.values(), *self._sinks_to_clear):
            sink.clean_up()
        if "database" in self.__dict__:
            self.__dict__.pop("database").close()

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        super().append_builtin_config(config_jsonschema)
        # It always upserts if there is a key, and `add_metadata_columns`, as in target-duckdb, replaces the other one.
        for name in ("load_method", "add_record_metadata"):
            config_jsonschema["properties"].pop(name, None)

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
    ) -> None:
        super(Target, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        given = {"config": config.config, "parse_env_config": config.parse_env} if config else {}
        with closing(cls(**given)) as target:
            target.listen(file_input)

    @override
    def process_endofpipe(self) -> None:
        super().process_endofpipe()
        self.close()

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # Rows that are not committed will be sent again: no state was emitted for them.
        sys.exit(128 + signum)

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        if not isinstance(message_dict.get("schema"), dict) or "properties" not in message_dict["schema"]:
            raise InputError(f"The SCHEMA of stream `{message_dict.get('stream')}` has no properties.")
        super()._process_schema_message(message_dict)
        self._routes.clear()

    @override
    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Any:
        before = self._sinks_active.get(stream_name)
        found = super().get_sink(stream_name, record=record, schema=schema, key_properties=key_properties)
        if before is not None and found is not before:
            # Immediately: later, its rows would overwrite newer ones.
            self.drain_one(before)
        return found

    @override
    def _process_record_message(self, message_dict: Any) -> None:
        if isinstance(message_dict, Records):
            self._process_records(message_dict)
            return
        message: Message = message_dict
        for transform, sink in self._routes.get(message.stream) or self._route(message.stream):
            if message.version != sink.version:
                self.drain_one(sink)
                sink.begin(message.version)
            record: Any = message.record
            if transform is not None:
                changed = transform(msgspec.json.decode(record))
                if changed is None:
                    continue
                record = msgspec.json.encode(changed, enc_hook=str)
            sink.take(record, message.time_extracted)
            if sink.is_full:
                self.drain_one(sink)
        self._count(1)

    def _process_records(self, found: Records) -> None:
        """Take many records at once.

        Raises:
            NotAlike: Some of them have to be changed, or looked at by themselves.
        """
        first, records = found.first, found.records
        routes = self._routes.get(first.stream) or self._route(first.stream)
        if any(transform is not None or not sink.accepts(records) for transform, sink in routes):
            raise NotAlike
        for _, sink in routes:
            if first.version != sink.version:
                self.drain_one(sink)
                sink.begin(first.version)
            taken = 0
            while taken < len(records):
                some = records[taken : taken + sink.room]
                sink.take_accepted(some, first.time_extracted)
                taken += len(some)
                if sink.is_full:
                    self.drain_one(sink)
        self._count(len(records))

    def _count(self, records: int) -> None:
        before = self._records
        self._records += records
        if before // _LOOK_AT_THE_CLOCK_EVERY < self._records // _LOOK_AT_THE_CLOCK_EVERY:
            self._handle_max_record_age()

    def _route(self, stream: str) -> list[Route]:
        if stream not in self.mapper.stream_maps:
            raise RecordsWithoutSchemaException(f"Stream `{stream}` has a record before its SCHEMA.")
        found: list[Route] = []
        for one in self.mapper.stream_maps[stream]:
            unchanged = isinstance(one, SameRecordTransform) and not one.flattening_enabled
            sink = self._sinks_active.get(one.stream_alias)
            if isinstance(sink, DuckDbSink):
                found.append((None if unchanged else one.transform, sink))
        self._routes[stream] = found
        self._leave_few_open()
        return found

    def _leave_few_open(self) -> None:
        pending = [sink for sink in self._sinks_active.values() if sink.current_size]
        for sink in pending[: max(0, len(pending) - _MAX_OPEN)]:
            self.drain_one(sink)

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        stream, version = message_dict.get("stream"), message_dict.get("version")
        if stream not in self.mapper.stream_maps or not isinstance(version, int):
            raise InputError(f"An ACTIVATE_VERSION of stream `{stream}` precedes its SCHEMA, or has no version.")
        for one in self.mapper.stream_maps[stream]:
            # Buffered rows belong to the version, too.
            self.drain_one(self.get_sink(one.stream_alias))
        super()._process_activate_version_message(message_dict)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise InputError("BATCH messages are not supported: remove `batch_config` from the tap's settings.")
