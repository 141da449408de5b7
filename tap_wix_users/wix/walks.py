"""Walks through lists that come in pages, and the proof that nothing was missed. Pure: no HTTP, no clock.

A *walk* is one pagination pass: a list, requested from its first page to its last. It decides what to request next,
takes each page, and notes whatever contradicts the claim that the pages are the whole list. A *read* repeats walks
until one is proved. `judge` decides what a walk proves:

- ``count``: it saw as many distinct rows as the API counted, both at the beginning and at the end;
- ``repeat``: the API does not count the rows, or counts fewer, and two walks saw the same rows;
- ``whole``: everything was in one answer.

An empty list is only proved by ``repeat``, or by a count from its own endpoint: nothing looks more like an outage. A
list that was left out of an answer is not an empty list: only a count proves what the rest of the walk saw, and if it
saw nothing, the caller, who knows the last complete snapshot, has to decide (`Walk.left_out`).

Why a proved walk saw every row that existed from its beginning to its end: neighbouring pages overlap by one row, so
a list that shifts during the walk disagrees with itself at the next seam. The one case that a seam cannot show (one row
moves back, another leaves, and a third joins, all within one walk) needs a row that joined during the walk; where the
API returns creation times, such a walk is not proved by its count and has to be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tap_wix_users.wix.text import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Proof: TypeAlias = Literal["count", "repeat", "whole"]

_MAX_PAGES = 20_000
"""After this many pages a list is considered endless, if the API does not count its rows."""

_SPARE_PAGES = 10
"""After this many pages more than twice the rows that the API counts, a list is considered endless."""

_MAX_EMPTY_PAGES = 10
"""After this many consecutive pages without rows, the walk stops following cursors."""


class Entry(NamedTuple):
    """A row as a walk sees it.

    Attributes:
        kind: Which list it belongs to; each kind is counted separately.
        key: Identifies it within its kind.
        created_at: When it was created, or joined, as text that sorts by time; None when the API does not say.
    """

    kind: str
    key: str
    created_at: str | None = None


@dataclass
class Walk:
    """What one walk saw.

    Attributes:
        kinds: The kinds of row that the API may count. Rows of other kinds are remembered, but never counted.
        horizon: Rows created at or after this moment may have joined during the walk; text like `Entry.created_at`.
        pages: Pages that held new rows.
        done: Whether there is nothing more to request.
        flaw: What contradicts the walk; None when nothing does.
        duplicates: Rows that were returned more than once, not counting the overlap.
        counts_first: Rows per kind as the API counted them at the beginning; None when it did not.
        counts_last: The same at the end.
        seen: Keys of the distinct rows, per kind.
        unsettled: Kinds with rows that may have joined during the walk, so that their count proves nothing.
        at_once: Whether all rows were in one answer, and no other answer could have held any.
        claims: Rows per kind that an answer implies besides the API's count of the list. It may be the number of a
            page or of the list, so it proves nothing, but contradicts a walk that saw fewer.
        counted_apart: Whether the counts come from another endpoint than the list's own.
        reported_empty: Kinds of which the API itself counts no rows.
        left_out: Whether the list was missing from an answer that was otherwise the endpoint's.
        partly: Which part of the list was left out, in words; rows of that part are not known to be gone.
        holders: How many rows hold each role according to the API; None where it does not say.
        unread: Which rows could not be read, in words. They may be of any kind, so only a count proves the others.
    """

    kinds: tuple[str, ...]
    horizon: str
    pages: int = 0
    done: bool = False
    flaw: str | None = None
    duplicates: int = 0
    counts_first: Mapping[str, int] | None = None
    counts_last: Mapping[str, int] | None = None
    seen: dict[str, set[str]] = field(init=False)
    unsettled: set[str] = field(default_factory=set)
    at_once: bool = True
    claims: dict[str, int] = field(default_factory=dict)
    counted_apart: bool = False
    reported_empty: set[str] = field(default_factory=set)
    left_out: bool = False
    partly: str | None = None
    holders: Mapping[str, int] | None = None
    unread: str | None = None

    def __post_init__(self) -> None:
        self.seen = {kind: set() for kind in self.kinds}

    @property
    def rows(self) -> int:
        """Distinct rows of all kinds."""
        return sum(map(len, self.seen.values()))

    @property
    def expected(self) -> int | None:
        """Rows of all kinds as counted at the beginning; None unless every kind was counted."""
        counts = self.counts_first or {}
        return sum(counts.values()) if counts.keys() >= set(self.kinds) else None

    def claim(self, kind: str, rows: int | None) -> None:
        """Note how many rows of a kind an answer implies, which may be those of a page or of the list."""
        self.claims[kind] = max(rows or 0, self.claims.get(kind, 0))

    def conclude(self) -> None:
        """Check a finished walk as a whole."""
        for kind in self.kinds:
            if len(set(map(folded, self.seen[kind]))) < len(self.seen[kind]):
                self._note("two rows have ids that differ only in case or blanks")

    def _note(self, flaw: str) -> None:
        self.flaw = self.flaw or flaw

    def _add(self, entries: Sequence[Entry]) -> list[int]:
        """Remember rows; returns the positions of the new ones."""
        fresh = []
        for position, (kind, key, created_at) in enumerate(entries):
            keys = self.seen.setdefault(kind, set())
            if key in keys:
                self.duplicates += 1
                self._note("a row was returned twice")
                continue
            keys.add(key)
            fresh.append(position)
            if created_at is not None and created_at >= self.horizon:
                self.unsettled.add(kind)
        if fresh:
            self.pages += 1
        return fresh

    def _stop_beyond_counts(self) -> None:
        """End a walk that goes on without end: each page has at least one row, so twice as many pages are too many."""
        expected = self.expected
        if self.pages > (_MAX_PAGES if expected is None else _SPARE_PAGES + 2 * expected):
            self._note("there are far more pages than the list can have")
            self.done = True


@dataclass
class OffsetWalk(Walk):
    """A walk by offset. The next request is for `limit` rows from `offset` on.

    Attributes:
        limit: Rows to ask for.
        offset: Rows to skip: the last row that was seen is requested again.
        overlaps: Whether the next page has to begin with the last row of the previous one.
        short_below: A page with fewer rows than this was not capped; None where the API documents its limit, so that
            any page below `limit` was not capped.
    """

    limit: int = 100
    offset: int = 0
    overlaps: bool = False
    short_below: int | None = None
    _last: Entry | None = None
    _longest: int = 0
    _begun: bool = False

    @property
    def needs_counts(self) -> bool:
        """Whether the next request has to include the API's counts: it may be the first or the last one."""
        return self.expected is None or self.rows >= self.expected

    @property
    def _full(self) -> int:
        """A page with this many rows may be full."""
        return self.limit if self.short_below is None else min(self.limit, self.short_below)

    def upcoming(self) -> Iterator[int]:
        """The offsets of the pages after the next one, up to the API's count."""
        step = self._longest - 1
        if self.expected is not None and step > 0 and not self.needs_counts:
            yield from range(self.offset + step, self.expected - 1, step)

    def take(self, entries: Sequence[Entry] | None, counts: Mapping[str, int] | None = None) -> list[int]:
        """Take the page that was requested.

        Args:
            entries: Its rows, in their order; None when the list was left out of the answer.
            counts: Rows per kind as the API counts them, if this page has counts.

        Returns:
            The positions of the rows that were not seen before.
        """
        if not self._begun:
            self.counts_first = counts
            self._begun = True
        elif not self.overlaps:
            # Without an overlap, nothing shows whether the list shifted: only a second walk can prove this one.
            self.at_once = False
            self.unsettled.update(self.kinds)
        self.counts_last = counts
        if entries is None and not (self.rows and self._longest < self._full):
            # After a short page, the list may have been left out because it is empty.
            self.left_out = True
        if not entries:
            if self.overlaps:
                self._note("the last row of a page was gone when the next one came")
            self.done = True
            return []
        skipped = self._check_seam(entries[0])
        self._longest = max(self._longest, len(entries))
        fresh = [position + skipped for position in self._add(entries[skipped:])]
        if fresh:
            self._step(entries)
        else:
            self.done = True
            if len(entries) > skipped:
                self._note("a page was returned again")
        return fresh

    def _check_seam(self, first: Entry) -> int:
        """How many rows at the beginning of the page belong to the overlap."""
        if not self.overlaps or self._last is None:
            return 0
        if first[:2] == self._last[:2]:
            return 1
        self._note("two neighbouring pages disagree about the row that they share")
        return 0

    def _step(self, entries: Sequence[Entry]) -> None:
        self._last = entries[-1]
        # A page of one row would hold nothing but the overlap: such a walk has none, and ends at an empty page.
        self.overlaps = self._longest > 1
        self.offset += len(entries) - self.overlaps
        # A full page may be capped, whatever the API counts.
        self.done = self.pages == 1 and len(entries) < self._full and _counts_agree(self)
        self._stop_beyond_counts()


