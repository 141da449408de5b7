"""How far a campaign is, what is overdue, and how it ends."""

from __future__ import annotations

import pytest

from tests.review.campaign.test_decide import BOSS, _csv, _file, _row
from wix_access_review.campaign.decide import decide, reassign
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.progress import as_lines, close, progress


def test_progress_by_reviewer(campaign, tmp_path):
    """Who has decided how much, and what is open, widest access first."""
    reassign(campaign.path, "eve@acme.example", "her site", items=["acc-acme|assignments|k003"])
    decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k004"), _row(campaign, "k020", "remove")]))])
    lines = as_lines(progress(Campaign(campaign.path)))
    assert lines[:6] == [
        "2026-Q4: due on 2026-12-25; 2 of 22 items decided (1 keep, 0 change, 1 remove)",
        "- boss@acme.example: 2 of 21 decided, 19 open, 3 of them privileged",
        "- eve@acme.example: 0 of 1 decided, 1 open, 0 of them privileged",
        "Open, widest access first (20):",
        "- Ada Okafor (p1@acme.example): Owner on the whole account, privileged",
        "- Ada Okafor: Owner on the whole account, privileged",
    ]


@pytest.mark.parametrize(
    ("now", "state", "overdue"),
    [
        ("2026-12-25 23:59:00", "due on 2026-12-25", False),
        ("2026-12-26 00:00:00", "overdue by 1 day", True),
        ("2027-01-04 00:00:00", "overdue by 10 days", True),
    ],
)
def test_overdue(campaign, monkeypatch, now, state, overdue):
    """The due day itself is in time."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", now)
    found = progress(Campaign(campaign.path))
    assert (found.state, found.is_overdue) == (state, overdue)


@pytest.mark.parametrize(
    ("rule", "now", "decisions"),
    [("open", "2026-12-26", 1), ("remove", "2026-12-26", 22), ("remove", "2026-12-25", 1)],
)
def test_what_no_response_means(database, tmp_path, monkeypatch, rule, now, decisions):
    """After the due day an open row stays open or counts as remove, as was announced; before it, it stays open."""
    opening = Opening(name="q", folder=tmp_path / "q", default_reviewer=BOSS, no_response=rule)
    campaign = open_campaign(database, opening)
    decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k004")]))])
    monkeypatch.setenv("WIX_ACCESS_AS_OF", now)
    found = close(campaign.path)
    assert len(found.open) == 21
    after = Campaign(campaign.path)
    assert len(after.decisions) == decisions
    assert progress(after).state == f"closed at {now} 00:00 UTC"
    silent = [one for one in after.decisions.values() if one.reviewer == "no response"]
    assert {(one.decision, one.justification) for one in silent} <= {("remove", "No response until 2026-12-25")}
