"""The log streams: what changed in the other streams, and how each read went."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import override

from tap_wix_users.model_stream import ModelStream
from tap_wix_users.sdk import MapFailed
from tap_wix_users.tables.schema import singer_schema

if TYPE_CHECKING:
    from singer_sdk import Tap

    from tap_wix_users.run import Run
    from tap_wix_users.tables.models import Row


class LogStream(ModelStream):
    """A stream of rows about other streams, which write them between their own: it reads nothing itself.

    It is append-only, so it announces no version, whatever the catalog says.

    Attributes:
        lost: Rows that a stream map could not be applied to.
    """

    def __init__(self, tap: Tap, model: type[Row], moment: str, run: Run) -> None:
        super().__init__(tap, model, singer_schema(model), moment)
        self._run = run
        self.lost = 0

    @property
    @override
    def versioned(self) -> bool:
        return False

    def write(self, row: Row) -> None:
        """Write one row, if the stream is selected."""
        if self.selected:
            try:
                self.send(row.__dict__, dt.datetime.now(dt.UTC))
                self._run.summary.rows[self.name] += 1
            except MapFailed as failure:
                self.lost += 1
                self._run.fail(self.name, row.account_id, failure)


class Logs(NamedTuple):
    """The two log streams.

    Attributes:
        changes: What changed.
        receipts: How each read went.
    """

    changes: LogStream
    receipts: LogStream

    @property
    def selected(self) -> bool:
        """Whether both are selected: without them it is unknown which rows are current."""
        return self.changes.selected and self.receipts.selected

    @property
    def lost(self) -> int:
        """Rows of either that could not be written."""
        return self.changes.lost + self.receipts.lost
