"""The proof: whether each decision was carried out, between when and when, by reads that came after it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.context import tool_version
from wix_access_review.campaign.disk import put
from wix_access_review.campaign.folder import ITEMS, ROLES, Campaign
from wix_access_review.campaign.freeze import Role
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.phrases import utc
from wix_access_review.campaign.plan import role_named
from wix_access_review.database import reading
from wix_access_review.findings import printable
from wix_access_review.page import between
from wix_access_review.rows import load
from wix_access_review.sheets import defused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

PROOF = "proof"
VERDICTS = ("carried out", "kept", "open", "undone", "otherwise", "changed since", "gone since", "unknown")
REMOVAL_HOURS = 30 * 24
"""How long a removal may take, in hours."""
ITEM_COLUMNS = {
    "campaign": "varchar", "item": "varchar", "review_item": "varchar", "account_id": "varchar",
    "account_name": "varchar", "stream_name": "varchar", "record_key": "varchar", "person_type": "varchar",
    "person_id": "varchar", "person": "varchar", "email": "varchar", "role_id": "varchar", "role_title": "varchar",
    "asset_type": "varchar", "asset_id": "varchar", "asset_name": "varchar", "subject_type": "varchar",
    "subject_id": "varchar", "is_privileged": "boolean", "since_last": "varchar", "reviewer": "varchar",
    "last_seen": "timestamp", "due_on": "date", "closed_at": "timestamp",
}  # fmt: skip
DECISION_COLUMNS = {
    "campaign": "varchar", "item": "varchar", "decision": "varchar", "reviewer": "varchar", "decided_on": "date",
    "taken_at": "timestamp", "change_to_role_id": "varchar", "justification": "varchar",
}  # fmt: skip
"""What the models and the proof know of a campaign, and the types of it."""
_CHUNK = 5_000


class Proof(msgspec.Struct, frozen=True):
    """What became of a decision. Times are UTC."""

    campaign: str
    item: str
    review_item: str
    account_id: str
    account_name: str | None
    stream_name: str
    record_key: str
    person_type: str
    person_id: str
    person: str
    email: str | None
    role_id: str | None
    role_title: str | None
    asset_type: str | None
    asset_id: str | None
    asset_name: str | None
    is_privileged: bool | None
    decision: str
    decided_by: str
    decided_on: dt.date
    taken_at: dt.datetime
    verdict: str
    done_after: dt.datetime | None
    done_before: dt.datetime | None
    back_after: dt.datetime | None
    back_before: dt.datetime | None
    why_unknown: str | None
    seen_at: dt.datetime | None
    open_hours: int | None
    done_within_hours: int | None
    is_in_time: bool | None

    @property
    def sentence(self) -> str:
        """The proof in words."""
        what = f"{self.decision} {self.role_title} on {self.asset_name}: {self.verdict}"
        if self.verdict == "unknown":
            return f"{what}, {self.why_unknown}"
        if self.verdict == "open":
            days = (self.open_hours or 0) // 24
            return f"{what} {days} days after the decision, as of {utc(self.seen_at)}"
        if self.verdict == "kept":
            return what
        done = between(self.done_after, self.done_before)
        if self.verdict == "undone":
            return f"{what}, taken away {done}; back {between(self.back_after, self.back_before)}"
        return f"{what} {done}"


def prove(campaign: Campaign, database: Path | str, removal_hours: int = REMOVAL_HOURS) -> list[Proof]:
    """What became of each decision.

    Args:
        campaign: The campaign.
        database: The DuckDB file, after later syncs.
        removal_hours: How long a removal may take.

    Raises:
        ReviewError: The folder or the database cannot be read.
    """
    with reading(database) as connection:
        load(connection, "campaign_items", ITEM_COLUMNS, items_handed_over(campaign))
        load(connection, "campaign_decisions", DECISION_COLUMNS, decisions_handed_over(campaign))
        # The models have a table of this name; here, the finding about it tells enough.
        connection.execute(
            "create temp view receipt_forks as select account_id, split_part(finding_key, '|', 3) as stream_name "
            "from access_wix.findings where rule = 'forked_receipts'"
        )
        connection.execute("create temp macro hours_between(a, b) as date_diff('hour', a, b)")
        connection.execute("create temp macro seconds_between(a, b) as date_diff('second', a, b)")
        connection.execute(f"create temp macro removal_hours() as {int(removal_hours)}")
        query = files(__package__).joinpath("prove.sql").read_text(encoding="utf-8")
        result = connection.execute(f"{query} order by coalesce(is_privileged, true) desc, account_name, person, item")
        proofs: list[Proof] = []
        while rows := result.fetchmany(_CHUNK):
            proofs += [Proof(*row) for row in rows]
    return proofs


def items_handed_over(campaign: Campaign) -> Iterator[list[Any]]:
    """The items of a campaign, as the models know them.

    Args:
        campaign: The campaign.
    """
    header, reassigned = campaign.header, campaign.reassigned
    for item in campaign.rows(ITEMS, Item):
        yield [
            header.name, item.item, item.review_item, item.account_id, item.account, item.stream_name,
            item.record_key, item.person_type, item.person_id, item.person, item.email, item.role_id, item.role,
            item.asset_type, item.asset_id, item.asset, item.subject_type, item.subject_id, item.privileged,
            item.since_last, reassigned.get(item.item, item.reviewer), item.last_seen, header.due_on,
            campaign.closed_at,
        ]  # fmt: skip


def decisions_handed_over(campaign: Campaign) -> Iterator[list[Any]]:
    """The decisions of a campaign, as the models know them.

    Args:
        campaign: The campaign.
    """
    account_of = {item.item: item.account_id for item in campaign.rows(ITEMS, Item)}
    roles = list(campaign.rows(ROLES, Role))
    taken = campaign.taken_at
    for one in campaign.decisions.values():
        wanted = role_named(roles, account_of[one.item], one.change_to) if one.change_to else None
        yield [
            campaign.header.name, one.item, one.decision, one.reviewer, one.decided_on, taken[one.item], wanted,
            one.justification or None,
        ]  # fmt: skip


def write_proof(campaign: Campaign, proofs: Sequence[Proof], now: dt.datetime) -> list[str]:
    """Write the proof as JSON and CSV.

    Args:
        campaign: The campaign.
        proofs: What became of the decisions.
        now: When this was looked at.

    Returns:
        The paths in the folder.
    """
    whole = {"campaign": campaign.header.name, "proved_at": now, "tool_version": tool_version()}
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(Proof.__struct_fields__)
    for one in proofs:
        writer.writerow([_cell(getattr(one, name)) for name in Proof.__struct_fields__])
    put(campaign.path / f"{PROOF}.json", listed_json(whole, "proofs", proofs))
    put(campaign.path / f"{PROOF}.csv", text.getvalue().encode("utf-8-sig"))
    return [f"{PROOF}.json", f"{PROOF}.csv"]


def listed_json(about: Mapping[str, Any], name: str, rows: Iterable[Any]) -> bytes:
    """JSON of which each row is a line: to be read by people, and not larger than it has to be.

    Args:
        about: What stands before the rows.
        name: What the rows are called.
        rows: The rows.
    """
    encode = msgspec.json.Encoder().encode
    head = encode({**about, name: []})[:-2]
    return head + b"\n" + b",\n".join(map(encode, rows)) + b"\n]}\n"


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat(" ", "seconds") if isinstance(value, dt.datetime) else defused(value)


def as_lines(proofs: Sequence[Proof]) -> list[str]:
    """What became of the decisions, as lines to print: how many, and each that is not as it was decided.

    Args:
        proofs: What became of them.
    """
    counts = Counter(one.verdict for one in proofs)
    said = ", ".join(f"{counts[name]:,} {name}" for name in VERDICTS if counts[name]) or "no decision"
    late = sum(one.is_in_time is False for one in proofs)
    shown = [one for one in proofs if one.verdict != "kept"]
    return [
        f"{said}; {late:,} late",
        *(printable(f"- {one.person}: {one.sentence}") for one in shown[:100]),
        *([f"- and {len(shown) - 100:,} more"] if len(shown) > 100 else []),
    ]
