"""The page in a real browser: it asks for nothing, and people can search, sort, print and read it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.review.warehouse import (
    ACME,
    CLOSER,
    LONG,
    NAMES,
    NASTY,
    RTL,
    SCRIPT,
    finding,
    grant,
    make,
    person,
    receipt,
    reviewed,
    site,
)
from wix_access_review.report import write_review

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

WIDTHS = (360, 390, 768, 1440, 2560)
ROWS = "#review tbody tr[aria-rowindex]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or Chrome."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        reason = "there is no chromium here: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    # A browser that root runs has no sandbox of its own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


class Opened:
    """A tab with a page, and what went wrong in it or was asked for by it."""

    def __init__(self, browser: Browser, **context) -> None:
        self.context = browser.new_context(**context)
        self.tab: Page = self.context.new_page()
        self.trouble: list[str] = []
        self.requests: list[str] = []
        self.tab.on("console", lambda message: self.trouble.append(message.text))
        self.tab.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))

    def show(self, path: Path, width: int = 1440, scheme: Literal["light", "dark"] = "light") -> Page:
        """Load a page anew: nothing is left of what was shown before."""
        self.tab.goto("about:blank")
        self.trouble.clear()
        self.requests.clear()
        self.tab.set_viewport_size({"width": width, "height": 900})
        self.tab.emulate_media(media="null", color_scheme=scheme)
        self.tab.goto(path.as_uri())
        return self.tab


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Opened]:
    """The tab of a module's tests: to open another takes Chromium twice what it takes to load a page."""
    page = Opened(browser)
    yield page
    page.context.close()


@pytest.fixture
def tab(window: Opened, written: Path) -> Iterator[Page]:
    """The story's page, open; whatever a test does in it makes no error and no request."""
    path = written / "access-review.html"
    tab = window.show(path)
    expect(tab.locator(ROWS).first).to_be_attached()
    yield tab
    assert (window.trouble, window.requests, tab.evaluate("window.hit")) == ([], [path.as_uri()], None)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 2,100 people and 120 sites."""
    folder = tmp_path_factory.mktemp("many")
    people = [person(n, f"Person {n}") for n in range(2100)]
    grants = [
        grant(n, who, ("writer", "editor", "admin")[n % 3], "account", ACME, "Acme")
        if n % 50 == 0
        else grant(n, who, "writer", "site", f"s{n % 120}", f"Site {n % 120}")
        for n, who in enumerate(people)
    ]
    scopes = [(f"account:{ACME}", n) for n in range(120)] + [(f"site:s{n}", n) for n in range(120)]
    rows = {
        "people": people,
        "access_grants": grants,
        "access_review": [reviewed(one, [people[n]]) for n, one in enumerate(grants)],
        "sites": [site(f"s{n}", f"Site {n}") for n in range(120)],
        "access_reach": [{"account_id": ACME, "scope_key": key, "site_id": f"s{n}", "depth": 0} for key, n in scopes],
    }
    return write_review(make(folder / "many.duckdb", rows), folder)[0]


def _cells(tab: Page, place: int, section: str = "#review") -> list[str]:
    """The first line of a column's cells, in order."""
    cells = tab.locator(f"{section} tbody tr[aria-rowindex] > :nth-child({place})").all_inner_texts()
    return [text.split("\n")[0].strip() for text in cells]


