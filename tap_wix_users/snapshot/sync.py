"""One table of one account: turns a read into events to write. Pure: it knows neither HTTP nor Singer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from tap_wix_users.snapshot.compare import Comparison, Snapshot, latest_written
from tap_wix_users.snapshot.events import (
    CheckpointCommitted,
    CheckpointPending,
    LogChange,
    SendRows,
    SendTombstone,
    SnapshotComplete,
    SnapshotIncomplete,
    WriteReceipt,
)
from tap_wix_users.tables.keys import KeySetDigest, key_parts
from tap_wix_users.tables.models import DELETED_AT, OBSERVED_AT, SNAPSHOT_AT, AccountRow, ChangeRow, ReceiptRow, Row
from tap_wix_users.wix.errors import Forbidden, NotFound, Unauthorized
from tap_wix_users.wix.times import following, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_wix_users.snapshot.compare import Change
    from tap_wix_users.snapshot.events import Event
    from tap_wix_users.snapshot.state import TableState
    from tap_wix_users.snapshot.table_read import ReadFailed, TableRead
    from tap_wix_users.tables.models import Status


@dataclass(frozen=True)
class SyncOptions:
    """What the settings and the catalog say about a table.

    Attributes:
        method: Replication method, INCREMENTAL or FULL_TABLE.
        content: Identifies what rows are made from (see `Snapshot`).
        emitted: Identifies how rows are sent.
        tap_version: Version of the tap.
        rebaseline_days: After how many days every row is sent again.
        max_state_rows: Rows of the largest table that is compared.
        max_removal_ratio: The share of the rows that may be gone.
        allow_mass_removal: Whether a larger share may be gone.
        emit_tombstones: Whether removed rows are sent as tombstones.
        logged: Whether changes and receipts are written; without them the state does not advance.
    """

    method: str
    content: str
    emitted: str
    tap_version: str
    rebaseline_days: int
    max_state_rows: int
    max_removal_ratio: float
    allow_mass_removal: bool
    emit_tombstones: bool
    logged: bool = True


class TableSync:
    """Turns a table's read into events.

    Args:
        model: The table.
        account_id: The account.
        read: What was read.
        old: The state of the last complete snapshot; None when there is none.
        options: What the settings say.
        written_at: A snapshot that wrote something that no state covers; empty if there was none.

    Attributes:
        at: The snapshot's time.
        too_large: Whether there are too many rows to compare.
        from_future: Whether the state is dated in the future, according to this machine's clock.
    """

    def __init__(
        self,
        model: type[Row],
        account_id: str,
        read: TableRead,
        old: TableState | None,
        options: SyncOptions,
        written_at: str = "",
    ) -> None:
        self._model = model
        self._account_id = account_id
        self._table_read = read
        self._old = old
        self._options = options
        clock = timestamp(read.started_at)
        latest = max(written_at, latest_written(old) if old is not None else "")
        # If the clock was set back, new rows must still be later than what was written before.
        self.at = clock if clock > latest else following(latest)
        everything = options.method == "FULL_TABLE"
        snapshot = Snapshot(self.at, options.content, options.emitted, options.rebaseline_days, everything, clock)
        self.from_future = snapshot.follows_future_state
        self.too_large = len(read.rows) > options.max_state_rows
        self._comparison = Comparison(old, snapshot, keep=not self.too_large)

    @property
    def baseline(self) -> str:
        """Why every row is sent; empty when only changes are."""
        return self._comparison.baseline

    def events(self) -> Iterator[Event]:
        """What has to be written."""
        committed = self._options.logged
        if not committed:
            yield CheckpointPending(self.at)
        for event in self._events():
            if committed and isinstance(event, SendRows | SendTombstone | LogChange):
                committed = False
                yield CheckpointPending(self.at)
            if self._options.logged or not isinstance(event, CheckpointCommitted):
                yield event

    def _events(self) -> Iterator[Event]:
        keys = KeySetDigest()
        yield from self._rows(keys)
        status, error = self._judge()
        if status == "complete":
            if self._options.emit_tombstones:
                yield from self._tombstones()
            yield from self._changes()
            yield SnapshotComplete()
        else:
            yield SnapshotIncomplete(error)
        yield WriteReceipt(self._receipt(status, error or None, keys))
        if status == "complete":
            yield CheckpointCommitted(replace(self._comparison.state(), page_size=self._table_read.page_size))

    def _rows(self, keys: KeySetDigest) -> Iterator[Event]:
        for chunk in self._table_read.rows.drain():
            keys.add(chunk.keys)
            first_seen = self._comparison.compare(chunk.keys, chunk.fingerprints)
            if first_seen.count(first_seen[0]) < len(first_seen):
                yield from _rows_to_send(chunk.text, first_seen)
            elif first_seen[0] is not None:
                yield SendRows(chunk.text, first_seen[0], len(first_seen))

    def _judge(self) -> tuple[Status, str]:
        read, options = self._table_read, self._options
        if read.proof is None:
            return "unverified", _why_unproved(read)
        if read.contested and not options.allow_mass_removal:
            return "held", (
                f"a removal is held: {read.contested}. If that is right, run once with `allow_mass_removal: true`"
            )
        comparison = self._comparison
        if not options.allow_mass_removal and (renamed := comparison.renamed):
            return "held", (
                f"a removal is held: {renamed} rows are gone, and new ones have ids that differ from theirs only in "
                "case or blanks. If that is right, run once with `allow_mass_removal: true`"
            )
        lost_all = comparison.lost_all and not (read.reported_empty or read.expected == 0)
        if not options.allow_mass_removal and (lost_all or comparison.is_mass_removal(options.max_removal_ratio)):
            gone = (
                f"all {comparison.before} rows are gone, and Wix does not confirm that there are none"
                if lost_all
                else f"{comparison.gone} of {comparison.before} rows are gone"
            )
            return "held", (
                f"a mass removal is held: {gone}. If that is right, run once with `allow_mass_removal: true`; "
                "if not, check the API key's permissions and Wix's status page"
            )
        return "complete", ""

    def _tombstones(self) -> Iterator[Event]:
        names = self._model.key[1:] or self._model.key
        for key, version in self._comparison.removed().items():
            parts = dict(zip(names, key_parts(key), strict=True))
            # Dated to the previous snapshot: in a target that keeps the row, it must not look as if it were seen now.
            last_seen = self._old.snapshot_at if self._old else self.at
            seen = {OBSERVED_AT: version.observed_at, SNAPSHOT_AT: last_seen, DELETED_AT: self.at}
            yield SendTombstone({"account_id": self._account_id, **parts, **seen})

    def _changes(self) -> Iterator[Event]:
        comparison = self._comparison
        changes: list[tuple[Change, Any]] = [
            ("added", comparison.added),
            ("modified", comparison.modified),
            ("removed", comparison.removed()),
        ]
        for change, keys in changes:
            for key in keys:
                yield LogChange(
                    ChangeRow(
                        account_id=self._account_id,
                        stream_name=self._model.table,
                        record_key=key,
                        change_type=change,
                        previous_observed_at=self._old.snapshot_at if self._old else self.at,
                        observed_at=self.at,
                    )
                )

    def _receipt(self, status: Status, error: str | None, keys: KeySetDigest) -> ReceiptRow:
        read, comparison = self._table_read, self._comparison
        return ReceiptRow(
            account_id=self._account_id,
            stream_name=self._model.table,
            snapshot_at=self.at,
            finished_at=timestamp(read.finished_at),
            status=status,
            replication_method=self._options.method,
            baseline_at=comparison.baseline_at if status == "complete" else None,
            proof=read.proof,
            row_count=len(read.rows),
            expected_count=read.expected,
            added_count=len(comparison.added) if comparison.compared else None,
            modified_count=len(comparison.modified) if comparison.sees_modified else None,
            removed_count=len(comparison.removed()) if comparison.compared else None,
            duplicate_count=read.duplicates,
            request_count=read.requests,
            retry_count=read.retries,
            attempt_count=read.attempts,
            digest=str(keys),
            compared_with=self._old.snapshot_at if self._old else None,
            error=error,
            tap_version=self._options.tap_version,
        )


def failed_receipt(
    model: type[Row], account_id: str, read: ReadFailed | TableRead, options: SyncOptions, error: Exception
) -> ReceiptRow:
    """The receipt of a read that returned nothing, or whose rows could not be written.

    Args:
        model: The table.
        account_id: The account.
        read: The read.
        options: What the settings say.
        error: Why it failed.
    """
    known = {
        "account_id": account_id,
        "stream_name": model.table,
        "snapshot_at": timestamp(read.started_at),
        "finished_at": timestamp(read.finished_at),
        "status": "refused" if _is_refusal(model, error) else "failed",
        "replication_method": options.method,
        "request_count": read.requests,
        "retry_count": read.retries,
        "error": str(error),
        "tap_version": options.tap_version,
    }
    return ReceiptRow(**{**dict.fromkeys(ReceiptRow.model_fields), **known})  # type: ignore[arg-type]


def _rows_to_send(text: bytes, first_seen: Sequence[str | None]) -> Iterator[SendRows]:
    """The rows to send; consecutive rows that the same snapshot first saw are sent together."""
    lines = iter(text.splitlines(keepends=True))
    for observed_at, run in groupby(first_seen):
        together = list(islice(lines, len(list(run))))
        if observed_at is not None:
            yield SendRows(b"".join(together), observed_at, len(together))


def _is_refusal(model: type[Row], error: Exception) -> bool:
    """Whether the key has no access. For an account out of its reach, Wix may answer that it does not exist."""
    refusals = (Unauthorized, Forbidden, NotFound) if model is AccountRow else (Unauthorized, Forbidden)
    return isinstance(error, refusals)


def _why_unproved(read: TableRead) -> str:
    if read.doubt:
        why, advice = read.doubt, "the next run that reads the whole list reports what is gone"
    elif read.flaw and read.attempts > 1:
        why = f"in {read.attempts} walks, {read.flaw}: the list changes faster than it can be read"
        advice = "run again at a quieter time, or raise `max_walk_attempts`"
    elif read.flaw:
        why, advice = read.flaw, "once that is fixed, the next run reports what is gone"
    else:
        why = "the walks do not match Wix's count, or each other"
        advice = "run again, and if Wix always counts more rows than it returns, set `accept_repeat_proof`"
    return f"the read is not proved to be complete: {why}. Its rows were sent, and none counts as removed; {advice}"
