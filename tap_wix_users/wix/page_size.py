"""How many rows of Search Team to request per page: the API documents no limit (docs/api-contract.md, section 2.1).

If a size is refused, or not answered, a smaller one is tried. The next run begins with the size that worked.
"""

from __future__ import annotations

from typing import NamedTuple

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
