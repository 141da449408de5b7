"""The pages of a campaign in a real browser: they load nothing, run nothing, and everybody can read them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.review.campaign.test_decide import _csv, _file, _row
from tests.review.test_browser import browser, window  # noqa: F401  # fixtures
from wix_access_review.campaign.context import clock
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.pages import write_pages
from wix_access_review.campaign.plan import make_plan
from wix_access_review.campaign.plan_files import write_plan
from wix_access_review.campaign.prove import prove, write_proof


@pytest.fixture
def pages(campaign, database, tmp_path):
    """The pages of a campaign with nasty names, decided, planned and proved."""
    rows = [_row(campaign, f"k{number:03}", "remove", justification="<b>why</b>") for number in range(20, 33)]
    decide(campaign.path, [_file(tmp_path, _csv([*rows, _row(campaign, "k004")]))])
    write_plan(campaign, make_plan(Campaign(campaign.path)))
    write_proof(campaign, prove(Campaign(campaign.path), database), clock())
    assert write_pages(Campaign(campaign.path)) == ["campaign.html", "plan.html"]
    return campaign.path


@pytest.mark.parametrize("name", ["campaign.html", "plan.html"])
@pytest.mark.parametrize("width", [390, 1440])
def test_everybody_can_read_it(window, pages, name, width):  # noqa: F811
    """Nothing is asked for and nothing runs, axe finds no violation, and the page does not scroll sideways."""
    tab = window.show(pages / name, width)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert window.requests == [(pages / name).as_uri()]
    assert tab.locator("script").count() == 0
    violations = Axe().run(tab).response["violations"]
    assert [(one["id"], [node["html"][:150] for node in one["nodes"][:3]]) for one in violations] == []


def test_what_the_page_says(pages):
    """How complete, how far, and what became of each decision; names from outside are text."""
    text = (pages / "campaign.html").read_text(encoding="utf-8")
    for said in ("Every table was read completely", "1 keep, 0 change, 13 remove", "not read since the decision"):
        assert said in text
    assert "&lt;b&gt;why&lt;/b&gt;" in text
    assert "<bdi>boss@<wbr>acme.example</bdi>" in text
    assert "<script" not in text.replace("&lt;script", "")
    plan = (pages / "plan.html").read_text(encoding="utf-8")
    assert "have never been tried" in plan
