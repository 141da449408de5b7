"""Where the roles were never read, nothing says whether a grant is privileged: unknown, sorted as if it were."""

from __future__ import annotations

import csv
import json

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.review.campaign.test_decide import BOSS, _csv, _file, _row
from tests.review.test_browser import ROWS, Opened, browser  # noqa: F401
from tests.review.warehouse import ACME, make, story
from wix_access_review.campaign.folder import Campaign
from wix_access_review.cli import main
from wix_access_review.report import write_review

NORA = "k004"
"""A grant of a role that is not privileged in the story: Website Manager in a folder."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The story, without what the role of one grant means."""
    rows = story()
    (held,) = (row for row in rows["access_grants"] if row["record_key"] == NORA)
    held |= {"is_privileged": None, "role_strength": None}
    (reviewed,) = (row for row in rows["access_review"] if row["record_key"] == NORA)
    reviewed["privileged"] = None
    return make(tmp_path_factory.mktemp("unknown") / "wix.duckdb", rows)


@pytest.fixture
def opened(database, tmp_path, monkeypatch):
    """A campaign of it."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", "2026-11-25 09:00:00")
    folder = tmp_path / "Q"
    assert main(["open", str(database), "--name", "Q", "--folder", str(folder), "--default-reviewer", BOSS]) == 0
    return Campaign(folder)


def _named(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["review_item"]: row["privileged"] for row in csv.DictReader(file)}


def test_in_a_campaign(opened, tmp_path, capsys):
    """Unknown in the workbooks, apart in the counts, behind nothing but what is privileged, and so in the plan."""
    capsys.readouterr()
    assert _named(opened.path / "Q.csv")[f"{ACME}|assignments|{NORA}"] == "unknown"
    titles, *cells = openpyxl.load_workbook(opened.path / "Q.xlsx")["Decisions"].iter_rows(values_only=True)
    assert [row[titles.index("privileged")] for row in cells].count("unknown") == 1
    assert main(["status", str(opened.path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "22 open, 3 of them privileged and 1 perhaps" in said[1]
    assert said[6] == "- Nora Haugen (p3@acme.example): Website Manager on /Clients/North, not known whether privileged"
    rows = [_row(opened, key, "remove") for key in (NORA, "k003", "k020")]
    for command in (["decide", str(_file(tmp_path, _csv(rows)))], ["plan"], ["evidence"]):
        assert main([command[0], str(opened.path), *command[1:]]) == 0
    steps = json.loads((opened.path / "plan.json").read_bytes())["steps"]
    assert [one["is_privileged"] for one in steps if one["person"] == "Nora Haugen"] == [None]
    assert (opened.path / "plan.html").read_text(encoding="utf-8").count("privilege not known") == 1
    assert "privilege not known" in (opened.path / "campaign.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_on_the_page(browser, database, tmp_path):  # noqa: F811
    """A badge says so; the table sorts it before what is known not to be privileged, and a filter finds it."""
    page, table, _ = write_review(database, tmp_path)
    assert _named(table)[f"{ACME}|assignments|{NORA}"] == "unknown"
    opened = Opened(browser)
    tab = opened.show(page)
    expect(tab.locator("#summary")).to_contain_text("not known for 1 grant")
    tab.locator("#review").get_by_label("Privileged").select_option("not known")
    expect(tab.locator(ROWS)).to_have_count(1)
    expect(tab.locator(ROWS)).to_contain_text("privilege not known")
    tab.locator("#people").get_by_label("Privileged").select_option("not known")
    expect(tab.locator("#people tbody tr[aria-rowindex]")).to_have_count(1)
    tab.locator("#review").get_by_label("Privileged").select_option("")
    tab.locator("#review thead").get_by_role("button", name="Power").click()
    people = [tab.locator(ROWS).nth(place).locator("th").inner_text().splitlines()[0] for place in range(5)]
    assert people.index("Nora Haugen") <= 3
    assert opened.trouble == []
    opened.context.close()
