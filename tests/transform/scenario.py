"""Accounts written by hand: the rows that a target would have stored of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tap_wix_users.tables.registry import TABLES
from tap_wix_users.wix.times import timestamp

if TYPE_CHECKING:
    from tests.transform.warehouse import Warehouse

Row = dict[str, Any]
NAMES = tuple(table.name for table in TABLES)


def day(number: int, *, minute: int = 0) -> str:
    """A time in November 2026, in the tap's width."""
    return f"2026-11-{number:02}T08:{minute:02}:00.000000Z"


class Account:
    """An account and what is stored of it.

    Args:
        account_id: Its id.
    """

    def __init__(self, account_id: str) -> None:
        self.id = account_id
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def add(self, table: str, *, seen: int = 1, sent: int | None = None, **columns: Any) -> Account:
        """A row, first seen in the snapshot of one day, and last sent in that of another."""
        times = {"observed_at": day(seen), "snapshot_at": day(sent or seen)}
        self.rows[table].append({"account_id": self.id, **times, **columns})
        return self

    def user(self, user_id: str, name: str = "", email: str | None = None, **columns: Any) -> Account:
        """A team member."""
        first, _, last = name.partition(" ")
        return self.add(
            "users", id=user_id, email=email, first_name=first or None, last_name=last or None, **columns
        )  # fmt: skip

    def role(self, role_id: str, title: str, role_type: str = "predefined", **columns: Any) -> Account:
        """A role."""
        return self.add("roles", id=role_id, title=title, role_type=role_type, **columns)

    def holds(self, user_id: str, key: str, role_id: str | None, on: str = "account", **columns: Any) -> Account:
        """An assignment: on `account`, `site:ID`, `folder:ID`, `site_resource:ID` or `unknown`."""
        asset = {**_asset(self.id, role_id, on), **columns}
        return self.add("assignments", user_id=user_id, assignment_key=key, **asset)

    def invite(self, invite_id: str, email: str, *offers: tuple[str, str], **columns: Any) -> Account:
        """An invite that offers roles on assets."""
        self.add("invites", id=invite_id, email=email, **{"status": "Pending", **columns})
        for number, (role_id, on) in enumerate(offers):
            asset = _asset(self.id, role_id, on)
            self.add("invite_assignments", invite_id=invite_id, assignment_key=f"{invite_id}-{number}", **asset)
        return self

    def change(self, table: str, key: str, change_type: str, after: int, seen: int) -> Account:
        """A row of `change_log`: between the snapshots of two days."""
        times = {"previous_observed_at": day(after), "observed_at": day(seen)}
        self.rows["change_log"].append(
            {"account_id": self.id, "stream_name": table, "record_key": key, "change_type": change_type, **times}
        )
        return self

    def read(self, number: int, *tables: str, status: str = "complete", baseline: int = 1, **columns: Any) -> Account:
        """Receipts of reads of a day that took a minute. Their row counts are those of the rows that are stored."""
        for table in tables or NAMES:
            complete = status == "complete"
            receipt = {
                "stream_name": table, "status": status,
                "snapshot_at": day(number), "finished_at": day(number, minute=1),
                "proof": "count" if complete else None, "baseline_at": day(baseline) if complete else None,
                "row_count": len(self.rows[table]), "tap_version": "1",
            }  # fmt: skip
            self.rows["snapshots"].append({"account_id": self.id, **receipt, **columns})
        return self

    def late(self, table: str, seconds: int) -> Account:
        """Let a table be read so much later in each run than the others."""
        logs = (*self.rows["change_log"], *self.rows["snapshots"])
        for row in (*self.rows[table], *(row for row in logs if row["stream_name"] == table)):
            row.update({name: _later(text, seconds) for name, text in row.items() if name.endswith("_at") and text})
        return self


def store(warehouse: Warehouse, *accounts: Account) -> None:
    """Put accounts into a warehouse."""
    for table in (*NAMES, "change_log", "snapshots"):
        warehouse.store(table, [row for account in accounts for row in account.rows[table]])


def _later(moment: str, seconds: int) -> str:
    return timestamp(dt.datetime.fromisoformat(moment) + dt.timedelta(seconds=seconds))


def _asset(account_id: str, role_id: str | None, on: str) -> Row:
    kind, _, asset_id = on.partition(":")
    return {
        "role_id": role_id,
        "asset_type": kind,
        "asset_id": account_id if kind == "account" else asset_id or None,
        "asset_name": f"the {asset_id}" if asset_id else None,
        "site_id": asset_id if kind in {"site", "site_resource"} else None,
        "folder_id": asset_id if kind == "folder" else None,
    }
