"""How far a campaign is: by reviewer, what is overdue, and what is open, widest access first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_access_review.campaign.context import clock, whoever
from wix_access_review.campaign.disk import lines
from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.phrases import some, utc
from wix_access_review.campaign.records import Decision
from wix_access_review.files import naming
from wix_access_review.findings import printable
from wix_access_review.sheets import DECISIONS
from wix_access_review.standing import Share

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence
    from pathlib import Path

NOBODY = "(nobody)"
NO_RESPONSE = "no response"
MOST_OPEN = 10
PRIVILEGED = {True: ", privileged", False: "", None: ", not known whether privileged"}


@dataclass(frozen=True)
class Progress:
    """How far a campaign is."""

    campaign: Campaign
    now: dt.datetime
    shares: Sequence[Share]
    open: Sequence[Item]
    decided: dict[str, int]
    since_last: dict[str, int]

    @property
    def is_overdue(self) -> bool:
        """Whether the due day is over and something is open."""
        return (
            any(share.open for share in self.shares)
            and not self.campaign.closed_at
            and self.now.date() > self.campaign.header.due_on
        )

    @property
    def state(self) -> str:
        """Whether the campaign is open, overdue or closed, in words."""
        header = self.campaign.header
        if self.campaign.closed_at:
            return f"closed at {utc(self.campaign.closed_at)}"
        days = (self.now.date() - header.due_on).days
        return f"overdue by {some(days, 'day')}" if self.is_overdue else f"due on {header.due_on}"


def progress(
    campaign: Campaign,
    accounts: Collection[str] | None = None,
    now: dt.datetime | None = None,
    *,
    keep_open: bool = True,
) -> Progress:
    """How far a campaign is.

    Args:
        campaign: The campaign.
        accounts: Ids of the accounts to look at; None for all.
        now: The time to call it overdue at; None for now.
        keep_open: Whether `Progress.open` shall hold what is open, which can be much.
    """
    reassigned, decisions = campaign.reassigned, campaign.decisions
    counts: dict[str, Counter[str]] = {}
    since_last: Counter[str] = Counter()
    said: Counter[str] = Counter()
    left: list[Item] = []
    for item in campaign.rows(ITEMS, Item):
        if accounts is not None and item.account_id not in accounts:
            continue
        since_last[item.since_last] += 1
        share = counts.setdefault(reassigned.get(item.item, item.reviewer) or NOBODY, Counter())
        share["items"] += 1
        if item.item in decisions:
            share["decided"] += 1
            said[decisions[item.item].decision] += 1
        else:
            share["privileged"] += item.privileged is True
            share["unknown"] += item.privileged is None
            if keep_open:
                left.append(item)
    left.sort(key=lambda item: item.width, reverse=True)
    signed = campaign.sign_offs
    shares = [
        Share(
            reviewer,
            count["items"],
            count["decided"],
            count["privileged"],
            count["unknown"],
            signed.get(reviewer.casefold()),
        )
        for reviewer, count in counts.items()
    ]
    shares.sort(key=lambda one: (-one.open, one.reviewer))
    return Progress(campaign, now or clock(), shares, left, {name: said[name] for name in DECISIONS}, dict(since_last))


def as_lines(found: Progress) -> list[str]:
    """How far a campaign is, as lines to print.

    Args:
        found: What was found.
    """
    header = found.campaign.header
    count = header.item_count
    said = ", ".join(f"{number:,} {name}" for name, number in found.decided.items())
    share = f"{count - len(found.open):,} of {some(count, 'item')}"
    lines_ = [
        f"{printable(header.name)}: {found.state}; {share} decided ({said})",
        *(
            f"- {printable(share.reviewer)}: {share.decided:,} of {share.items:,} decided"
            + (f", {share.open:,} open, {share.privileged_open:,} of them privileged" if share.open else "")
            + (f" and {share.unknown_open:,} perhaps" if share.unknown_open else "")
            + (f"; signed off by {printable(share.signed_off)}" if share.signed_off else "")
            for share in found.shares
        ),
    ]
    if found.open:
        lines_.append(f"Open, widest access first ({len(found.open):,}):")
        lines_ += [f"- {about(item)}" for item in found.open[:MOST_OPEN]]
    return lines_


def about(item: Item) -> str:
    """An item on a line.

    Args:
        item: The item.
    """
    mail = f" ({item.email})" if item.email and item.email != item.person else ""
    return printable(f"{item.person}{mail}: {item.role} on {item.asset}{PRIVILEGED[item.privileged]}")


def close(folder: Path, by: str = "") -> Progress:
    """End a campaign: nothing is added to it any more, and what is open has the answer that was announced.

    Args:
        folder: The campaign's folder.
        by: Who ends it.

    Returns:
        How far it was: `open` names what nobody decided.

    Raises:
        ReviewError: It is closed already.
    """
    with naming(folder), Campaign(folder).changing() as campaign:
        found = progress(campaign)
        now, header = found.now, campaign.header
        removed = [
            Decision(item.item, "remove", NO_RESPONSE, now.date(), f"No response until {header.due_on}")
            for item in found.open
            if header.no_response == "remove" and now.date() > header.due_on
        ]
        files = {f"decisions/{campaign.next_number():04}.jsonl": lines(removed)} if removed else {}
        open_items = [item.item for item in found.open]
        files[f"closed/{campaign.next_number():04}-open.jsonl"] = lines({"item": one} for one in open_items)
        campaign.append("closed", by or whoever(), now, {"open": len(open_items), "removed": len(removed)}, files)
        return found
