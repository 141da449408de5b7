"""Handing campaigns over to dbt: seeds, of which it makes `review_items`, `review_decisions` and findings."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from wix_access_review.campaign.disk import put
from wix_access_review.campaign.prove import (
    DECISION_COLUMNS,
    ITEM_COLUMNS,
    decisions_handed_over,
    items_handed_over,
)
from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from wix_access_review.campaign.folder import Campaign

_SEEDS: dict[str, tuple[dict[str, str], Callable[[Campaign], Iterable[Sequence[Any]]]]] = {
    "wix__campaign_items.csv": (ITEM_COLUMNS, items_handed_over),
    "wix__campaign_decisions.csv": (DECISION_COLUMNS, decisions_handed_over),
}
_OWN = {
    "wix__accepted_findings.csv": "finding_key,facts,reason,accepted_by,accepted_until\n",
    "wix__leavers.csv": "email,person,left_on\n",
}
"""The seeds that people write: made empty where they are not there."""


def hand_over(campaigns: Sequence[Campaign], seeds: Path) -> list[Path]:
    """Write the seeds of campaigns.

    Args:
        campaigns: All campaigns that the models shall know.
        seeds: The folder that `WIX_REVIEW_SEEDS` names for dbt.

    Returns:
        The files.

    Raises:
        ReviewError: Two campaigns have one name, by which the models tell them apart.
    """
    named: dict[str, Campaign] = {}
    for campaign in campaigns:
        if other := named.get(campaign.header.name):
            both = f"{other.path} and {campaign.path}"
            raise ReviewError(f"two campaigns are called {campaign.header.name} ({both}): hand over only one of them")
        named[campaign.header.name] = campaign
    for name, (columns, rows) in _SEEDS.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for campaign in campaigns:
            writer.writerows([_cell(value) for value in row] for row in rows(campaign))
        put(seeds / name, text.getvalue().encode())
    for name, head in _OWN.items():
        if not (seeds / name).exists():
            put(seeds / name, head.encode())
    return [seeds / name for name in (*_SEEDS, *_OWN)]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(" ") if isinstance(value, dt.datetime) else value
