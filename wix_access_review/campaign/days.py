"""Days as reviewers write them: one order of day and month for a whole file, and nothing that could be two days."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from wix_access_review.campaign.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

_TIME = r"(?:(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
"""A time may follow: it is not read."""
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_SLASHED = re.compile(rf"(\d{{1,2}})([-/])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_DOTTED = re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}){_TIME}")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050
"""What spreadsheets count for the years 2000 to 2099."""


class Days:
    """Reads the days of one file, which all have the same order.

    Args:
        values: Every value of the column.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        pairs = [match.group(1, 3) for value in values if (match := _SLASHED.fullmatch(plain(value)))]
        firsts = any(int(one) > 12 for one, _ in pairs)
        seconds = any(int(two) > 12 for _, two in pairs)
        self.day_first: bool | None = None if firsts == seconds else firsts

    def read(self, value: Any) -> dt.date:
        """A day.

        Args:
            value: What stands in the cell.

        Raises:
            ValueError: It is no day, or may be two; the message says so.
        """
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        text = plain(value)
        if match := _YEAR_FIRST.fullmatch(text):
            return _day(text, *match.group(1, 3, 4))
        if match := _DOTTED.fullmatch(text):
            return _day(text, *match.group(3, 2, 1))
        if match := _SLASHED.fullmatch(text):
            return self._slashed(text, *match.group(1, 3, 4))
        if _SERIAL.fullmatch(text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
            return dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
        raise _no_day(text)

    def _slashed(self, text: str, one: str, two: str, year: str) -> dt.date:
        if one != two and self.day_first is None:
            raise ValueError(f"{text[:60]!r} could be two different dates: write it as 2026-11-28")
        return _day(text, year, two, one) if self.day_first else _day(text, year, one, two)


def _day(text: str, year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise _no_day(text) from None


def _no_day(text: str) -> ValueError:
    return ValueError(f"{text[:60]!r} is not a date: write it as 2026-11-28")
