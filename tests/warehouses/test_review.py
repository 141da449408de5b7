"""The review and its campaigns from Postgres: the same files as from DuckDB."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.dbt import run_dbt
from tests.transform.demo import demo_runs, demo_warehouse
from wix_access_review.campaign.folder import FINDINGS, ITEMS, RECEIPTS, ROLES
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.report import write_review

if TYPE_CHECKING:
    from pathlib import Path

runs = cache(demo_runs)


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_a_campaign_and_a_review_from_postgres(warehouse, tmp_path, monkeypatch):
    """Item by item, and byte by byte, what DuckDB says of the same reads; the server's clock is not UTC."""
    loaded = warehouse()
    first, second, now = runs()
    loaded.load(first.lines, second.lines)
    done = run_dbt(
        "build", "--exclude", "test_type:data", target=tmp_path / "dbt", adapter="postgres", WIX_ACCESS_AS_OF=now,
        **loaded.variables(), **loaded.address(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    monkeypatch.setenv("WIX_ACCESS_AS_OF", now)
    server = loaded.server
    password = quote(server.password, safe="")
    address = f"postgresql://{server.user}:{password}@{server.host}:{server.port}/{server.database}"
    (tmp_path / "duckdb").mkdir()
    databases: dict[str, Path | str] = {"postgres": address, "duckdb": demo_warehouse(tmp_path / "duckdb", runs()).path}
    opened = {name: _opened(database, tmp_path / "campaigns" / name / "Q") for name, database in databases.items()}
    assert len(opened["duckdb"][ITEMS]) > 80
    for name in (ITEMS, RECEIPTS, FINDINGS, ROLES):
        assert opened["postgres"][name] == opened["duckdb"][name]
    pages = {name: write_review(database, tmp_path / "pages" / name) for name, database in databases.items()}
    for ours, theirs in zip(pages["postgres"], pages["duckdb"], strict=True):
        assert ours.read_bytes() == theirs.read_bytes()


def _opened(database, folder):
    """The lines of each frozen file of a campaign."""
    campaign = open_campaign(database, Opening(name="Q", folder=folder, max_age_days=10_000, by="ada"))
    found = {name: list(campaign.rows(name, dict)) for name in (ITEMS, RECEIPTS, FINDINGS, ROLES)}
    for item in found[ITEMS]:
        # Postgres keeps JSON with its members in an order of its own.
        item["restrictions"] = json.loads(item["restrictions"] or "null")
    return found


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_what_is_not_there_is_said(warehouse):
    """Without the models it says so, and an address that leads nowhere is not repeated with its password."""
    server = warehouse().server
    password = quote(server.password, safe="")
    address = f"postgresql://{server.user}:{password}@{server.host}:{server.port}/{server.database}"
    with pytest.raises(ReviewError, match="the models are not built"), reading(address):
        pass
    with pytest.raises(ReviewError, match="the models in Postgres cannot be read") as raised, reading(f"{address}x"):
        pass
    assert password not in str(raised.value)
    assert server.password not in str(raised.value)
