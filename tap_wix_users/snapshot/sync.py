"""One table of one account, from a reading to what has to be written. Pure: it knows neither HTTP nor Singer.

What has to be written comes as events, in the order of STREAMS.md section 3.11, so that whatever was written when a run
is killed is true: first that rows follow which the state does not cover, then rows, then removals and changes, then the
receipt, and last the state that covers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tap_wix_users.snapshot.compare import Comparison, Snapshot
from tap_wix_users.snapshot.state import FINGERPRINT_BYTES, TableState
from tap_wix_users.tables.models import DELETED_AT, OBSERVED_AT, SNAPSHOT_AT, ChangeRow, ReceiptRow, Row
from tap_wix_users.wix.errors import Forbidden, Unauthorized
from tap_wix_users.wix.times import following, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_wix_users.snapshot.compare import Change
    from tap_wix_users.snapshot.reading import ReadFailed, Reading
    from tap_wix_users.tables.models import Status


class Uncovered(NamedTuple):
    """What follows is not covered by the state as it stands.

    Attributes:
        at: When the snapshot began.
    """

    at: str


class Send(NamedTuple):
    """A row to send.

    Attributes:
        line: Its columns as JSON, as `Spool.lines` gives them.
        observed_at: The snapshot that first saw this version of it. Its `snapshot_at` is the sync's.
    """

    line: bytes
    observed_at: str


class Bury(NamedTuple):
    """A tombstone to send.

    Attributes:
        record: The key of the row that is gone, and since when.
    """

    record: dict[str, str]


class Log(NamedTuple):
    """A change to log."""

    row: ChangeRow


class Complete(NamedTuple):
    """Every row of the table in this account was sent."""


class Incomplete(NamedTuple):
    """The reading does not count as complete; the error says why, and what to do."""

    error: str


class Receipt(NamedTuple):
    """The receipt of the reading."""

    row: ReceiptRow


class Covered(NamedTuple):
    """The state that covers all that was written."""

    state: TableState


Event: TypeAlias = Uncovered | Send | Bury | Log | Complete | Incomplete | Receipt | Covered


@dataclass(frozen=True)
class Rules:
    """What the settings and the catalog say about a table.

    Attributes:
        method: Replication method, INCREMENTAL or FULL_TABLE.
        content: Names what rows are made of (see `Snapshot`).
        emitted: Names how rows are sent.
        tap_version: Release of the tap.
        rebaseline_days: After how many days every row is sent again.
        max_state_rows: The largest table that is compared.
        max_removal_ratio: The part of the rows that may be gone.
        allow_mass_removal: Whether more may.
        emit_tombstones: Whether removed rows are sent as tombstones.
    """

    method: str
    content: str
    emitted: str
    tap_version: str
    rebaseline_days: int = 7
    max_state_rows: int = 200_000
    max_removal_ratio: float = 0.5
    allow_mass_removal: bool = False
    emit_tombstones: bool = False


class TableSync:
    """Turns a reading into events.

    Args:
        model: The table.
        account_id: The account.
        reading: What was read.
        old: The state of the last complete snapshot; None when there is none.
        rules: What the settings say.

    Attributes:
        at: The snapshot's time.
        too_large: Whether there are too many rows to compare.
    """

    def __init__(
        self, model: type[Row], account_id: str, reading: Reading, old: TableState | None, rules: Rules
    ) -> None:
        self._model = model
        self._account_id = account_id
        self._reading = reading
        self._old = old
        self._rules = rules
        self.at = timestamp(reading.started_at)
        latest = max(old.snapshot_at, old.pending) if old is not None else ""
        if self.at <= latest:
            # A clock that was set back must not make new rows look older than what was written before.
            self.at = following(latest)
        everything = rules.method == "FULL_TABLE"
        snapshot = Snapshot(self.at, rules.content, rules.emitted, everything, rules.rebaseline_days)
        self.too_large = len(reading.rows) > rules.max_state_rows
        self._comparison = Comparison(old, snapshot, keep=not self.too_large)

    @property
    def baseline(self) -> str:
        """Why every row is sent; empty when only changes are."""
        return self._comparison.baseline

    def events(self) -> Iterator[Event]:
        """What has to be written."""
        uncovered = True
        for event in self._events():
            if uncovered and isinstance(event, Send | Bury | Log):
                uncovered = False
                yield Uncovered(self.at)
            yield event

    def _events(self) -> Iterator[Event]:
        keys: list[str] = []
        yield from self._rows(keys)
        status, error = self._judge()
        if status == "complete":
            if self._rules.emit_tombstones:
                yield from self._tombstones()
            yield from self._changes()
            yield Complete()
        else:
            yield Incomplete(error)
        yield Receipt(self._receipt(status, error or None, keys))
        if status == "complete":
            yield Covered(self._comparison.state())

    def _rows(self, keys: list[str]) -> Iterator[Event]:
        for key, line in self._reading.rows.lines():
            keys.append(key)
            fingerprint = blake2b(line, digest_size=FINGERPRINT_BYTES).digest()
            verdict = self._comparison.show(key, fingerprint)
            if verdict.send:
                yield Send(line, verdict.observed_at)

    def _judge(self) -> tuple[Status, str]:
        reading, rules = self._reading, self._rules
        if reading.proof is None:
            return "unverified", _why_unproved(reading)
        if not rules.allow_mass_removal and self._comparison.is_mass_removal(rules.max_removal_ratio):
            return "held", (
                f"a mass removal is held: {self._comparison.gone} of {self._comparison.before} rows are gone. "
                "If that is right, run once with `allow_mass_removal: true`; "
                "if not, look at the API key's permissions and at Wix's status"
            )
        return "complete", ""

    def _tombstones(self) -> Iterator[Event]:
        names = self._model.key[1:] or self._model.key
        for key, version in self._comparison.removed().items():
            parts = dict(zip(names, key.split("|", len(names) - 1), strict=True))
            # As old as the snapshot before: a target that keeps the row must not take it for one that was seen now.
            last_seen = self._old.snapshot_at if self._old else self.at
            seen = {OBSERVED_AT: version.observed_at, SNAPSHOT_AT: last_seen, DELETED_AT: self.at}
            yield Bury({"account_id": self._account_id, **parts, **seen})

    def _changes(self) -> Iterator[Event]:
        comparison = self._comparison
        changes: list[tuple[Change, Any]] = [
            ("added", comparison.added),
            ("modified", comparison.modified),
            ("removed", comparison.removed()),
        ]
        for change, keys in changes:
            for key in keys:
                yield Log(
                    ChangeRow(
                        account_id=self._account_id,
                        stream_name=self._model.table,
                        record_key=key,
                        change_type=change,
                        previous_observed_at=self._old.snapshot_at if self._old else self.at,
                        observed_at=self.at,
                    )
                )

    def _receipt(self, status: Status, error: str | None, keys: list[str]) -> ReceiptRow:
        reading, comparison = self._reading, self._comparison
        return ReceiptRow(
            account_id=self._account_id,
            stream_name=self._model.table,
            snapshot_at=self.at,
            finished_at=timestamp(reading.finished_at),
            status=status,
            replication_method=self._rules.method,
            baseline_at=comparison.baseline_at if status == "complete" else None,
            proof=reading.proof,
            row_count=len(reading.rows),
            expected_count=reading.expected,
            added_count=len(comparison.added) if comparison.compared else None,
            modified_count=len(comparison.modified) if comparison.sees_modified else None,
            removed_count=len(comparison.removed()) if comparison.compared else None,
            duplicate_count=reading.duplicates,
            request_count=reading.requests,
            retry_count=reading.retries,
            attempt_count=reading.attempts,
            digest=sha256("".join(f"{key}\n" for key in sorted(keys)).encode()).hexdigest(),
            error=error,
            tap_version=self._rules.tap_version,
        )


def failed_receipt(
    model: type[Row], account_id: str, read: ReadFailed | Reading, rules: Rules, error: Exception
) -> ReceiptRow:
    """The receipt of a read that brought nothing, or whose rows could not be written.

    Args:
        model: The table.
        account_id: The account.
        read: The read.
        rules: What the settings say.
        error: Why it failed.
    """
    return ReceiptRow(
        account_id=account_id,
        stream_name=model.table,
        snapshot_at=timestamp(read.started_at),
        finished_at=timestamp(read.finished_at),
        status="refused" if isinstance(error, Unauthorized | Forbidden) else "failed",
        replication_method=rules.method,
        baseline_at=None,
        proof=None,
        row_count=None,
        expected_count=None,
        added_count=None,
        modified_count=None,
        removed_count=None,
        duplicate_count=None,
        request_count=read.requests,
        retry_count=read.retries,
        attempt_count=None,
        digest=None,
        error=str(error),
        tap_version=rules.tap_version,
    )


def _why_unproved(reading: Reading) -> str:
    if reading.flaw and reading.attempts > 1:
        why = f"in {reading.attempts} walks, {reading.flaw}: the list changes faster than it can be read"
        advice = "run again at a calmer time, or raise `max_walk_attempts`"
    elif reading.flaw:
        why, advice = reading.flaw, "once that is mended, the next run tells what is gone"
    else:
        why = "the walks do not agree with what Wix counts, or with each other"
        advice = "run again, and if Wix always counts more than there is, set `accept_repeat_proof`"
    return f"the read is not proved to be complete: {why}. Its rows were sent, and none is taken for removed; {advice}"
