"""A campaign of the story's accounts, opened anew for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wix_access_review.campaign.folder import ITEMS
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.workbook import write_workbooks

if TYPE_CHECKING:
    from pathlib import Path

    from wix_access_review.campaign.folder import Campaign

NOW = "2026-11-25 09:00:00"


@pytest.fixture(autouse=True)
def _the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now is the day after the story was read."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", NOW)


@pytest.fixture
def campaign(database: Path, tmp_path: Path) -> Campaign:
    """An open campaign of both accounts, with its workbooks."""
    opening = Opening(name="2026-Q4", folder=tmp_path / "2026-Q4", default_reviewer="boss@acme.example", by="ada")
    opened = open_campaign(database, opening)
    write_workbooks(opened, list(opened.rows(ITEMS, Item)))
    return opened
