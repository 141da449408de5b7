"""Walks repeated until one is proved (docs/streams.md, section 3.2).

A read passes its objects, page by page, to a `Sink`, a new one for each walk: so everything in a result was seen by one
and the same walk.
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
"""Rows created after a walk began, or up to this long before, may have joined during it: clocks differ."""

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
class ReadOptions:
    """How a list is read (docs/streams.md, section 3.2).

    Attributes:
        page_size: Rows to request per page of Search Team.
        attempts: Maximum number of walks.
        accept_repeat_proof: Whether two equal walks prove a list even if the API's count is higher.
        stop_after: For a connection test: stop after this many rows, and prove nothing. None to read everything.
        progress: Called after each page with the number of rows seen, and expected.
        now: The wall clock.
    """

    page_size: int
    attempts: int
    accept_repeat_proof: bool
    stop_after: int | None = None
    progress: Callable[[int, int | None], None] = field(default=lambda _seen, _expected: None)
    now: Callable[[], dt.datetime] = _now


@dataclass(frozen=True)
class ReadResult(Generic[S]):
    """A finished read.

    Attributes:
        sink: The sink with the objects of the last walk.
        walk: The last walk.
        started_at: When it began.
        proofs: What it proves, per kind of row; None where it proves nothing.
        attempts: The number of walks.
        doubts: Kinds of row that its proofs do not cover, and why.
        page_size: The page size that was discovered, if any.
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
"""Begins a walk: takes the horizon, and returns the walk and a generator that requests its pages one by one."""


def prove(
    begin: Begin,
    sink: Callable[[], S],
    options: ReadOptions,
    doubts: Callable[[Walk], Mapping[str, str]] = lambda _walk: {},
) -> ReadResult[S]:
    """Walk until a walk is proved, or the attempts are used up.

    Args:
        begin: Begins a walk.
        sink: Makes the sink of one walk.
        options: How to read the list.
        doubts: Returns the kinds of row that the proofs of a walk do not cover, and why.

    Raises:
        WixError: A page could not be read.
    """
    previous: Walk | None = None
    for attempt in range(1, options.attempts + 1):
        started_at = options.now()
        walk, pages = begin(timestamp(started_at - MARGIN))
        target = sink()
        with closing(pages):
            for items in pages:
                target.add(items)
                options.progress(walk.rows, walk.expected)
                # A walk that contradicts itself is restarted; the last one continues, to see as many rows as it can.
                if walk.flaw and attempt < options.attempts:
                    break
                if options.stop_after is not None and walk.rows >= options.stop_after:
                    break
        walk.conclude()
        proofs = {
            kind: judge(kind, walk, previous, accept_repeat_proof=options.accept_repeat_proof) for kind in walk.kinds
        }
        # One kind may be proved where another is not: whatever is derived from it has its own doubts.
        doubted = doubts(walk) if any(proofs.values()) and options.stop_after is None else {}
        if (all(proofs.values()) and not doubted) or options.stop_after is not None or attempt == options.attempts:
            return ReadResult(target, walk, started_at, proofs, attempt, doubted)
        why = walk.flaw or "; ".join(doubted.values()) or "its count does not match"
        logger.info("Walk %d of %d is not proved: %s", attempt, options.attempts, why)
        previous = walk
    raise AssertionError  # pragma: no cover  # max_walk_attempts is at least 1
