"""Date-times in one fixed-width format, so that text sorts like time."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
"""Stricter than Python, which also accepts weeks, any letter for the `T`, and thirteen digits of milliseconds."""


def timestamp(moment: dt.datetime) -> str:
    """A moment as RFC 3339 in UTC with microseconds and ``Z``."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def normalized(text: str) -> str | None:
    """An ISO 8601 date-time of the API in the format of `timestamp`; None if it is not one.

    Without a zone it is UTC (docs/api-contract.md, section 1).
    """
    usual = len(text) == 24 and text[4:20:3] == "--T::." and text[23] == "Z" and text[11:13] != "24"
    if not usual and not _FORM.fullmatch(text):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if usual:
            return f"{text[:23]}000Z"
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    except (ValueError, OverflowError):
        return None


def created_at(text: str | None) -> str | None:
    """When an object was created, in the format of `timestamp`; None if it does not say so."""
    return normalized(text) if text else None


def following(text: str) -> str:
    """The next moment that `timestamp` writes differently."""
    return timestamp(dt.datetime.fromisoformat(text) + dt.timedelta(microseconds=1))


def asked_wait(header: str | None) -> float | None:
    """Seconds that ``Retry-After`` asks for, in either of its forms (RFC 9110, 10.2.3); None if it cannot be read."""
    if not header:
        return None
    if header.strip().isdecimal():
        return max(1.0, float(header))
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(1.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
