"""The tap: settings in, streams out, and an honest end."""

from __future__ import annotations

import contextlib
import copy
import gc
import os
import signal
import sys
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk import Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_wix_users import settings
from tap_wix_users.extract import AccountRef, Extractor
from tap_wix_users.inputs import load_json_file, valid_bookmarks
from tap_wix_users.snapshot.table_read import ReadFailed
from tap_wix_users.streams import IncompleteRead, LogStream, TableStream
from tap_wix_users.summary import Summary
from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import tables
from tap_wix_users.wix.client import WixClient
from tap_wix_users.wix.errors import Forbidden, WixError
from tap_wix_users.wix.proving import Effort
from tap_wix_users.writer import LineWriter, TargetGone

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from singer_sdk.plugin_base import _ConfigInput
    from singer_sdk.streams import Stream

    from tap_wix_users.summary import RunOutcome


CATALOG_SWITCHES = ("include_accept_links", "history", "emit_tombstones")

_SDK_SETTINGS = (
    "`stream_maps`, or another setting of the Singer SDK, is not as `--about` describes it. "
    "Its value is not shown here, since it may be a secret"
)


@dataclass(frozen=True)
class Failure:
    """A part of the run that did not end as it should.

    Attributes:
        streams: What is incomplete.
        account_id: In which account.
        error: Why, and what to do.
    """

    streams: list[str]
    account_id: str
    error: Exception


