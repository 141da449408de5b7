"""Everything that depends on the Singer SDK's private API, behind public names of our own."""

from __future__ import annotations

import copy
import os
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Catalog, RecordMessage
from singer_sdk.streams.core import Stream
from singer_sdk.tap_base import Tap
from typing_extensions import override

from tap_wix_users import maps, settings
from tap_wix_users.tables.registry import MODELS
from tap_wix_users.writer import LineWriter

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Generator, Iterator
    from types import FrameType

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.plugin_base import _ConfigInput

    from tap_wix_users.tables.models import Row

    ConfigInput: TypeAlias = _ConfigInput
    """The settings as parsed from the command line."""

_SDK_SETTINGS = (
    "`stream_maps`, or another setting of the Singer SDK, does not match what `--about` describes. "
    "Its value is not shown here, since it may be a secret"
)


_BAD_MAP = "the Singer SDK rejects it; the SDK's message is not shown here, since it repeats the map's content"
_MAP_ERRORS: dict[type[Exception], str] = {MapExpressionError: "an expression in it cannot be read"}


class SdkTap(Tap):
    """A tap that checks its settings and handles signals itself instead of leaving both to the SDK."""

    message_writer_class = LineWriter
    # BATCH files ignore deselection, stream maps and filters (meltano/sdk#1117).
    capabilities: ClassVar[list[Any]] = [c for c in Tap.capabilities if c is not PluginCapabilities.BATCH]

    @property
    def writer(self) -> LineWriter:
        """Writes the messages."""
        return cast("LineWriter", self.message_writer)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self._config = settings.only_set(self._config)
        # Before the SDK's own check, whose messages repeat the value of a wrong-typed secret.
        if errors := settings.problems(self._config):
            if raise_errors:
                raise ConfigValidationError("Config validation failed", errors=errors, schema={})
            return errors
        checked = settings.Settings.model_validate(self._config).model_dump(exclude={"api_key"}, exclude_unset=True)
        self._config.update(checked)
        errors = maps.refusals(self._config.get("stream_maps"), MODELS)
        if super()._validate_config(raise_errors=False):
            errors = [_SDK_SETTINGS]
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors, schema={})
        for sentence in settings.unknown(self._config, self.config_jsonschema["properties"]):
            self.logger.warning(sentence)
        return errors

    @override
    def setup_mapper(self) -> None:
        super(Tap, self).setup_mapper()
        problems = []
        for name, entry in self.catalog.items():
            try:
                if entry.metadata.resolve_selection()[()]:
                    self.mapper.register_raw_streams_from_catalog(Catalog({name: entry}))
                else:
                    # No column is selected, so the SDK would find no key columns: register the whole schema.
                    self.mapper.register_raw_stream_schema(name, entry.schema.to_dict(), entry.key_properties)
            except Exception as error:  # user-supplied expressions can raise anything, and messages repeat them
                problems.append(f"`stream_maps` cannot be used for `{name}`: {_MAP_ERRORS.get(type(error), _BAD_MAP)}")
        if problems:
            raise ConfigValidationError("Config validation failed", errors=problems, schema={})
        for sentence in maps.effects(self.config.get("stream_maps"), MODELS):
            self.logger.info(sentence)

    @classmethod
    @override
    @cache
    def get_plugin_version(cls) -> str:
        # Kept: the SDK reads the package's metadata anew each time, and every receipt names the version.
        return super().get_plugin_version()

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805  # a property of the class
        # As text: the SDK's conversion of numbers fails with a traceback, ours with a message.
        schema = copy.deepcopy(cls.config_jsonschema)
        for name in settings.Settings.model_fields:
            schema["properties"][name]["type"] = ["string"]
        cls.append_builtin_config(schema)
        found: dict[str, Any] = {}
        for name, declared in schema["properties"].items():
            try:
                found |= parse_environment_config({"properties": {name: declared}}, cls._env_var_prefix)
            except (ValueError, RecursionError):
                variable = f"{cls._env_var_prefix}{name.upper()}"
                # The variable is there: an empty one is not set, as with any other setting.
                if os.environ[variable]:
                    error = f"`{variable}` is not as `--about` describes it. Its value is not shown here"
                    raise ConfigValidationError("Config validation failed", errors=[error], schema={}) from None
        return {name: value for name, value in found.items() if value != ""}

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # The SDK writes a STATE here and exits with 0: the state may be ahead of rows in a half-written line, and a
        # terminated run has not succeeded.
        self.end_by_signal(signum)

    def end_by_signal(self, number: int) -> None:
        """End the run because of a signal.

        Args:
            number: The number of the signal.
        """
        raise NotImplementedError


