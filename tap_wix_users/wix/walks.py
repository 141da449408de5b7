"""Walks through lists that come in pages, and the proof that nothing was missed. Pure: no HTTP, no clock.

A *walk* is one pagination pass: a list, asked for from its first page to its last. It says what to ask next, takes the
page that came, and notes whatever contradicts the claim that the pages are the whole list. A *read* repeats walks until
one is proved. `judge` then says what the walk proves:

- ``count``: as many distinct rows as the API counts, first and last;
- ``repeat``: the API counts none, or fewer, and two walks saw the same rows;
- ``whole``: everything came in one answer.

An empty list is only proved by ``repeat``, or by a count of its own endpoint: nothing looks more like an outage. A list
that was left out of an answer is not an empty one: only a count proves what the rest of the walk saw, and where it saw
nothing, `judge` leaves it to whoever knows the last complete snapshot (`Walk.left_out`).

Why a row that exists from the beginning to the end of a proved walk was seen: neighbouring pages overlap by one row, so
a list that shifts under the walk disagrees with itself at the next seam. What the seam cannot show (one row moves
back, another leaves, and a third joins, within one walk) needs a row that joined during the walk; where rows have
their age, such a walk is not proved by its count and has to be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Proof: TypeAlias = Literal["count", "repeat", "whole"]

_MOST_PAGES = 20_000
"""So many pages, where the API counts no rows, and a list is taken for one without an end."""

_SPARE_PAGES = 10
"""So many pages more than twice the rows that the API counts, and a list is taken for one without an end."""

_MOST_EMPTY_PAGES = 10
"""So many pages without a row, one after another, and a cursor is taken to lead nowhere."""


class Entry(NamedTuple):
    """A row as a walk sees it.

    Attributes:
        kind: Which list it belongs to; kinds are counted apart.
        key: Identifies it within its kind.
        born: When it came to be, as text that sorts by time; None when the API does not say.
    """

    kind: str
    key: str
    born: str | None = None


@dataclass
class Walk:
    """What one walk saw.

    Attributes:
        kinds: The kinds of row that the API may count. Rows of another kind are remembered, and never counted.
        horizon: Rows born at or after this moment may have joined during the walk; text like `Entry.born`.
        pages: Pages that brought rows.
        done: Whether there is nothing more to ask.
        flaw: What contradicts the walk; None when nothing does.
        duplicates: Rows that came more than once, the overlap aside.
        counts_first: Rows per kind as the API counted them at the beginning; None when it did not.
        counts_last: The same at the end.
        seen: Keys of the distinct rows, per kind.
        newborns: Kinds with rows that may have joined during the walk, so that their count proves nothing.
        at_once: Whether all rows came in one answer, and no other could have held any.
        claims: Rows per kind that an answer implies beside the API's count of the list, at most as far as it can be
            understood: no proof, but a contradiction where it is more than was seen.
        counted_apart: Whether another endpoint than the list's own counted.
        reported_empty: Kinds that the API itself counts none of.
        left_out: Whether an answer was the endpoint's, and its list was not in it.
        partly: What part of the list was left out, in words: what is missing of it is not known to be gone.
        holders: How many rows the API says hold each role; empty where it does not say.
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
    newborns: set[str] = field(default_factory=set)
    at_once: bool = True
    claims: dict[str, int] = field(default_factory=dict)
    counted_apart: bool = False
    reported_empty: set[str] = field(default_factory=set)
    left_out: bool = False
    partly: str | None = None
    holders: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = {kind: set() for kind in self.kinds}

    @property
    def rows(self) -> int:
        """Distinct rows of all kinds."""
        return sum(map(len, self.seen.values()))

    @property
    def expected(self) -> int | None:
        """Rows of all kinds as counted at the beginning; None unless every kind was."""
        counts = self.counts_first or {}
        return sum(counts.values()) if counts.keys() >= set(self.kinds) else None

    def claim(self, kind: str, rows: int | None) -> None:
        """Note that an answer implies so many rows of a kind, which may be those of a page or of the list."""
        self.claims[kind] = max(rows or 0, self.claims.get(kind, 0))

    def conclude(self) -> None:
        """Look back at a walk that is over."""
        for kind in self.kinds:
            if len({key.casefold() for key in self.seen[kind]}) < len(self.seen[kind]):
                self._note("two rows have ids that differ in their case alone")

    def _note(self, flaw: str) -> None:
        self.flaw = self.flaw or flaw

    def _add(self, entries: Sequence[Entry]) -> list[int]:
        """Remember rows; the positions of those that are new."""
        fresh = []
        for position, (kind, key, born) in enumerate(entries):
            keys = self.seen.setdefault(kind, set())
            if key in keys:
                self.duplicates += 1
                self._note("a row came twice")
                continue
            keys.add(key)
            fresh.append(position)
            if born is not None and born >= self.horizon:
                self.newborns.add(kind)
        if fresh:
            self.pages += 1
        return fresh

    def _stop_beyond_counts(self) -> None:
        """End a walk that leads on and on: each page has a row at least, so that twice as many as rows are too many."""
        expected = self.expected
        if self.pages > (_MOST_PAGES if expected is None else _SPARE_PAGES + 2 * expected):
            self._note("the pages go on far beyond what there can be")
            self.done = True


