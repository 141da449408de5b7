"""The tap: settings in, streams out."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_wix_users import settings
from tap_wix_users.cli import CommandLine
from tap_wix_users.garbage import collect_seldom
from tap_wix_users.inputs import valid_bookmarks
from tap_wix_users.log_streams import Logs, LogStream
from tap_wix_users.model_stream import ModelStream
from tap_wix_users.run import Plan, Run
from tap_wix_users.snapshot.previous import PreviousSnapshots
from tap_wix_users.streams import TableStream
from tap_wix_users.summary import Summary
from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.streams import Stream


CATALOG_SWITCHES = ("include_accept_links", "history", "emit_tombstones")


class TapWixUsers(CommandLine):
    """Singer tap for the users, roles, invites and assignments of Wix accounts."""

    name = "tap-wix-users"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.settings_schema()

    def __init__(self, **arguments: Any) -> None:
        self.run = Run(Summary(self.name, self.plugin_version), self._plan, self.logger)
        super().__init__(**arguments)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        found = tables(include_accept_links=self.switches["include_accept_links"])
        return [*(TableStream(self, table, self.run, self.logs, self.switches) for table in found), *self.logs]

    @cached_property
    def switches(self) -> dict[str, bool]:
        """The settings that decide what the catalog looks like; discovery has no others, and does not check these."""
        return {name: settings.is_on(self.config.get(name)) for name in CATALOG_SWITCHES}

    @cached_property
    def logs(self) -> Logs:
        """The two log streams."""
        return Logs(
            LogStream(self, ChangeRow, "observed_at", self.run), LogStream(self, ReceiptRow, "snapshot_at", self.run)
        )

    @cached_property
    def settings(self) -> settings.Settings:
        """The checked settings."""
        return settings.Settings.model_validate(dict(self.config))

    def _plan(self) -> Plan:
        streams = [stream for stream in self.streams.values() if isinstance(stream, TableStream)]
        previous = PreviousSnapshots(self.state.get("bookmarks", {}))
        return Plan(
            self.settings,
            wanted=lambda: [stream.table for stream in streams if stream.selected],
            known=previous.known,
            page_size=previous.page_size,
            stop_after=max(
                (s.ABORT_AT_RECORD_COUNT for s in streams if s.ABORT_AT_RECORD_COUNT is not None), default=None
            ),
            accounts_before=previous.accounts,
        )

    @override
    def setup_mapper(self) -> None:
        if self.input_catalog is not None:
            for stream in self.discover_streams():
                entry = self.input_catalog.get_stream(stream.name)
                if entry is not None and isinstance(stream, ModelStream):
                    stream.complete(entry)
        super().setup_mapper()

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state({"bookmarks": valid_bookmarks(state, self.logger)})


if __name__ == "__main__":
    collect_seldom()
    TapWixUsers.cli()
