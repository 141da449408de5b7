"""What stands in the files of a campaign, as plain values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

FORMAT = 1


class Account(msgspec.Struct, frozen=True):
    """An account of the campaign."""

    id: str
    name: str
    owner_user_id: str | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign is, as it was opened."""

    format: int = FORMAT
    name: str
    accounts: list[Account]
    opened_at: dt.datetime
    opened_by: str
    read_from: dt.datetime | None
    read_until: dt.datetime | None
    due_on: dt.date
    no_response: str
    previous: str | None
    item_count: int
    tool_version: str


class Entry(msgspec.Struct, frozen=True):
    """A line of the log: what happened, when and by whom, and the hashes of the files that came of it."""

    number: int
    at: dt.datetime
    by: str
    what: str
    about: dict[str, Any]
    files: dict[str, str]
    line_before: str


class Decision(msgspec.Struct, frozen=True):
    """What a reviewer decided on an item."""

    item: str
    decision: str
    reviewer: str
    decided_on: dt.date
    justification: str = ""
    change_to: str = ""


class Reassignment(msgspec.Struct, frozen=True):
    """An item that somebody else certifies from now on."""

    item: str
    reviewer: str


class Known(msgspec.Struct, frozen=True):
    """What has to be known of an item to take a decision on it."""

    item: str
    review_item: str
    account_id: str
    stream_name: str
    record_key: str
    reviewer: str | None = None
    person: str | None = None
    email: str | None = None
    role: str | None = None
    asset: str | None = None
