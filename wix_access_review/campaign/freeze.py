"""Opening a campaign: what is to be certified is frozen, from complete and current receipts only."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.context import CLOCKS_DIFFER, clock, tool_version, whoever
from wix_access_review.campaign.disk import lines
from wix_access_review.campaign.folder import FINDINGS, ITEMS, RECEIPTS, ROLES, Campaign, campaigns_in, found_campaign
from wix_access_review.campaign.items import Item, read_items
from wix_access_review.campaign.phrases import listed, utc
from wix_access_review.campaign.records import Account, Header
from wix_access_review.campaign.reviewers import Reviewers, read_reviewers
from wix_access_review.database import read_accounts, reading
from wix_access_review.errors import ReviewError
from wix_access_review.files import beside, naming
from wix_access_review.receipts import as_of, read_receipts, warnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb

    from wix_access_review.campaign.records import Known
    from wix_access_review.receipts import TableReceipt

NO_RESPONSE = ("open", "remove")
_FINDINGS = """
select finding_key, rule, severity, title, account_id, account_name, person_type, person_id, person, email, role_title,
  asset_name, explanation, advice, controls
from access_wix.findings where list_contains($accounts, account_id)
order by severity_rank desc, rule, person nulls last, finding_key
"""
_ROLES = """
select account_id, id, any_value(title) from current_wix.roles
where is_current and list_contains($accounts, account_id) group by account_id, id order by account_id, 3, id
"""
MOST_FINDINGS = 100_000
MOST_OF_NAME = 100


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a campaign is opened."""

    name: str
    folder: Path | None = None
    accounts: Sequence[str] = ()
    reviewers: Path | None = None
    default_reviewer: str | None = None
    due_on: dt.date | None = None
    no_response: str = "open"
    previous: Path | None = None
    max_age_days: int = 7
    by: str = field(default_factory=whoever)


class Role(msgspec.Struct, frozen=True):
    """A role that a decision can name."""

    account_id: str
    id: str
    title: str | None


def open_campaign(database: Path | str, opening: Opening) -> Campaign:
    """Freeze what is to be certified.

    Args:
        database: The DuckDB file, or the address of a server.
        opening: Name, folder, accounts, reviewers and dates.

    Raises:
        ReviewError: Something was not read completely or lately, a rule is wrong, or the folder cannot be written.
    """
    now = clock()
    _check_name(opening.name)
    folder = opening.folder or beside(database) / "campaigns" / slug(opening.name)
    reviewers = read_reviewers(opening.reviewers, opening.default_reviewer)
    before = _previous(folder, opening.previous)
    due_on = opening.due_on or now.date() + dt.timedelta(days=30)
    if due_on < now.date():
        raise ReviewError(f"the campaign would be due on {due_on}, which is in the past: give a later --due")
    with reading(database) as connection:
        accounts = _accounts(connection, opening.accounts)
        receipts = _complete(connection, accounts, now, opening.max_age_days)
        ids = [one.id for one in accounts]
        items = assign(compare(read_items(connection, ids), before), reviewers)
        files = {
            ITEMS: lines(items),
            RECEIPTS: lines(receipts),
            FINDINGS: lines(_named(connection, _FINDINGS, ids, MOST_FINDINGS)),
            ROLES: lines(_named(connection, _ROLES, ids, MOST_FINDINGS, ("account_id", "id", "title"))),
        }
    span = as_of(receipts)
    header = Header(
        name=opening.name, accounts=accounts, opened_at=now, opened_by=opening.by, due_on=due_on,
        read_from=span[0] if span else None, read_until=span[1] if span else None, no_response=opening.no_response,
        previous=before.header.name if before else None, item_count=len(items), tool_version=tool_version(),
    )  # fmt: skip
    with naming(folder):
        return found_campaign(folder, header, files)


def _check_name(name: str) -> None:
    """It stands in titles, on a line of the terminal, and in the models."""
    if not name.strip() or not name.isprintable() or len(name) > MOST_OF_NAME:
        raise ReviewError(f"{name[:MOST_OF_NAME]!r} cannot be a name: use 1 to {MOST_OF_NAME} characters on one line")


def slug(name: str) -> str:
    """A name as that of a file or a folder: nothing in it leads elsewhere.

    Args:
        name: The name.
    """
    return re.sub(r"[^\w.@+-]+", "-", name).strip("-.")[:80] or "campaign"


def _accounts(connection: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> list[Account]:
    found = [Account(*row) for row in read_accounts(connection, wanted)]
    if not found:
        raise ReviewError("the database has no account and no receipt, so nothing can be certified: load one first")
    return found


def _complete(
    connection: duckdb.DuckDBPyConnection, accounts: Sequence[Account], now: dt.datetime, max_age_days: int
) -> list[TableReceipt]:
    ids = {one.id for one in accounts}
    receipts = [one for one in read_receipts(connection) if one.account_id in ids]
    wrong = warnings(receipts, [(one.id, one.name) for one in accounts])
    span = as_of(receipts)
    if span and span[1] - now > CLOCKS_DIFFER:
        said = f"the newest read dates from {utc(span[1])}"
        wrong.append(f"{said}, and this computer's clock says {utc(now)}: correct it.")
    if span and now - span[0] > dt.timedelta(days=max_age_days):
        wrong.append(f"the oldest read dates from {utc(span[0])}, more than {max_age_days} days ago: sync again.")
    if wrong:
        raise ReviewError(f"a campaign needs complete and recent reads of every table:{listed(wrong)}")
    return receipts


def _previous(folder: Path, named: Path | None) -> Campaign | None:
    """The campaign before: the one that is named, else the newest in the folders beside this one."""
    if named:
        return Campaign(named)
    others = [one for one in campaigns_in(folder.parent) if one.path != folder]
    return max(others, key=lambda one: one.header.opened_at, default=None)


def compare(items: Iterable[Item], before: Campaign | None) -> list[Item]:
    """Say of each item what it is since the campaign before, and what was decided on it there.

    Args:
        items: The items.
        before: The campaign before; None when this is the first.
    """
    # Not by `review_item`: that says what the grant gives, and what it gave may have changed.
    known = {_grant(one): one for one in before.items.values()} if before else {}
    decisions = before.decisions if before else {}
    found = []
    for item in items:
        last = known.get(_grant(item))
        if last:
            same = last.item == item.item
            item.since_last = "unchanged" if same else "changed"
            item.was = None if same else " on ".join(text for text in (last.role, last.asset) if text)
            if decision := decisions.get(last.item):
                item.previous_decision = f"{decision.decision}, {decision.decided_on}, {decision.reviewer}"
        elif not before:
            item.since_last = "first campaign"
        found.append(item)
    return found


def _grant(item: Item | Known) -> tuple[str, str, str]:
    return item.account_id, item.stream_name, item.record_key


def assign(items: list[Item], reviewers: Reviewers) -> list[Item]:
    """Give each item its reviewer.

    Args:
        items: The items.
        reviewers: The rules.
    """
    for item in items:
        item.reviewer = reviewers.of(item)
    return items


def _named(
    connection: duckdb.DuckDBPyConnection, query: str, accounts: Sequence[str], most: int, names: Sequence[str] = ()
) -> list[dict[str, Any]]:
    result = connection.execute(query, {"accounts": list(accounts)})
    titles = names or [column[0] for column in result.description or ()]
    return [dict(zip(titles, row, strict=True)) for row in result.fetchmany(most)]
