"""What has changed since a campaign was opened, and how far the campaign is, for the page of the review."""

from __future__ import annotations

import datetime as dt
import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from wix_access_review.campaign.folder import ITEMS, Campaign, campaigns_in
from wix_access_review.campaign.pages import PAGE
from wix_access_review.campaign.progress import progress
from wix_access_review.changes import KINDS
from wix_access_review.database import read_accounts
from wix_access_review.errors import ReviewError
from wix_access_review.rows import load
from wix_access_review.standing import Moved, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from wix_access_review.campaign.records import Decision

MOST_MOVED = 200


class _Frozen(msgspec.Struct):
    item: str
    account_id: str
    account: str | None
    stream_name: str
    record_key: str
    person_type: str
    person_id: str
    person: str
    email: str | None
    role_id: str | None
    role: str | None
    asset_type: str | None
    asset_id: str | None
    asset: str | None
    subject_type: str | None
    subject_id: str | None
    strength: int | None
    privileged: bool | None
    last_seen: dt.datetime | None
    reviewer: str | None


_TYPES = {str: "varchar", int: "integer", bool: "boolean", dt.datetime: "timestamp"}
_COLUMNS = {
    **{name: _TYPES[(get_args(kind) or (kind,))[0]] for name, kind in get_type_hints(_Frozen).items()},
    "decided": "varchar",
}
_HELD = "create temp table review_held as select {}, granted_after, granted_before from ({})"


def newest(campaigns: Path, accounts: Sequence[str]) -> Campaign | None:
    """The campaign that was opened last, of those that certify any of these accounts; None where there is none.

    Args:
        campaigns: The folder that holds the folders of campaigns.
        accounts: Ids of the accounts.
    """
    wanted = set(accounts)
    fitting = [one for one in campaigns_in(campaigns) if wanted & {account.id for account in one.header.accounts}]
    return max(fitting, key=lambda one: (one.header.opened_at, one.header.name), default=None)


def stands(
    connection: duckdb.DuckDBPyConnection, campaign: Campaign, folder: Path, now: dt.datetime | None
) -> Standing:
    """How the access of a database stands to a campaign.

    Args:
        connection: The database. Of what is shown elsewhere this makes the temporary table `review_decided`.
        campaign: The campaign.
        folder: Where the page will be, so that it can link to that of the campaign.
        now: The time of what the page shows; None where nothing says when it was read.

    Raises:
        ReviewError: The campaign certifies none of the accounts of the database.
    """
    shown = {one: name for one, name, _ in read_accounts(connection)}
    both = [one.id for one in campaign.header.accounts if one.id in shown]
    if not both:
        raise ReviewError(f"{campaign.header.name} covers none of these accounts")
    load(connection, "review_frozen", _COLUMNS, _frozen(campaign, set(both)))
    query = files(__package__).joinpath("items.sql").read_text(encoding="utf-8")
    compared = [name for name in _Frozen.__struct_fields__ if name not in {"last_seen", "reviewer"}]
    connection.execute(_HELD.format(", ".join(compared), query), {"accounts": both})
    connection.execute(files(__package__).joinpath("since.sql").read_text(encoding="utf-8"))
    found = progress(campaign, both, now, keep_open=False)
    return Standing(
        name=campaign.header.name,
        opened_at=campaign.header.opened_at,
        state=found.state,
        is_overdue=found.is_overdue,
        items=sum(one.items for one in found.shares),
        decided=found.decided,
        shares=found.shares,
        moved=_moved(connection),
        counts=_counts(connection),
        left_out=[name for one, name in shown.items() if one not in both],
        link=_link(campaign.path / PAGE, folder),
    )


def _frozen(campaign: Campaign, accounts: set[str]) -> Iterator[list[Any]]:
    reassigned, decisions = campaign.reassigned, campaign.decisions
    for item in campaign.rows(ITEMS, _Frozen):
        if item.account_id in accounts:
            decision = decisions.get(item.item)
            item.reviewer = reassigned.get(item.item, item.reviewer)
            yield [*msgspec.structs.astuple(item), _in_words(decision) if decision else None]


def _in_words(decision: Decision) -> str:
    return f"{decision.decision}\n{decision.decided_on}\n{decision.reviewer}"


def _moved(connection: duckdb.DuckDBPyConnection) -> list[Moved]:
    rows = connection.execute(
        "select kind, account, person, email, person_key, privileged, was, now, remark, after, before, "
        "replace(decided, chr(10), ', ') from review_moved "
        "order by coalesce(privileged, true) desc, strength desc, kind, person, account_id, stream_name, record_key "
        "limit ?",
        [MOST_MOVED],
    ).fetchall()
    return [Moved(*row) for row in rows]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    rows = connection.execute(
        "select kind, count(*), count(*) filter (privileged) from review_moved group by kind"
    ).fetchall()
    return {**dict.fromkeys(KINDS, (0, 0)), **{kind: (count, privileged) for kind, count, privileged in rows}}


def _link(page: Path, folder: Path) -> str | None:
    return os.path.relpath(page, folder) if page.is_file() else None