class SdkStream(Stream):
    """A stream that writes its own messages when the SDK syncs it."""

    # The models declare the columns' types, and the records have those columns: there is nothing left to conform.
    TYPE_CONFORMANCE_LEVEL: ClassVar[TypeConformanceLevel] = TypeConformanceLevel.NONE  # type: ignore[misc]

    def __init__(self, tap: Tap, model: type[Row], schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema, name=model.table)
        self.primary_keys = model.key
        self._described = False

    def write_accounts(self) -> Iterator[int]:
        """Write everything; yields the number of rows of each account. Yields nothing in a stream without own rows."""
        return iter(())

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        # Nothing for the SDK to write: `write_accounts` writes the rows, and the other messages between them.
        return iter(())

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        # The streams keep their own state: the SDK has no bookmark to limit.
        return None

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, None, None]:
        with self.get_record_counter() as counter, self.get_sync_timer():
            for rows in self.write_accounts():
                counter.increment(rows)
        yield from ()

    @override
    def _write_schema_message(self) -> None:
        # Once per run: targets flush their buffers at every SCHEMA.
        if not self._described:
            self._described = True
            super()._write_schema_message()

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        # The SDK calls this before the first row: a run that then fails would have made targets delete everything.
        # Milliseconds, because two runs may begin in the same second.
        self._stream_version = self._initialized_at if self.versioned else None

    @property
    def versioned(self) -> bool:
        """Whether rows may carry a version; append-only streams override this, whatever the catalog says."""
        return True

    def announce_version(self) -> None:
        """Write ACTIVATE_VERSION, if rows carry a version: targets then delete the rows of other versions."""
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    def write_state(self) -> int:
        """Write a STATE message, which holds the state of all streams; returns its length in bytes."""
        self._tap.state_writer.write_state(self.tap_state)
        return cast("LineWriter", self._tap.message_writer).state_bytes

    @cached_property
    def columns(self) -> list[str]:
        """The selected columns that are in the catalog: one made by an older release lacks the newest columns."""
        known = self.effective_schema["properties"]
        return [name for name in self.schema["properties"] if name in known and self.mask[("properties", name)]]

    def send(self, record: Record, extracted_at: dt.datetime) -> None:
        """Write the selected columns of a record, after the stream's SCHEMA.

        Replaces the SDK's own method, which works out the selected columns again for every record.

        Raises:
            MapFailed: A stream map could not be applied.
        """
        self._write_schema_message()
        selected = {name: record[name] for name in self.columns if name in record}
        for stream_map in self.stream_maps:
            try:
                mapped = stream_map.transform(selected)
            except Exception as error:  # a map runs the user's own expressions
                raise MapFailed(stream_map.stream_alias, error) from None
            if mapped is not None:
                alias, version = stream_map.stream_alias, self._stream_version
                self._tap.write_message(RecordMessage(alias, mapped, version=version, time_extracted=extracted_at))

    @property
    def is_mapped(self) -> bool:
        """Whether rows are changed before they are sent: mapped, flattened, or without some columns."""
        stream_map, *others = self.stream_maps
        unchanged = type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled
        return bool(others) or not unchanged or len(self.columns) < len(self.schema["properties"])

    @property
    def version(self) -> int | None:
        """The version that rows carry, by which a target deletes the others; None where they carry none."""
        return self._stream_version

    @property
    def writer(self) -> LineWriter:
        """Writes the messages."""
        return cast("LineWriter", self._tap.message_writer)


class MapFailed(Exception):
    """A stream map could not be applied. The error's message may hold the record, so only its type is reported."""

    def __init__(self, stream: str, error: Exception) -> None:
        super().__init__(
            f"a stream map of `{stream}` failed with {type(error).__name__}: its expressions have to accept null, too"
        )
