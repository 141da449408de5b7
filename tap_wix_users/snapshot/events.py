"""What a sync has to write, as events in the order of docs/streams.md, section 3.11.

Whenever a run is killed, what was written until then is true: first comes a mark that the state does not cover what
follows, then rows, then removals and changes, then the receipt, and last the state that covers them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tap_wix_users.snapshot.state import TableState
    from tap_wix_users.tables.models import ChangeRow, ReceiptRow


class CheckpointPending(NamedTuple):
    """The current state does not cover what follows.

    Attributes:
        at: When the snapshot began.
    """

    at: str


class SendRows(NamedTuple):
    """Rows to send.

    Attributes:
        text: Their columns as JSON lines without closing braces, as in `spool.Chunk`.
        observed_at: The snapshot that first saw these versions of them. Their `snapshot_at` is the sync's.
        number: The number of rows.
    """

    text: bytes
    observed_at: str
    number: int


class SendTombstone(NamedTuple):
    """A tombstone to send.

    Attributes:
        record: The key of the row that is gone, and when that was seen.
    """

    record: dict[str, str]


class LogChange(NamedTuple):
    """A change to log."""

    row: ChangeRow


class SnapshotComplete(NamedTuple):
    """Every row of the table in this account was sent."""


class SnapshotIncomplete(NamedTuple):
    """The read does not count as complete; the error says why, and what to do."""

    error: str


class WriteReceipt(NamedTuple):
    """The receipt of the read."""

    row: ReceiptRow


class CheckpointCommitted(NamedTuple):
    """The state that covers all that was written."""

    state: TableState


Event: TypeAlias = (
    CheckpointPending
    | SendRows
    | SendTombstone
    | LogChange
    | SnapshotComplete
    | SnapshotIncomplete
    | WriteReceipt
    | CheckpointCommitted
)
