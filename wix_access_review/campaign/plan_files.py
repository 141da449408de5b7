"""The plan as files: JSON for programs, CSV for people, and the caution that stands in both and on the page."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.context import tool_version
from wix_access_review.campaign.disk import put
from wix_access_review.sheets import defused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wix_access_review.campaign.folder import Campaign
    from wix_access_review.campaign.plan import Step

CAUTION = (
    "These calls are written from Wix's public documentation and have never been tried: test the first one where it "
    "can do no harm. Nothing in this project sends them. You send each with your own API key; no key is stored here."
)
PLAN = "plan"
_COLUMNS = (
    "step", "account", "person", "email", "what", "method", "url", "headers", "body", "dashboard", "also_lost",
    "decided_by", "items",
)  # fmt: skip


def write_plan(campaign: Campaign, steps: Sequence[Step]) -> list[str]:
    """Write the plan as JSON and CSV.

    Args:
        campaign: The campaign.
        steps: What is to be done.

    Returns:
        The paths in the folder.
    """
    header = campaign.header
    whole = {"campaign": header.name, "caution": CAUTION, "tool_version": tool_version(), "steps": steps}
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for number, one in enumerate(steps, start=1):
        call = [one.method, one.url, _json(one.headers), _json(one.body)]
        cells = [number, one.account, one.person, one.email, "\n".join(one.what), *call, one.dashboard,
                 "\n".join(one.also_lost), "\n".join(one.decided_by), " ".join(one.items)]  # fmt: skip
        writer.writerow([defused(cell) for cell in cells])
    put(campaign.path / f"{PLAN}.json", msgspec.json.format(msgspec.json.encode(whole), indent=1))
    put(campaign.path / f"{PLAN}.csv", text.getvalue().encode("utf-8-sig"))
    return [f"{PLAN}.json", f"{PLAN}.csv"]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
