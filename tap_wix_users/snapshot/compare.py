"""What changed since the last complete snapshot. Pure: (old state, rows) in, (changes, new state) out.

The rows of a snapshot are compared in batches, and the result of each batch says which of its rows have to be sent. Old
rows that no batch held are removed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from tap_wix_users.snapshot.state import Rows, TableState, Version
from tap_wix_users.wix.text import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

Change: TypeAlias = Literal["added", "modified", "removed"]

CLOCK_TOLERANCE = dt.timedelta(days=1)
"""The largest difference between the clocks of two machines, or of one machine before and after it was set."""

BRAKE_FLOOR = 20
"""A removal of up to this many rows is never a mass removal (docs/streams.md, section 3.4)."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that is compared with the last complete one.

    Attributes:
        at: When it began, or a moment after everything that was written before, if that is later.
        content: Identifies what its fingerprints are made from.
        emitted: Identifies how its rows are sent.
        rebaseline_days: After how many days every row is sent again.
        everything: Whether every row has to be sent in any case.
        clock: When it began according to this machine's clock; None where that is `at`.
    """

    at: str
    content: str
    emitted: str
    rebaseline_days: int
    everything: bool = False
    clock: str | None = None

    @property
    def began_at(self) -> str:
        """When it began according to this machine's clock."""
        return self.clock or self.at

    @property
    def follows_future_state(self) -> bool:
        """Whether the last state is dated in the future, according to this machine's clock."""
        return dt.datetime.fromisoformat(self.at) - dt.datetime.fromisoformat(self.began_at) > CLOCK_TOLERANCE


class Comparison:
    """Compares a snapshot with the last complete one.

    Args:
        old: State of the last complete snapshot; None when there is none.
        new: The snapshot.
        keep: Whether to remember rows: False for a table that is too large for the state.

    Attributes:
        baseline: Why every row is sent; empty when only changes are.
        added: Keys of the rows that are new; empty for a first snapshot, in which nothing counts as added.
        modified: Keys of the rows whose content changed.
    """

    def __init__(self, old: TableState | None, new: Snapshot, *, keep: bool = True) -> None:
        self._old = old
        self._old_rows = Rows.of(old.rows) if old is not None and old.rows is not None and keep else None
        self._new = new
        self._rows = Rows() if keep else None
        self._count = 0
        # Fingerprints made from different content cannot be compared: every row may have changed, so none keeps the
        # time when it was first seen.
        self._comparable = old is not None and old.content == new.content
        self.baseline = _baseline_reason(old, new) if keep else "the table is too large for the state"
        self.added: list[str] = []
        self.modified: list[str] = []
        # Where earlier snapshots are dated in the future, rows are first seen today and not on that future day.
        self._first_seen_now = new.began_at if new.follows_future_state else new.at

    @property
    def compared(self) -> bool:
        """Whether there were rows to compare with."""
        return self._old_rows is not None

    @property
    def sees_modified(self) -> bool:
        """Whether a changed fingerprint means a changed row."""
        return self.compared and self._comparable

    @property
    def baseline_at(self) -> str:
        """The snapshot since which every current row has been sent, once this one is complete."""
        return self._new.at if self.baseline or self._old is None else self._old.baseline_at

    def compare(self, keys: Sequence[str], fingerprints: list[bytes]) -> Sequence[str | None]:
        """Compare a batch of the snapshot's rows; no key may be in two batches.

        Args:
            keys: Their keys.
            fingerprints: Hashes of their content.

        Returns:
            For each row, the snapshot that first saw this version of it; None if the row does not have to be sent.
        """
        self._count += len(keys)
        first_seen = [self._first_seen_now] * len(keys)
        if self._old_rows is None:
            to_send: Sequence[str | None] = first_seen
        else:
            before = list(map(self._old_rows.fingerprints.get, keys))
            if before == fingerprints and self._comparable:
                # Equal, but already there: memory for all rows of a table would be taken twice.
                fingerprints = cast("list[bytes]", before)
                observed = self._old_rows.observed.of(keys)
                first_seen = [min(moment, self._first_seen_now) for moment in observed]
                to_send = first_seen if self.baseline else [None] * len(keys)
            else:
                to_send = self._compare_each(keys, fingerprints, before, first_seen)
        if self._rows is not None:
            self._rows.add(keys, fingerprints, first_seen)
        return to_send

    def _compare_each(
        self, keys: Sequence[str], fingerprints: list[bytes], before: list[bytes | None], first_seen: list[str]
    ) -> Sequence[str | None]:
        """Compare rows of which some have changed, and set `first_seen` of the unchanged ones."""
        observed = self._old_rows.observed if self._old_rows is not None else {}
        to_send: list[str | None] = []
        for place, (key, fingerprint, was) in enumerate(zip(keys, fingerprints, before, strict=True)):
            same = self._comparable and was == fingerprint
            if same:
                first_seen[place] = min(observed[key], self._first_seen_now)
            elif was is None:
                self.added.append(key)
            elif self._comparable:
                self.modified.append(key)
            to_send.append(None if same and not self.baseline else first_seen[place])
        return to_send

    def removed(self) -> dict[str, Version]:
        """The rows of the last complete snapshot that no batch held, by key and in order; call it last."""
        return self._removed

    @cached_property
    def _removed(self) -> dict[str, Version]:
        if self._old_rows is None or self._rows is None:
            return {}
        here = self._rows.fingerprints
        return {key: self._old_rows[key] for key in self._old_rows if key not in here}

    @property
    def before(self) -> int:
        """Number of rows in the last complete snapshot."""
        return self._old.count if self._old else 0

    @property
    def gone(self) -> int:
        """How many of those are gone; where rows are not kept, how many fewer rows there are now."""
        return len(self.removed()) if self.compared else max(0, self.before - self._count)

    @property
    def renamed(self) -> int:
        """Rows of it that are gone, and here under keys that differ only in case or blanks."""
        if not self.added or not self.removed():
            return 0
        new = set(map(folded, self.added))
        return sum(folded(key) in new for key in self.removed())

    @property
    def lost_all(self) -> bool:
        """Whether there were rows, and all of them are gone; a single row may also have been replaced by another."""
        return 0 < self.before == self.gone and (self._count == 0 or self.before > 1)

    def is_mass_removal(self, ratio: float) -> bool:
        """Whether more than this share of the rows, and more than `BRAKE_FLOOR` rows, are gone."""
        return self.gone > BRAKE_FLOOR and self.gone > ratio * self.before

    def state(self) -> TableState:
        """The state after this snapshot, if it is complete."""
        new = self._new
        return TableState(new.at, self.baseline_at, new.content, new.emitted, self._count, self._rows)


def latest_written(old: TableState) -> str:
    """The latest snapshot that may have written rows; a new snapshot has to be later."""
    return max(old.snapshot_at, old.pending)


def _baseline_reason(old: TableState | None, new: Snapshot) -> str:
    if old is None:
        return "there is no state of a complete snapshot"
    age = dt.datetime.fromisoformat(new.began_at) - dt.datetime.fromisoformat(old.baseline_at)
    reasons = {
        "the state holds no rows to compare with": old.rows is None,
        "the previous run left rows that its state does not cover": old.pending != "",
        "the state is dated in the future, according to this machine's clock": new.follows_future_state,
        "columns, settings or the release changed what a row looks like": (
            old.content != new.content or old.emitted != new.emitted
        ),
        f"the last baseline is {age.days} days old": age >= dt.timedelta(days=new.rebaseline_days),
        "the replication method is FULL_TABLE": new.everything,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