@dataclass
class CursorWalk(Walk):
    """A walk by cursor. The next request is for the page at `cursor`.

    Attributes:
        cursor: Where the next page begins; None for the first one.
    """

    cursor: str | None = None
    _followed: set[str] = field(default_factory=set)
    _empty: int = 0

    def take(self, entries: Sequence[Entry] | None, next_cursor: str | None, *, has_next: bool | None) -> list[int]:
        """Take the page that was requested.

        Args:
            entries: Its rows, in their order; None when the list was left out of the answer.
            next_cursor: Where the next page begins, according to the API.
            has_next: Whether there is one, according to the API; None when it does not say. A cursor that comes with
                `has_next: false` is followed, too, until a page has no rows.

        Returns:
            The positions of the rows that were not seen before.
        """
        self.at_once = self.cursor is None
        self.left_out = self.left_out or entries is None
        fresh = self._add(entries or ())
        self._empty = 0 if fresh else self._empty + 1
        self.done = not (has_next or (next_cursor and (has_next is None or entries)))
        if self.done:
            return fresh
        if not next_cursor:
            self._stop("the API says that there is a next page, but not where")
        elif next_cursor in self._followed:
            self._stop("a cursor was returned again")
        elif self._empty >= _MAX_EMPTY_PAGES:
            self._stop("the cursors lead from one empty page to another")
        else:
            self._followed.add(next_cursor)
            self.cursor = next_cursor
            self._stop_beyond_counts()
        return fresh

    def _stop(self, flaw: str) -> None:
        self._note(flaw)
        self.done = True