def _line(row: Locator) -> str:
    """What stands in a row, its cells parted by bars."""
    return " | ".join(" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts())


def _result(tab: Page, text: str, section: str = "#review") -> None:
    expect(tab.locator(f"{section} .result")).to_have_text(text)


# --- It opens ---


def test_nasty_names_are_text(tab):
    """Every name stands in the table as it is, and none of them ran."""
    names = {" ".join(name.split()) for name in tab.locator(f"{ROWS} th bdi").all_text_contents()}
    assert {
        " ".join(name.split()) for name in (SCRIPT, CLOSER, "\"quoted\" 'name' & more", "=cmd|'/c calc'!A1")
    } <= names
    tab.fill("#review input", "Maximilian")
    expect(tab.locator(f"{ROWS} th a").first).to_have_text(LONG)


def test_text_does_not_spill_its_direction(tab):
    """A name that is written from right to left, or turns it, does not turn what stands beside it."""
    tab.fill("#review input", "p20@acme.example")
    _result(tab, "1 of 22 grants")
    cell = tab.locator(f"{ROWS} th")
    assert cell.locator("a bdi").text_content() == RTL
    assert cell.evaluate("cell => getComputedStyle(cell).direction") == "ltr"
    assert (
        cell.locator("bdi").evaluate_all("all => all.map((one) => getComputedStyle(one).unicodeBidi)")
        == ["isolate"] * 2
    )


def test_without_javascript_the_page_can_be_read(browser, written):
    """Figures, receipts, findings and changes stand there; what needs JavaScript is not shown."""
    page = Opened(browser, java_script_enabled=False)
    page.show(written / "access-review.html")
    expect(page.tab.get_by_text("JavaScript is off")).to_be_visible()
    expect(page.tab.get_by_text("Ivy Lindqvist joined 12 days ago")).to_be_visible()
    expect(page.tab.locator("#timeline tbody tr").first).to_be_attached()
    assert page.tab.locator("#summary .plain tbody tr").count() == 14
    assert [page.tab.locator(one).is_visible() for one in ("#matrix", "#people", "#sites", "#review")] == [False] * 4
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(window, written, width):
    """From a phone to a wide desk, nothing makes the page scroll sideways, nor those of a person or a site."""
    tab = window.show(written / "access-review.html", width)
    expect(tab.locator(ROWS).first).to_be_attached()
    for place in ("", "#/person/acc-acme/member/p22", "#/site/acc-acme/s2"):
        tab.evaluate("hash => (location.hash = hash)", place)
        tab.wait_for_function("hash => (hash.startsWith('#/') ? !detail.hidden : detail.hidden)", arg=place)
        assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"latest_receipts": [receipt(ACME, "users")]},
        {"latest_receipts": [receipt(ACME, "sites")], "sites": [site("s1", "Shop")]},
        {"people": [person(1, "Nobody")]},
        {"people": [person(1, "Nobody")], "sites": [site("s1", "Shop")]},
        {"findings": [finding("unused|x", "low", "A role", "Nobody holds it.", account_id=ACME)]},
    ],
    ids=["nothing", "receipts", "sites", "people", "people and sites", "findings"],
)
def test_an_account_with_next_to_nothing(window, tmp_path, rows):
    """Without grants, people or sites every list can still be filtered, sorted and printed, without an error."""
    tab = window.show(write_review(make(tmp_path / "few.duckdb", rows), tmp_path)[0])
    expect(tab.locator("#review .result")).to_have_text("0 of 0 grants")
    for button in tab.locator("thead button").all():
        button.evaluate("button => button.click()")
    last = "one => { one.selectedIndex = one.options.length - 1; one.dispatchEvent(new Event('change')); }"
    for choice in tab.locator("#overview select").all():
        choice.evaluate(last)
    _printed(tab, tmp_path)
    for person_or_site in tab.locator("#people tbody a, #sites tbody a").all():
        tab.evaluate("hash => (location.hash = hash)", person_or_site.get_attribute("href"))
        expect(tab.locator("#detail h2")).to_be_visible()
    assert window.trouble == []


@pytest.mark.parametrize(("width", "count"), [(360, 3), (390, 3), (430, 3)])
def test_a_phone_shows_person_role_and_asset(window, written, width, count):
    """On a phone the columns that matter most stand side by side, before anybody scrolls."""
    tab = window.show(written / "access-review.html", width)
    expect(tab.locator(ROWS).first).to_be_attached()
    edge = tab.locator("#review .box").evaluate("box => box.getBoundingClientRect().right")
    heads = tab.locator("#review thead th")
    rights = heads.evaluate_all("all => all.map((one) => one.getBoundingClientRect().right)")
    assert sum(right <= edge + 1 for right in rights) >= count
    assert [" ".join(text.split()) for text in heads.all_inner_texts()[:3]] == ["Person", "Role", "On"]


@pytest.mark.parametrize("count", [1, 4, 8, 24])
def test_site_names_are_whole_where_there_is_room(window, tmp_path, count):
    """In the matrix no name of up to 30 letters is cut while columns could be wider, or the header higher."""
    who = person(1, "Ada")
    held = grant(1, who, "owner", "account", ACME, "Acme")
    rows = {
        "people": [who],
        "access_grants": [held],
        "access_review": [reviewed(held, [who])],
        "sites": [site(f"s{n}", f"North Harbor Hotel & Spa no {n:02}") for n in range(count)],
    }
    written = write_review(make(tmp_path / "m.duckdb", rows), tmp_path)[0]
    sizes = "all => all.map((a) => [a.scrollHeight - a.clientHeight, a.scrollWidth - a.clientWidth, a.textContent])"
    for width in (768, 1440):
        names = window.show(written, width).locator(".mx-site a")
        expect(names.first).to_be_attached()
        cut = [text for high, wide, text in names.evaluate_all(sizes) if high > 1 or wide > 1]
        assert (width, cut) == (width, [])


