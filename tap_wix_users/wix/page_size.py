"""How many rows of Search Team to ask for at once: the API documents no limit (docs/api-contract.md, section 2.1).

A size that is refused, or that no answer comes to, makes room for a smaller one. The next run begins with what holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_wix_users.wix.errors import InvalidRequest, ServerFailure, TimedOut, TooLarge

if TYPE_CHECKING:
    from tap_wix_users.wix.errors import WixError

SAFE = 100
"""A page of fewer rows may be taken for the end of the list, and no failure is put down to a page of so many."""


class PageSize(NamedTuple):
    """A page size that was found out.

    Attributes:
        wanted: The setting at that time.
        holds: The size that Wix answered to.
    """

    wanted: int
    holds: int


def begin_with(wanted: int, learnt: PageSize | None) -> int:
    """The page size to begin with: the setting, unless it is known to be too much."""
    return min(wanted, learnt.holds) if learnt and wanted <= learnt.wanted else wanted


def size_to_remember(wanted: int, held: int, learnt: PageSize | None) -> PageSize | None:
    """What is known of the page size after a read.

    Args:
        wanted: The setting.
        held: The size that the read ended with.
        learnt: What was known before.
    """
    if learnt and wanted <= learnt.wanted:
        return learnt if held >= min(wanted, learnt.holds) else PageSize(learnt.wanted, held)
    return PageSize(wanted, held) if held < wanted else None


def smaller(error: WixError, size: int, least: int) -> int | None:
    """The page size to try after an error; None where the error is not about it, or there is nothing smaller.

    Args:
        error: What came of a request.
        size: The size that it asked for.
        least: The smallest size that tells anything.
    """
    if isinstance(error, InvalidRequest):
        named = [violation.threshold for violation in error.violations if violation.field == "paging.limit"]
        if not named or size <= least:
            return None
        return max(least, named[0] if named[0] is not None and 0 < named[0] < size else size // 2)
    return max(SAFE, size // 4) if may_be_too_large(error) and size > SAFE else None


def may_be_too_large(error: Exception) -> bool:
    """Whether a smaller page may be answered where this one was not (docs/api-contract.md, section 1.2)."""
    slow = isinstance(error, ServerFailure) and error.status == 504
    return slow or isinstance(error, TimedOut | TooLarge)
