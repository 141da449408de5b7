"""The pages of a campaign: how far it is, what has changed, what is to be done, and what was proved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.disk import put
from wix_access_review.campaign.folder import ITEMS, RECEIPTS, Campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.plan import Step
from wix_access_review.campaign.plan_files import CAUTION, PLAN
from wix_access_review.campaign.progress import Progress, progress
from wix_access_review.campaign.prove import PROOF, VERDICTS, Proof
from wix_access_review.page import render_still
from wix_access_review.receipts import TableReceipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wix_access_review.campaign.records import Decision

PAGE = "campaign.html"
PLAN_PAGE = "plan.html"
MOST_ITEMS = 2_000
"""Items and changes that a page shows; the CSV has all."""


class _Plan(msgspec.Struct):
    steps: list[Step]


class _Proofs(msgspec.Struct):
    proofs: list[Proof]


@dataclass(frozen=True)
class Shown:
    """An item on the page: who certifies it, what was decided, and what became of that."""

    item: Item
    reviewer: str | None
    decision: Decision | None
    proof: Proof | None


def write_pages(campaign: Campaign) -> list[str]:
    """Write the page of a campaign, and that of its plan where there is one.

    Args:
        campaign: The campaign.

    Returns:
        The paths in the folder.
    """
    found = progress(campaign)
    steps = _stored(campaign, f"{PLAN}.json", _Plan)
    proofs = _stored(campaign, f"{PROOF}.json", _Proofs)
    page = render_still("campaign.html.j2", campaign.header.name, **_shown(found, proofs.proofs if proofs else None))
    put(campaign.path / PAGE, page.encode())
    if not steps:
        return [PAGE]
    plan = render_still("plan.html.j2", f"Plan: {campaign.header.name}", steps=steps.steps, caution=CAUTION)
    put(campaign.path / PLAN_PAGE, plan.encode())
    return [PAGE, PLAN_PAGE]


def _stored(campaign: Campaign, name: str, kind: Any) -> Any:
    path = campaign.path / name
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.is_file() else None


def _shown(found: Progress, proofs: Sequence[Proof] | None) -> dict[str, Any]:
    campaign = found.campaign
    proof_of = {one.item: one for one in proofs or ()}
    reviewers, decisions = campaign.reviewers, campaign.decisions
    rows = [
        Shown(item, reviewers[item.item], decisions.get(item.item), proof_of.get(item.item))
        for item in campaign.rows(ITEMS, Item)
    ]
    rows.sort(key=lambda one: one.item.width, reverse=True)
    changed = [one for one in rows if one.item.since_last in {"new", "changed"}]
    wrong = [one for one in rows if one.proof and one.proof.verdict not in {"kept", "carried out"}]
    counts = Counter(one.verdict for one in proofs or ())
    return {
        "progress": found, "header": campaign.header, "receipts": list(campaign.rows(RECEIPTS, TableReceipt)),
        "changed": changed[:MOST_ITEMS], "changed_count": len(changed), "rows": rows[:MOST_ITEMS],
        "verdicts": {name: counts[name] for name in VERDICTS if counts[name]} if proofs is not None else None,
        "attention": wrong[:MOST_ITEMS],
    }  # fmt: skip
