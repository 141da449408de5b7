"""A campaign of the story's accounts, opened anew for each test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.workbook import write_workbooks

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-25 09:00:00"


@pytest.fixture(autouse=True)
def _the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now is the day after the story was read."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", NOW)


@pytest.fixture(scope="session")
def opened(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a campaign of both accounts as it was opened, with its workbooks: for others to copy."""
    folder = tmp_path_factory.mktemp("opened") / "2026-Q4"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIX_ACCESS_AS_OF", NOW)
        opening = Opening(name="2026-Q4", folder=folder, default_reviewer="boss@acme.example", by="ada")
        made = open_campaign(database, opening)
        write_workbooks(made, list(made.rows(ITEMS, Item)))
    return folder


@pytest.fixture
def campaign(opened: Path, tmp_path: Path) -> Campaign:
    """An open campaign of both accounts, with its workbooks."""
    return Campaign(shutil.copytree(opened, tmp_path / opened.name))
