"""The review and its campaigns from Postgres: the same files as from DuckDB."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

import pytest

from tests.transform.demo import demo_runs
from tests.transform.warehouse import run_dbt
from wix_access_review.campaign.folder import ITEMS
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.items import Item
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError

runs = cache(demo_runs)


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_a_campaign_from_postgres(warehouse, tmp_path, monkeypatch):
    """Each row of the review there is an item, and each tells when it was last seen; the server's clock is not UTC."""
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
    opened = open_campaign(address, Opening(name="Q", folder=tmp_path / "Q", max_age_days=10_000))
    items = list(opened.rows(ITEMS, Item))
    assert len(items) > 80
    with reading(address) as connection:
        (count,) = connection.execute("select count(*) from access_wix.access_review").fetchone() or (0,)
    assert count == len(items)
    assert [item for item in items if not item.last_seen] == []


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