@dataclass
class OffsetWalk(Walk):
    """A walk by offset. The next request is for `limit` rows from `offset` on.

    Attributes:
        limit: Rows to ask for.
        offset: Rows to skip: the last row that was seen is asked for again.
        overlaps: Whether the next page has to begin with the last row of the one before.
        short_below: A page of fewer rows was not cut; None where the limit is documented, and any below it was not.
    """

    limit: int = 100
    offset: int = 0
    overlaps: bool = False
    short_below: int | None = None
    _last: Entry | None = None
    _longest: int = 0
    _begun: bool = False

    @property
    def wants_counts(self) -> bool:
        """Whether the next request may be the first or the last one."""
        return self.expected is None or self.rows >= self.expected

    @property
    def _full(self) -> int:
        """A page of so many rows may be full."""
        return self.limit if self.short_below is None else min(self.limit, self.short_below)

    def upcoming(self) -> Iterator[int]:
        """The offsets of the pages that will follow the next one, as far as the API's count reaches."""
        step = self._longest - 1
        if self.expected is not None and step > 0 and not self.wants_counts:
            yield from range(self.offset + step, self.expected - 1, step)

    def take(self, entries: Sequence[Entry] | None, counts: Mapping[str, int] | None = None) -> list[int]:
        """Take the page that was asked for.

        Args:
            entries: Its rows, in their order; None when the list was left out of the answer.
            counts: Rows per kind as the API counts them, if this page says so.

        Returns:
            The positions of the rows that were not seen before.
        """
        if not self._begun:
            self.counts_first = counts
            self._begun = True
        elif not self.overlaps:
            # Nothing would show that the list shifted: only a second walk proves this one.
            self.at_once = False
            self.newborns.update(self.kinds)
        self.counts_last = counts
        if entries is None and not (self.rows and self._longest < self._full):
            # Behind a short page it may have been left out because it is empty.
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
                self._note("a page came again")
        return fresh

    def _check_seam(self, first: Entry) -> int:
        """How many rows at the page's beginning are the overlap."""
        if not self.overlaps or self._last is None:
            return 0
        if first[:2] == self._last[:2]:
            return 1
        self._note("two neighbouring pages disagree about the row that they share")
        return 0

    def _step(self, entries: Sequence[Entry]) -> None:
        self._last = entries[-1]
        # A page of one row would hold nothing but the overlap: such a walk goes without, up to an empty page.
        self.overlaps = self._longest > 1
        self.offset += len(entries) - self.overlaps
        # A full page may be all that one answer holds, whatever the API counts.
        self.done = self.pages == 1 and len(entries) < self._full and _counts_agree(self)
        self._stop_beyond_counts()


@dataclass
class CursorWalk(Walk):
    """A walk by cursor. The next request is for the page at `cursor`.

    Attributes:
        cursor: Where the next page begins; None for the first one.
    """

    cursor: str | None = None
    _asked: set[str] = field(default_factory=set)
    _empty: int = 0

    def take(self, entries: Sequence[Entry] | None, next_cursor: str | None, *, has_next: bool | None) -> list[int]:
        """Take the page that was asked for.

        Args:
            entries: Its rows, in their order; None when the list was left out of the answer.
            next_cursor: Where the API says that the next page begins.
            has_next: Whether the API says that there is one; None when it does not tell. A cursor that comes although
                there is none is followed, up to a page without rows.

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
        elif next_cursor in self._asked:
            self._stop("a cursor came again")
        elif self._empty >= _MOST_EMPTY_PAGES:
            self._stop("the cursors lead from one empty page to another")
        else:
            self._asked.add(next_cursor)
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
        accept_repeat_proof: Take two equal walks as a proof also where the API counts more rows than they saw.

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
    if fits and (walk.pages or walk.counted_apart) and (at_once or kind not in walk.newborns):
        return "count"
    if walk.left_out and walk.rows:
        return None
    short = any(count > seen for count in (*known, walk.claims.get(kind, 0)))
    if at_once and not short and not walk.left_out:
        return "whole"
    repeated = previous is not None and not previous.flaw and previous.seen[kind] == walk.seen[kind]
    return "repeat" if repeated and (accept_repeat_proof or not short) else None


def _counts_agree(walk: Walk) -> bool:
    counts = walk.counts_first or {}
    return walk.rows == walk.expected and all(counts.get(kind) == len(walk.seen[kind]) for kind in walk.kinds)
