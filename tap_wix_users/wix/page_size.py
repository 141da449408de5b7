"""How many rows of Search Team to request per page: the API documents no limit (docs/api-contract.md, section 2.1).

If a size is refused, or not answered, a smaller one is tried. The next run begins with the size that worked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_wix_users.wix.errors import InvalidRequest, ServerFailure, TimedOut, TooLarge

if TYPE_CHECKING:
    from tap_wix_users.wix.errors import WixError

SAFE = 100
"""A page with fewer rows may be taken for the end of the list, and no failure is blamed on a page of this size."""


class PageSize(NamedTuple):
    """A page size that was discovered.

    Attributes:
        wanted: The setting at that time.
        holds: The size that worked.
    """

    wanted: int
    holds: int


def begin_with(wanted: int, learnt: PageSize | None) -> int:
    """The page size to begin with: the setting, unless it is known to be too much."""
    return min(wanted, learnt.holds) if learnt and wanted <= learnt.wanted else wanted


def size_to_remember(wanted: int, held: int, learnt: PageSize | None) -> PageSize | None:
    """The page size to store in the state after a read, if it differs from the setting.

    Args:
        wanted: The setting.
        held: The size that the read ended with.
        learnt: The page size that an earlier run discovered.
    """
    if learnt and wanted <= learnt.wanted:
        return learnt if held >= min(wanted, learnt.holds) else PageSize(learnt.wanted, held)
    return PageSize(wanted, held) if held < wanted else None


def smaller(error: WixError, size: int, least: int) -> int | None:
    """The page size to try after an error; None if the error has another cause, or there is no smaller size.

    Args:
        error: The error of a request.
        size: The size that it requested.
        least: The smallest size that is useful.
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