def judge(kind: str, walk: Walk, previous: Walk | None = None, *, accept_repeat_proof: bool = False) -> Proof | None:
    """What a finished walk proves about the rows of one kind.

    Args:
        kind: The kind of row.
        walk: The walk.
        previous: The walk before it, if there was one.
        accept_repeat_proof: Accept two equal walks as a proof even if the API counts more rows than they saw.

    Returns:
        The proof, or None.
    """
    if walk.flaw or not walk.done:
        return None
    seen = len(walk.seen[kind])
    counts = [counts.get(kind) for counts in (walk.counts_first, walk.counts_last) if counts is not None]
    known = [count for count in counts if count is not None]
    at_once = walk.at_once and walk.pages == 1
    fits = len(known) == 2 and known == [seen, seen]
    # Beside what cannot be read, no rows are only proved if the API says so itself: a count of 0 may be one left out.
    told = seen or not walk.unread or kind in walk.reported_empty
    if fits and told and (walk.pages or walk.counted_apart) and (at_once or kind not in walk.unsettled):
        return "count"
    if walk.unread or (walk.left_out and walk.rows):
        return None
    short = any(count > seen for count in (*known, walk.claims.get(kind, 0)))
    if at_once and not short and not walk.left_out:
        return "whole"
    repeated = previous is not None and not previous.flaw and previous.seen[kind] == walk.seen[kind]
    return "repeat" if repeated and (accept_repeat_proof or not short) else None


def _counts_agree(walk: Walk) -> bool:
    counts = walk.counts_first or {}
    return walk.rows == walk.expected and all(counts.get(kind) == len(walk.seen[kind]) for kind in walk.kinds)