# --- Search, filter, sort ---


def test_search(tab):
    """Every word must be found in the person, the role, the asset or the account, in any case."""
    for text, count in (
        ("ivy", 2),
        ("IVY writer", 1),
        ("shop eu", 4),
        ("manager north", 1),
        ("p1@acme", 1),
        ("</script>", 13),
        ("nobody", 0),
    ):
        tab.fill("#review input", text)
        _result(tab, f"{count} of 22 grants")
        assert (text, tab.locator(ROWS).count()) == (text, count)


def test_filters(tab):
    """Each filter leaves the rows that it says, and all come back when the filters are cleared."""
    review = tab.locator("#review")
    for label, choice, count in (
        ("Account", "North", 1),
        ("Role", "=Blog Writer", 16),
        ("Privileged", "yes", 3),
        ("Privileged", "no", 19),
        ("Via", "folder", 1),
        ("Person", "invited", 1),
        ("Findings", "critical", 2),
        ("Findings", "high or worse", 3),
        ("Findings", "none", 6),
    ):
        review.get_by_label(label, exact=True).select_option(choice)
        _result(tab, f"{count} of 22 grants")
        review.get_by_role("button", name="Clear filters").click()
        _result(tab, "22 of 22 grants")


def test_filters_add_up(tab):
    """Several filters and a search leave the rows that fit all of them; none is said in words."""
    review = tab.locator("#review")
    review.get_by_label("Privileged", exact=True).select_option("yes")
    review.get_by_label("Account", exact=True).select_option(NAMES[ACME])
    _result(tab, "2 of 22 grants")
    assert _cells(tab, 1) == ["Ada Okafor", "Ivy Lindqvist"]
    tab.fill("#review input", "nora")
    _result(tab, "0 of 22 grants")
    expect(review.get_by_text("No grant matches: remove a filter.")).to_be_visible()


def test_sorting(tab):
    """A click sorts, another turns the order, and the header says so to those who do not see it."""
    head = tab.locator("#review thead th").filter(has_text="Power")
    head.get_by_role("button").click()
    assert _cells(tab, 5)[:5] == ["100", "100", "95", "60", "60"]
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").press("Enter")
    assert _cells(tab, 5)[:3] == ["-", "20", "20"]
    assert head.get_attribute("aria-sort") == "ascending"
    tab.get_by_role("columnheader", name="Person").get_by_role("button").last.click()
    assert [head.get_attribute("aria-sort"), _cells(tab, 1)[-1]] == ["none", RTL.strip()]


def test_figures_lead_to_their_rows(tab):
    """A figure opens the list that it counts, filtered."""
    tab.get_by_role("link", name="Outside people").click()
    _result(tab, "2 of 20 people", "#people")
    tab.get_by_role("link", name="Privileged people").click()
    _result(tab, "3 of 20 people", "#people")
    tab.get_by_role("link", name="Open invites").click()
    _result(tab, "1 of 20 people", "#people")
    assert tab.evaluate("location.hash") == "#people"


def test_only_rows_in_sight_are_in_the_document(window, many):
    """Of 2,100 rows some dozens are drawn, the scroll bar is that of all, and the last one can be reached."""
    tab = window.show(many)
    expect(tab.locator(ROWS).first).to_be_attached()
    assert tab.locator(ROWS).count() < 60
    box = tab.locator("#review .box")
    assert box.evaluate("box => Math.round(box.querySelector('tbody').offsetHeight / 48)") == 2100
    box.evaluate("box => (box.scrollTop = box.scrollHeight)")
    expect(tab.get_by_role("link", name="Person 2099", exact=True).last).to_be_attached()
    assert tab.locator(ROWS).last.get_attribute("aria-rowindex") == "2101"
    assert tab.locator("#review table").get_attribute("aria-rowcount") == "2101"
    assert window.trouble == []


# --- The matrix ---


