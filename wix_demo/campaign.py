"""The demo's campaign: opened and decided after the first run, and checked after the next ones."""

from __future__ import annotations

import csv
import io
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING

from wix_access_review.campaign.context import clock
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.disk import put
from wix_access_review.campaign.evidence import verify, write_manifest
from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.pages import write_pages
from wix_access_review.campaign.phrases import some
from wix_access_review.campaign.plan import make_plan
from wix_access_review.campaign.plan_files import write_plan
from wix_access_review.campaign.progress import as_lines, progress
from wix_access_review.campaign.prove import prove, write_proof
from wix_access_review.campaign.workbook import write_workbooks
from wix_access_review.findings import printable

if TYPE_CHECKING:
    from pathlib import Path

NAME = "first-review"
REVIEWER = "chair@acme-studio.example"
DECISIONS = "decisions.csv"
"""What the reviewer decides, by person, role and asset. Every other item stays open."""


def campaign_folder(database: Path) -> Path:
    """The folder of the demo's campaign.

    Args:
        database: The demo's database.
    """
    return database.parent / "campaigns" / NAME


def certify(database: Path) -> list[str]:
    """Open the campaign, take the decisions of the demo's file, and write the plan.

    Args:
        database: The demo's database after the first run.

    Returns:
        The lines to print.
    """
    folder = campaign_folder(database)
    shutil.rmtree(folder, ignore_errors=True)
    campaign = open_campaign(database, Opening(name=NAME, folder=folder, default_reviewer=REVIEWER, by="demo"))
    items = list(campaign.rows(ITEMS, Item))
    write_workbooks(campaign, items)
    filled = folder.parent / f"{NAME}-filled-in.csv"
    put(filled, _filled_in(items))
    (taken,) = decide(folder, [filled], database=database, by="demo")
    campaign = Campaign(folder)
    steps = make_plan(campaign)
    write_plan(campaign, steps)
    write_pages(campaign)
    write_manifest(campaign, clock())
    return [
        as_lines(progress(campaign))[0],
        taken.summary,
        f"The plan for people to carry out: {some(len(steps), 'step')}",
    ]


def look_back(database: Path) -> list[str]:
    """Prove which decisions were carried out, and verify the evidence.

    Args:
        database: The demo's database after a later run.

    Returns:
        The lines to print; empty if there is no campaign.
    """
    folder = campaign_folder(database)
    if not folder.is_dir():
        return []
    wrong = verify(folder)
    campaign = Campaign(folder)
    proofs = prove(campaign, database)
    write_proof(campaign, proofs, clock())
    write_pages(campaign)
    write_manifest(campaign, clock())
    whole = "; ".join(wrong) or "every file of the campaign was as it had been left"
    return [*(printable(f"{one.person}: {one.sentence}") for one in proofs), whole]


def _filled_in(items: list[Item]) -> bytes:
    """The rows of the campaign that the demo's file decides, as a reviewer would fill them in."""
    lines = csv.DictReader(io.StringIO(files(__package__).joinpath(DECISIONS).read_text(encoding="utf-8")))
    decisions = {(line["email"], line["role"], line["asset"]): line for line in lines}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("item", "decision", "change_to", "decided_on", "justification", "reviewer"))
    for item in items:
        if line := decisions.get((item.email or "", item.role or "", item.asset or "")):
            day = clock().date()
            writer.writerow((item.item, line["decision"], line["change_to"], day, line["justification"], item.reviewer))
    return text.getvalue().encode()
