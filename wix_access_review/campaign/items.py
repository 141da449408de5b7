"""What is certified: a grant as it is, with what a reviewer has to know of it."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

USER = "USER"
NOT_HUMAN = {
    "EXTERNAL_APP": "an app", "WIX_APP": "an app", "ACCOUNT": "an account", "ACCOUNT_GROUP": "a group",
    "USER_GROUP": "a group", "MEMBER_GROUP": "a group", "VISITOR_GROUP": "a group",
}  # fmt: skip
"""Subjects of an assignment that are no person."""


class Item(msgspec.Struct, kw_only=True):
    """A grant as it was frozen. Times are UTC."""

    item: str
    review_item: str
    content: str
    account_id: str
    account: str | None
    stream_name: str
    record_key: str
    person_type: str
    person_id: str
    person: str
    email: str | None
    outside: bool | None
    role_id: str | None
    role: str | None
    role_description: str | None
    role_level: str | None
    strength: int | None
    privileged: bool | None
    asset_type: str | None
    asset_id: str | None
    asset: str | None
    via: str | None
    site_folder_id: str | None
    site_folder: str | None
    pending: bool
    sites: int | None
    granted_after: dt.datetime | None
    granted_before: dt.datetime | None
    last_seen: dt.datetime | None
    severity: int | None
    findings: str | None
    subject_type: str | None
    subject_id: str | None
    assignment_id: str | None
    restrictions: str | None
    since_last: str = "new"
    was: str | None = None
    previous_decision: str | None = None
    reviewer: str | None = None

    @property
    def non_human(self) -> str:
        """What holds the role, where that is no person; `no` where it is a user, `unknown` where Wix does not say."""
        if self.person_type == "contributor":
            return "an account"
        return "no" if self.subject_type == USER else NOT_HUMAN.get(self.subject_type or "", "unknown")

    @property
    def is_held_by_another(self) -> bool:
        """Whether Wix names a subject that is not a user: a call that names the person may not be about it."""
        return self.subject_type not in {None, USER}

    @property
    def width(self) -> tuple[bool, int, int]:
        """How wide the access is: privileged, or not known not to be, first; then by strength and by its sites."""
        return self.privileged is not False, self.strength or 0, self.sites or 0


FROZEN = tuple(
    name for name in Item.__struct_fields__ if name not in {"since_last", "was", "previous_decision", "reviewer"}
)


def read_items(connection: duckdb.DuckDBPyConnection, accounts: Sequence[str], size: int = 5_000) -> Iterator[Item]:
    """Every grant of these accounts, as it is now.

    Args:
        connection: The database.
        accounts: Ids of the accounts.
        size: Rows to fetch at once.
    """
    query = files(__package__).joinpath("items.sql").read_text(encoding="utf-8")
    result = connection.cursor().execute(query, {"accounts": list(accounts)})
    while rows := result.fetchmany(size):
        for row in rows:
            yield Item(**dict(zip(FROZEN, row, strict=True)))