def test_the_matrix(tab):
    """Who reaches what, by the strongest role, with a mark beside the colour, and a name for those who see neither."""
    cells = {}
    for row in tab.locator(".mx-row").all():
        who = (row.get_by_role("rowheader").text_content() or "").strip()
        cells[who] = [
            (one.text_content(), one.get_attribute("aria-label")) for one in row.get_by_role("gridcell").all()
        ]
    assert tab.locator(".mx-site").all_text_contents() == ["=Shop " + CLOSER, "Shop EU"]
    nothing = ("", "no access")
    assert cells["Ada Okafor"] == [("★", "Owner, privileged via account")] * 2
    assert cells["Ivy Lindqvist"] == [
        ("★", "Admin (Co-Owner), privileged via account"),
        ("★", "Admin (Co-Owner), privileged via account, and 1 other way"),
    ]
    assert cells["Nora Haugen"] == [("◐", "Website Manager via folder"), nothing]
    assert cells["leaver@old.example"] == [nothing, ("◐", "Website Manager via site, pending")]
    assert cells["acc-outside"] == [nothing, ("○", "=Blog Writer via contributor")]
    assert cells["gone"] == [nothing, ("○", "=Blog Writer via site")]
    assert list(cells)[:2] == ["Ada Okafor", "Ivy Lindqvist"]


