"""Who does something to a campaign, when, and with which release."""

from __future__ import annotations

import datetime as dt
import getpass
import os
from importlib.metadata import version

from wix_access_review.errors import ReviewError

CLOCKS_DIFFER = dt.timedelta(hours=1)
"""How far the clocks of two computers may be apart."""


def whoever() -> str:
    """Who runs this program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def clock() -> dt.datetime:
    """Now, in UTC and without a zone as all times of the models; `WIX_ACCESS_AS_OF` puts another time in its place.

    Raises:
        ReviewError: The variable holds no time.
    """
    given = os.environ.get("WIX_ACCESS_AS_OF")
    if not given:
        return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(given)
        return (moment.astimezone(dt.UTC) if moment.tzinfo else moment).replace(tzinfo=None)
    except ValueError as error:
        raise ReviewError(f"WIX_ACCESS_AS_OF is {given!r}: write a time such as 2026-11-28 08:00:00") from error


def tool_version() -> str:
    """The release of this program."""
    return version("tap-wix-users")