class TapWixUsers(Tap):
    """Singer tap for the users, roles, invites and assignments of Wix accounts."""

    name = "tap-wix-users"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.settings_schema()
    message_writer_class = LineWriter
    # BATCH files ignore deselection, stream maps and filters (meltano/sdk#1117).
    capabilities: ClassVar[list[Any]] = [c for c in Tap.capabilities if c is not PluginCapabilities.BATCH]

    def __init__(self, **arguments: Any) -> None:
        self.failures: list[Failure] = []
        self.accounts_known = True
        self.summary = Summary(self.name, self.plugin_version)
        super().__init__(**arguments)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        found = tables(include_accept_links=self.switches["include_accept_links"])
        return [*(TableStream(self, table) for table in found), self.changes, self.receipts]

    @cached_property
    def switches(self) -> dict[str, bool]:
        """The settings that decide what the catalog looks like; discovery has no others, and none that are checked."""
        return {name: settings.is_on(self.config.get(name)) for name in CATALOG_SWITCHES}

    @override
    def setup_mapper(self) -> None:
        if self.input_catalog is not None:
            for stream in self.discover_streams():
                entry = self.input_catalog.get_stream(stream.name)
                if entry is not None and isinstance(stream, TableStream):
                    stream.complete(entry)
        super().setup_mapper()

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state({"bookmarks": valid_bookmarks(state, self.logger)})

    @cached_property
    def changes(self) -> LogStream:
        """The stream of what changed."""
        return LogStream(self, ChangeRow, "observed_at")

    @cached_property
    def receipts(self) -> LogStream:
        """The stream of receipts."""
        return LogStream(self, ReceiptRow, "snapshot_at")

    @cached_property
    def settings(self) -> settings.Settings:
        """The checked settings."""
        return settings.Settings.model_validate(dict(self.config))

    @cached_property
    def extractor(self) -> Extractor:
        """Reads the accounts of this run."""
        chosen = self.settings
        client = WixClient(
            api_key=chosen.api_key.get_secret_value(),
            base_url=chosen.base_url,
            requests_per_minute=chosen.requests_per_minute,
            request_timeout=chosen.request_timeout,
            max_retry_seconds=chosen.max_retry_seconds,
            max_concurrency=chosen.max_concurrency,
        )
        self.summary.client = client
        streams = [stream for stream in self.streams.values() if isinstance(stream, TableStream)]
        effort = Effort(
            page_size=chosen.page_size,
            attempts=chosen.max_walk_attempts,
            accept_repeat_proof=chosen.accept_repeat_proof,
            enough=max((s.ABORT_AT_RECORD_COUNT for s in streams if s.ABORT_AT_RECORD_COUNT is not None), default=None),
        )
        return Extractor(
            client, effort, locale=chosen.locale, wanted=lambda: [stream.table for stream in streams if stream.selected]
        )

    @cached_property
    def accounts(self) -> list[AccountRef]:
        """The accounts of this run, the configured one first."""
        account_id = self.settings.account_id
        refs = [AccountRef(account_id)]
        if self.settings.include_child_accounts:
            what = "the list of child accounts"
            try:
                children, proved = self.extractor.child_accounts(account_id)
                refs += children
                if not proved and self.extractor.whole:
                    self.accounts_known = False
                    self.fail(what, account_id, IncompleteRead("it is not proved to be complete: run again"))
            except WixError as error:
                self.accounts_known = False
                self.fail(what, account_id, error)
        return refs

    def fail(self, stream: str, account_id: str, error: Exception) -> None:
        """Note that a stream is incomplete; the same error of several streams is one failure."""
        for failure in self.failures:
            if failure.error is error:
                failure.streams.append(stream)
                return
        self.failures.append(Failure([stream], account_id, error))
        self.logger.warning("%s of account %s is not complete; the end of this log says why", stream, account_id)

    def tell(self, outcome: RunOutcome) -> None:
        """Log what this run did, as one line."""
        self.summary.tell(self.logger, outcome, [name for failure in self.failures for name in failure.streams])

    def conclude(self) -> int:
        """Name what failed, in one place, and give the exit code."""
        if not self.failures:
            return 0
        self.logger.error("This run is not complete: %d failure(s), everything else is", len(self.failures))
        for failure in self.failures:
            self.logger.error("- %s of account %s: %s", ", ".join(failure.streams), failure.account_id, failure.error)
        reads = [failure.error.error for failure in self.failures if isinstance(failure.error, ReadFailed)]
        if len(reads) > 1 and all(isinstance(error, Forbidden) for error in reads):
            self.logger.error("So much was refused that `account_id` may not be the account that owns the API key")
        return 1

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # Before the SDK's own check, whose messages repeat the value of a wrong-typed secret.
        if errors := settings.problems(self._config):
            if raise_errors:
                raise ConfigValidationError("Config validation failed", errors=errors, schema={})
            return errors
        checked = settings.Settings.model_validate(self._config).model_dump(exclude={"api_key"}, exclude_unset=True)
        self._config.update(checked)
        if super()._validate_config(raise_errors=False):
            errors = [_SDK_SETTINGS]
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors, schema={})
        for sentence in settings.unknown(self._config, self.config_jsonschema["properties"]):
            self.logger.warning(sentence)
        return errors

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805  # a property of the class
        # As text: the SDK's conversion of numbers ends in a traceback, ours in a sentence.
        schema = copy.deepcopy(cls.config_jsonschema)
        for name in settings.Settings.model_fields:
            schema["properties"][name]["type"] = ["string"]
        cls.append_builtin_config(schema)
        found = parse_environment_config(schema, cls._env_var_prefix)
        return {name: value for name, value in found.items() if value != ""}

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # The SDK writes a STATE here and exits with 0: the state may be ahead of rows in a half-written line, and a
        # run that was ended is no success.
        self.logger.error(
            "Ended by %s; what a target has stored up to the last STATE is complete", signal.Signals(signum).name
        )
        raise Terminated(128 + signum)

    @override
    def run_discovery(self) -> str:
        with _printed(self.logger):
            return super().run_discovery()

    @classmethod
    @override
    def print_about(cls, output_format: str | None = None) -> None:
        with _printed(cls.logger):
            super().print_about(output_format)

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError) as error:
            reason = (error.strerror or "no such file") if isinstance(error, OSError) else "not a JSON object"
            raise click.BadParameter(f"cannot read {' '.join(value)}: {reason}") from None

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if value == CliTestOptionValue.Disabled.value:
            return
        config: _ConfigInput = ctx.params["config"]
        try:
            tap = cls(config=config.config, parse_env_config=config.parse_env)
        except ConfigValidationError as error:
            for sentence in error.errors:
                cls.logger.error(sentence)  # noqa: TRY400  # the sentence is all there is to know
            ctx.exit(1)
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        else:
            cls._run(tap, tap.run_connection_test, told=False)
            cls.logger.info("The connection works: every stream could be read")
        ctx.exit()

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # as the SDK's own does
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap.

        Args:
            about: Print what the tap is, and end.
            about_format: In which form.
            config: Settings.
            state: State of the run before.
            catalog: Selection of streams and columns.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=config.parse_env if config else False,
            state=load_json_file(state, "--state"),
            catalog=load_json_file(catalog, "--catalog"),
        )
        for name in (ChangeRow.table, ReceiptRow.table):
            if not tap.streams[name].selected:
                cls.logger.warning("`%s` is not selected: which rows are current cannot be told without it", name)
        cls._run(tap, tap.sync_all)

    @classmethod
    def _run(cls, tap: TapWixUsers, job: Callable[[], Any], *, told: bool = True) -> None:
        """Do a job, and end the process with a code other than 0 when any part of it failed.

        Args:
            tap: The tap.
            job: What to do.
            told: Whether it is a run, of which the log tells a summary.
        """
        tell: Callable[[RunOutcome], None] = tap.tell if told else lambda _: None
        # Rows live as long as their page: looking for cycles among them after every 700 only costs time.
        gc.set_threshold(50_000, 20, 20)
        writer = cast("LineWriter", tap.message_writer)
        try:
            job()
            writer.flush()
        except Terminated as end:
            tell("terminated")
            # Requests under way hold the interpreter's own exit up until they are answered.
            _flush_briefly(writer)
            os._exit(end.code)
        except TargetGone as end:
            # What is still buffered can never be written: the interpreter would only complain about it.
            cls.logger.error("Cannot write to the target: %s", end.reason)  # noqa: TRY400
            tell("target_gone")
            sys.stderr.flush()
            os._exit(1)
        except BaseException:
            tell("crashed")
            raise
        tell("incomplete" if tap.failures else "complete")
        if code := tap.conclude():
            sys.exit(code)


class Terminated(SystemExit):
    """A signal ended the run."""

    code: int


@contextlib.contextmanager
def _printed(logger: logging.Logger) -> Iterator[None]:
    """End with one sentence where what is printed cannot be written."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        logger.error("Cannot write what was asked for: %s", error.strerror)  # noqa: TRY400
        sys.stderr.flush()
        # An exit of the usual kind would try to write the rest, and complain.
        os._exit(1)


def _flush_briefly(writer: LineWriter, seconds: float = 1.0) -> None:
    """Hand over whole lines, unless whoever reads them is stuck."""

    def flush() -> None:
        with contextlib.suppress(TargetGone, RuntimeError):
            writer.flush()

    last = threading.Thread(target=flush, daemon=True)
    last.start()
    last.join(seconds)
    sys.stderr.flush()


if __name__ == "__main__":
    TapWixUsers.cli()