def test_the_matrix_by_keyboard(tab):
    """One stop for the tabulator, arrows to go, the status says where, and Enter opens the person."""
    first = tab.locator(".mx [tabindex='0']")
    assert first.count() == 1
    first.focus()
    for key in ("ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
    expect(tab.locator(".mx-status")).to_have_text(
        "Ivy Lindqvist on Shop EU: Admin (Co-Owner), privileged via account, and 1 other way"
    )
    tab.keyboard.press("Control+End")
    assert tab.evaluate("document.activeElement.dataset.at") == "18,1"
    tab.keyboard.press("Control+Home")
    tab.keyboard.press("Enter")
    expect(tab.locator("#detail h2")).to_have_text("Ada Okafor")


def test_the_matrix_filters(tab):
    """By person, site and account, and privileged people alone."""
    matrix = tab.locator("#matrix")
    matrix.get_by_label("Only privileged people").check()
    _result(tab, "2 people with a grant, 2 sites", "#matrix")
    matrix.get_by_label("Search sites").fill("eu")
    _result(tab, "2 people with a grant, 1 site", "#matrix")
    matrix.get_by_label("Account", exact=True).select_option("North")
    matrix.get_by_label("Search sites").fill("")
    _result(tab, "1 person with a grant, 1 site", "#matrix")


def test_a_large_matrix_draws_what_is_in_sight(window, many):
    """Of 252,000 cells some hundreds are in the document, also after scrolling into a corner."""
    tab = window.show(many)
    expect(tab.locator(".mx-row").first).to_be_attached()
    tab.locator(".mx").evaluate("box => box.scrollTo(1e6, 1e6)")
    expect(tab.locator(".mx-site").last).to_have_text("Site 119")
    expect(tab.locator(".mx-person").last).to_have_text(re.compile("Person"))
    assert tab.locator(".mx-cell").count() < 2000
    assert window.trouble == []


# --- The pages of a person and a site ---


def test_a_person(tab):
    """All grants, which sites they reach, what ended, and the findings."""
    tab.locator("#findings").get_by_role("link", name="Ivy Lindqvist").click()
    detail = tab.locator("#detail")
    expect(detail.get_by_role("heading", level=2)).to_be_focused()
    assert detail.get_by_role("heading").all_inner_texts() == [
        "Ivy Lindqvist", "Findings (1)", "Grants (2)", "Sites reached (2)", "Access that ended (1)",
    ]  # fmt: skip
    parts = [list(map(_line, part.locator("tbody tr").all())) for part in detail.locator("section.part").all()]
    spans = "2026-10-25 08:12 to 2026-11-24 08:12"
    seen = "2026-11-24 08:12"
    assert parts == [
        [],
        [
            f"Admin (Co-Owner) privileged | 95 | the whole account account | account | {spans} | {seen}",
            f"=Blog Writer | 20 | Shop EU site | site | {spans} | {seen}",
        ],
        [
            f"=Shop {CLOSER} in the trash; no folder | Admin (Co-Owner) privileged | account | 1",
            "Shop EU /Clients/North | Admin (Co-Owner) privileged | account | 2",
        ],
        [f"Website Manager | Old <b>shop</b> | at or before 2026-10-25 08:12 | {spans} | removed"],
    ]
    expect(detail.locator(".cases li")).to_have_text(re.compile("A newcomer is co-owner.*joined 12 days ago"))
    assert tab.title() == "Ivy Lindqvist - Access review: Acme <Studio> & Söhne, North"


def test_a_site(tab):
    """Everybody who reaches it, and through what, strongest first."""
    tab.locator("#sites").get_by_role("link", name="Shop EU").click()
    detail = tab.locator("#detail")
    expect(detail.get_by_role("heading", level=2)).to_have_text("Shop EU")
    rows = [
        [text.split("\n")[0] for text in row.locator("th, td").all_inner_texts()]
        for row in detail.locator("tbody tr").all()
    ]
    assert [(row[0], row[2], row[5]) for row in rows] == [
        ("Ada Okafor", "Owner", "account"),
        ("Ivy Lindqvist", "Admin (Co-Owner)", "account"),
        ("leaver@old.example", "Website Manager", "site"),
        ("acc-outside", "=Blog Writer", "contributor"),
        ("gone", "=Blog Writer", "site"),
        ("Ivy Lindqvist", "=Blog Writer", "site"),
    ]
    detail.get_by_label("Search people").fill("ivy")
    _result(tab, "2 of 6 grants", "#detail")


def test_the_back_button(tab):
    """Back returns to the place, the filter and the link that one came from."""
    tab.fill("#review input", "ivy")
    _result(tab, "2 of 22 grants")
    link = tab.locator(f"{ROWS} th a").first
    link.scroll_into_view_if_needed()
    place = tab.evaluate("scrollY")
    link.click()
    expect(tab.locator("#detail h2")).to_have_text("Ivy Lindqvist")
    assert tab.evaluate("scrollY") == 0
    tab.locator("#detail").get_by_role("link", name="Shop EU").first.click()
    expect(tab.locator("#detail h2")).to_have_text("Shop EU")
    tab.go_back()
    expect(tab.locator("#detail h2")).to_have_text("Ivy Lindqvist")
    tab.go_back()
    expect(tab.locator("#overview")).to_be_visible()
    expect(link).to_be_focused()
    assert (tab.evaluate("scrollY"), tab.input_value("#review input")) == (place, "ivy")


def test_the_menu_leads_out_of_a_page(tab):
    """From the page of a person the menu leads to a section of the review."""
    tab.evaluate("location.hash = '#/person/acc-acme/member/p2'")
    expect(tab.locator("#detail h2")).to_have_text("Ivy Lindqvist")
    tab.get_by_role("navigation").get_by_role("link", name="Timeline").click()
    expect(tab.locator("#timeline")).to_be_in_viewport()
    expect(tab.locator("#detail")).to_be_hidden()


def test_an_address_that_nobody_has(tab):
    """A link to somebody who is not in this review says so."""
    tab.evaluate("location.hash = '#/person/acc-acme/member/nobody'")
    expect(tab.locator("#detail h2")).to_have_text("Not in this review")


def test_more_findings_are_a_click_away(tab):
    """A list that is cut shows the rest, and then no button any more."""
    group = tab.locator("details.medium")
    group.locator("summary").click()
    assert group.locator(".cases li").count() == 10
    expect(group.get_by_text("10 of 13 are shown.")).to_be_visible()
    group.get_by_role("button", name="Show 3 more", exact=True).click()
    assert group.locator(".cases li").count() == 13
    expect(group.get_by_role("button")).to_be_hidden()
    names = {" ".join((text or "").split()) for text in group.locator(".cases .who").all_text_contents()}
    assert names == {" ".join(name.split()) for name in NASTY}


# --- Print ---


def _printed(tab: Page, folder: Path) -> str:
    path = folder / "print.pdf"
    tab.pdf(path=path, prefer_css_page_size=True)
    found = shutil.which("pdftotext")
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "there is no pdftotext here: apt-get install poppler-utils"
        )
    return subprocess.run([str(found), "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


def test_print(tab, tmp_path):
    """On paper: figures, receipts, all findings with their people, and the rows of the table that the filters leave."""
    tab.locator("#review").get_by_label("Via", exact=True).select_option("account")
    _result(tab, "3 of 22 grants")
    text = _printed(tab, tmp_path)
    review = text[text.index("The review table") :]
    for said in (
        "Grants to certify",
        "invite_assignments",
        "A newcomer is co-owner",
        "It is two",
        "Nobody holds Content intern",
    ):
        assert said in text
    names = ("Ada Okafor", "Ivy Lindqvist", "Nora Haugen", "gone")
    assert [name for name in names if name in review] == ["Ada Okafor", "Ivy Lindqvist"]
    for absent in ("People and sites", "Clear filters", "Search"):
        assert absent not in text
    assert tab.locator("details.medium").get_attribute("open") is None


def test_a_long_table_on_paper(window, many, tmp_path):
    """The header stands on each page, and every row that the filters leave is on one of them, in order."""
    tab = window.show(many)
    tab.fill("#review input", "11")
    shown = [str(n) for n in range(2100) if "11" in f"Person {n}" or (n % 50 and "11" in f"Site {n % 120}")]
    _result(tab, f"{len(shown)} of 2,100 grants")
    text = _printed(tab, tmp_path)
    review = text[text.index("The review table") :]
    assert re.findall(r"^\s*Person (\d+) ", review, re.MULTILINE) == shown
    pages = review.strip("\f").split("\f")
    assert len(pages) > 10
    assert [number for number, one in enumerate(pages) if "Last seen" not in one and "Person " in one] == []
    assert tab.locator(ROWS).count() < 60


def test_rows_are_printed_up_to_a_cap(window, many):
    """To paper go the first 2,000 rows, and a line that says how many there are; then it is the page again."""
    tab = window.show(many)
    expect(tab.locator(ROWS).first).to_be_attached()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator(f"{ROWS} th a").all_text_contents() == [f"Person {n}" for n in range(2000)]
    # To lay so many rows out on paper takes Chromium half a minute.
    tab.locator("#review tbody").evaluate("body => body.replaceChildren()")
    tab.emulate_media(media="print")
    note = tab.get_by_text("Only the first 2,000 of 2,100 rows are printed")
    expect(note).to_be_visible()
    tab.emulate_media(media="null")
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator(ROWS).count() < 60
    expect(note).to_be_hidden()


def test_a_person_on_paper(tab, tmp_path):
    """The page of a person prints that person."""
    tab.evaluate("location.hash = '#/person/acc-acme/member/p2'")
    expect(tab.locator("#detail h2")).to_have_text("Ivy Lindqvist")
    text = _printed(tab, tmp_path)
    assert [said in text for said in ("Access that ended (1)", "Old <b>shop</b>", "The review table")] == [
        True,
        True,
        False,
    ]


# --- For everybody ---


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])  # the others: campaign/test_since.py
def test_axe(window, written, scheme, width):
    """No violation that axe knows, in light and dark, on the overview and on the pages of a person and a site."""
    tab = window.show(written / "access-review.html", width, scheme)
    expect(tab.locator(ROWS).first).to_be_attached()
    tab.locator("details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    for place in ("", "#/person/acc-acme/member/p2", "#/site/acc-acme/s1"):
        tab.evaluate("hash => (location.hash = hash)", place)
        tab.wait_for_function("hash => (hash.startsWith('#/') ? !detail.hidden : detail.hidden)", arg=place)
        violations = Axe().run(tab).response["violations"]
        found = [(one["id"], [node["html"][:150] for node in one["nodes"][:3]]) for one in violations]
        assert found == [], json.dumps(found, indent=1)


def test_the_keyboard_reaches_everything(tab):
    """The first stop skips to the content, and each stop on the way can be seen."""
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    seen = set()
    for _ in range(150):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(
            """() => {
              const one = document.activeElement;
              const style = getComputedStyle(one), after = getComputedStyle(one, "::after");
              const thick = (look) => look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
              const ring = [style, after].some(thick);
              return [one.closest("section")?.id ?? one.closest("nav, footer")?.tagName ?? "", one.tagName, ring];
            }"""
        )
        assert stop[2] or stop[1] == "BODY", stop
        seen.add(stop[0])
    assert {"NAV", "summary", "findings", "timeline", "matrix", "people", "sites", "review"} <= seen


def test_results_are_told(tab):
    """Each list has a live region that says how many rows fit."""
    regions = tab.locator("[role=status][aria-live=polite]").all_inner_texts()
    assert regions == ["19 people with a grant, 2 sites", "20 of 20 people", "3 of 3 sites", "22 of 22 grants"]
