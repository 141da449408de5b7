"""As of when the review is, and how complete: what the receipts say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

NEEDED_TABLES = ("users", "assignments", "invites", "invite_assignments", "roles", "sites", "folders")
"""The tables without which something is missing from the review."""
CONTRIBUTOR_TABLES = ("site_contributors", "site_contributor_roles")
"""The tables that are not read unless they are selected."""
STALE_AFTER = dt.timedelta(hours=12)
"""How much older than the newest receipt one may be. The tables of one run are read within less."""

_QUERY = """
select coalesce(account_name, account_id), account_id, stream_name, status, proof, row_count, expected_count,
  snapshot_at, complete_snapshot_at, is_complete, digest, error, tap_version, (
    select max(explanation) from access_wix.findings
    where finding_key = 'forked_receipts|' || latest_receipts.account_id || '|' || latest_receipts.stream_name
  )
from access_wix.latest_receipts order by lower(account_name), account_id, stream_name
"""


@dataclass(frozen=True)
class TableReceipt:
    """How the newest read of one table of one account went."""

    account: str
    account_id: str
    table: str
    status: str
    proof: str | None = None
    rows: int | None = None
    expected: int | None = None
    read_at: dt.datetime | None = None
    complete_at: dt.datetime | None = None
    is_complete: bool = True
    digest: str | None = None
    error: str | None = None
    version: str | None = None
    forked: str | None = None


def read_receipts(connection: duckdb.DuckDBPyConnection) -> list[TableReceipt]:
    """The newest receipt of every account and table, by name."""
    return [TableReceipt(*row) for row in connection.execute(_QUERY).fetchall()]


def as_of(receipts: Sequence[TableReceipt]) -> tuple[dt.datetime, dt.datetime] | None:
    """The first and the last of the moments at which what the review shows was read; None when nothing was."""
    times = [receipt.complete_at for receipt in receipts if receipt.complete_at]
    return (min(times), max(times)) if times else None


def warnings(receipts: Sequence[TableReceipt], accounts: Sequence[tuple[str, str]]) -> list[str]:
    """Why the review is not complete, or not certain, a sentence for each table; none when it is.

    Args:
        receipts: The newest receipts.
        accounts: Id and name of every account in the review.
    """
    newest = max((receipt.read_at for receipt in receipts if receipt.read_at), default=None)
    found = [_incomplete(receipt) if not receipt.is_complete else _old(receipt, newest) for receipt in receipts]
    forked = [f"{receipt.account}: {receipt.forked}" for receipt in receipts if receipt.forked]
    read = {(receipt.account_id, receipt.table) for receipt in receipts}
    missing = [
        f"{name}: {', '.join(tables)} {'was' if len(tables) == 1 else 'were'} never read: what they hold is missing."
        for account_id, name in accounts
        if (tables := [table for table in NEEDED_TABLES if (account_id, table) not in read])
    ]
    return [text for text in found if text] + forked + missing


def notes(receipts: Sequence[TableReceipt], accounts: Sequence[tuple[str, str]]) -> list[str]:
    """What the review leaves out by choice."""
    read = {(receipt.account_id, receipt.table) for receipt in receipts}
    without = [
        name for account_id, name in accounts if any((account_id, one) not in read for one in CONTRIBUTOR_TABLES)
    ]
    if not without:
        return []
    text = (
        f"Site contributors were not read ({', '.join(without)}): outside accounts that are invited to single sites are"
        " not in this review. Select the tables site_contributors and site_contributor_roles to include them."
    )
    return [text]


def _incomplete(receipt: TableReceipt) -> str:
    never = "it was never read completely"
    shown = f"what is shown dates from {moment(receipt.complete_at)}" if receipt.complete_at else never
    why = f" ({receipt.error})" if receipt.error else ""
    return f"{receipt.account}: {receipt.table} is {receipt.status}{why}: {shown}."


def _old(receipt: TableReceipt, newest: dt.datetime | None) -> str:
    if not newest or not receipt.read_at or newest - receipt.read_at <= STALE_AFTER:
        return ""
    return (
        f"{receipt.account}: {receipt.table} dates from {moment(receipt.read_at)}, before the rest ({moment(newest)})."
    )


def moment(value: dt.datetime | None) -> str:
    """A time as the review writes it, in UTC; a dash when it is not known."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "-"
