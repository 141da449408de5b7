"""Walks repeated until one is proved (docs/streams.md, section 3.2).

A read hands its objects, page by page, to a `Sink`, a new one for each walk: what a read returns was seen by one walk
from its first page to its last.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from tap_wix_users.wix.times import timestamp
from tap_wix_users.wix.walks import Proof, Walk, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from tap_wix_users.wix.page_size import PageSize

MARGIN = dt.timedelta(minutes=5)
"""Rows that are younger than a walk, or only this much older, may have joined during it: clocks differ."""

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """Takes the objects of one walk."""

    def add(self, items: Sequence[Any], /) -> None:
        """Take the new objects of one page, in their order."""


S = TypeVar("S", bound=Sink)
T = TypeVar("T")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Effort:
    """How a list is read (docs/streams.md, section 3.2).

    Attributes:
        page_size: Rows of Search Team to ask for at once.
        attempts: Walks at most.
        accept_repeat_proof: Whether two equal walks prove a list that the API counts as longer.
        enough: Stop after so many rows, and prove nothing: a test of the connection. None to read everything.
        progress: Called with the rows seen, and expected, after each page.
        now: Wall clock.
    """

    page_size: int
    attempts: int
    accept_repeat_proof: bool
    enough: int | None = None
    progress: Callable[[int, int | None], None] = field(default=lambda _seen, _expected: None)
    now: Callable[[], dt.datetime] = _now


@dataclass(frozen=True)
class ReadResult(Generic[S]):
    """A finished read.

    Attributes:
        sink: What took the objects of the walk that counts.
        walk: That walk.
        started_at: When it began.
        proofs: What it proves, per kind of row; None where it proves nothing.
        attempts: Walks that it took.
        doubts: Why what is made of its rows is not proved by its proofs, by what that is.
        page_size: What is known of the page size, where there is one to find out.
    """

    sink: S
    walk: Walk
    started_at: dt.datetime
    proofs: Mapping[str, Proof | None]
    attempts: int
    doubts: Mapping[str, str] = field(default_factory=dict)
    page_size: PageSize | None = None


Pages: TypeAlias = "Generator[Sequence[T], None, None]"
Begin: TypeAlias = "Callable[[str], tuple[Walk, Pages[Any]]]"
"""Begins a walk: from the horizon to the walk, and its pages' new objects, each asked for when it is taken."""


def prove(
    begin: Begin, sink: Callable[[], S], effort: Effort, doubts: Callable[[Walk], Mapping[str, str]] = lambda _walk: {}
) -> ReadResult[S]:
    """Walk until a walk is proved, or the attempts are used up.

    Args:
        begin: Begins a walk.
        sink: Makes what takes the objects of one walk.
        effort: How hard to try.
        doubts: Says why what is made of a walk's rows is not proved with them.

    Raises:
        WixError: A page could not be had.
    """
    previous: Walk | None = None
    for attempt in range(1, effort.attempts + 1):
        started_at = effort.now()
        walk, pages = begin(timestamp(started_at - MARGIN))
        target = sink()
        with closing(pages):
            for items in pages:
                target.add(items)
                effort.progress(walk.rows, walk.expected)
                # A walk that contradicts itself is begun again; the last one goes on, for what it can still see.
                if walk.flaw and attempt < effort.attempts:
                    break
                if effort.enough is not None and walk.rows >= effort.enough:
                    break
        walk.conclude()
        proofs = {
            kind: judge(kind, walk, previous, accept_repeat_proof=effort.accept_repeat_proof) for kind in walk.kinds
        }
        proved = all(proofs.values())
        doubted = doubts(walk) if proved and effort.enough is None else {}
        if (proved and not doubted) or effort.enough is not None or attempt == effort.attempts:
            return ReadResult(target, walk, started_at, proofs, attempt, doubted)
        why = walk.flaw or "; ".join(doubted.values()) or "its count does not fit"
        logger.info("Walk %d of %d is not proved: %s", attempt, effort.attempts, why)
        previous = walk
    raise AssertionError  # pragma: no cover  # max_walk_attempts is at least 1
