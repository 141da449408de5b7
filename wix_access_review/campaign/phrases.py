"""Times, numbers and lists in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


def utc(moment: dt.datetime | None) -> str:
    """A time in words."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "-"


def some(count: int, one: str, many: str = "") -> str:
    """A number of things in words."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(texts: Sequence[str], most: int = 50) -> str:
    """Lines below a heading, and how many more there are.

    Args:
        texts: The lines.
        most: Lines to show.
    """
    more = [f"and {len(texts) - most:,} more"] if len(texts) > most else []
    return "".join(f"\n  {text}" for text in [*texts[:most], *more])
