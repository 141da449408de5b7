"""The review's first screen: what has changed since the last campaign, beside how complete the reads are; clients."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.review.campaign.conftest import NOW
from tests.review.campaign.test_decide import BOSS, _csv, _file, _row
from tests.review.test_browser import ROWS, _cells, _printed, _result, browser, window  # noqa: F401  # fixtures
from tests.review.warehouse import (
    ACME,
    BEFORE,
    CLOSER,
    NAMES,
    NORTH,
    READ_AT,
    grant,
    make,
    person,
    receipt,
    reviewed,
    story,
)
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import HEADER, LOG, Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.pages import write_pages
from wix_access_review.campaign.since import newest, stands
from wix_access_review.cli import main
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.report import write_review
from wix_access_review.standing import Moved

READ_BEFORE = BEFORE
"""When the campaign's access was last seen: the changes of the story come after it."""
IVY, ADA = [ACME, "member", "p2"], [ACME, "member", "p1"]
WHOLE = "the whole account"


def _before():
    """The story one read earlier: Ivy was an editor, Nora had one role more, and nobody had invited anybody."""
    rows = story()
    people = rows["people"]
    held = {one["record_key"]: one for one in rows["access_grants"]}
    ivy = grant(2, people[1], "editor", "account", ACME, WHOLE)
    nora = grant(90, people[2], "admin", "account", ACME, WHOLE)
    grants = [{**held, "k002": ivy, "k090": nora}[key] for key in (*held, "k090") if key != "k005"]
    seen = [one | {"last_seen_at": READ_BEFORE} for one in grants]
    receipts = [one | {"snapshot_at": BEFORE, "complete_snapshot_at": BEFORE} for one in rows["latest_receipts"]]
    return rows | {
        "access_grants": seen,
        "access_review": [reviewed(one, people) for one in seen],
        "latest_receipts": receipts,
    }


def _after():
    """The story, with what its reads saw of the change and of the removal."""
    rows = story()
    receipts = [one | {"complete_finished_at": READ_AT} for one in rows["latest_receipts"]]
    changed = {
        "change_type": "changed", "account_id": ACME, "stream_name": "assignments", "record_key": "k002",
        "person_type": "member", "person_id": "p2", "person": "Ivy Lindqvist", "asset_type": "account",
        "role_title": "Admin (Co-Owner)", "previous_role_title": "Website Manager", "changed_on": READ_AT.date(),
        "is_privileged": True,
    }  # fmt: skip
    removed = {"account_id": ACME, "stream_name": "assignments", "record_key": "k090", "ended_by": "removed"}
    return rows | {
        "latest_receipts": receipts,
        "access_changes": [*rows["access_changes"], changed | {"changed_after": BEFORE, "changed_before": READ_AT}],
        "access_history": [*rows["access_history"], removed | {"ended_after": BEFORE, "ended_before": READ_AT}],
    }


@contextmanager
def _at(now):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIX_ACCESS_AS_OF", now)
        yield


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A campaign of the read before, decided in part, beside the database of the story and its review."""
    folder = tmp_path_factory.mktemp("since")
    with _at("2026-10-26 09:00:00"):
        opening = Opening(name="Q3 <b>", folder=folder / "campaigns" / "Q3", default_reviewer=BOSS, by="ada")
        campaign = open_campaign(make(folder / "before.duckdb", _before()), opening)
        rows = [
            _row(campaign, "k001"),
            _row(campaign, "k002"),
            _row(campaign, "k090", "remove"),
            _row(campaign, "k007"),
        ]
        decide(campaign.path, [_file(folder, _csv([row | {"decided_on": "2026-10-26"} for row in rows]))])
        write_pages(Campaign(campaign.path))
    write_review(make(folder / "wix.duckdb", _after()), folder)
    return folder


@pytest.fixture(scope="module")
def standing(output):
    """How the story stands to the campaign."""
    with reading(output / "wix.duckdb") as connection:
        yield stands(connection, Campaign(output / "campaigns" / "Q3"), output, READ_AT)


@pytest.fixture
def tab(window, output):  # noqa: F811
    """The page of the review; nothing in it asks for anything."""
    path = output / "access-review.html"
    tab = window.show(path)
    expect(tab.locator(ROWS).first).to_be_attached()
    yield tab
    assert (window.trouble, window.requests) == ([], [path.as_uri()])


def test_what_has_changed(standing):
    """Each grant that is not as it was, privileged first: from what to what, between when, and what was decided."""
    invited = [ACME, "invite", "p40"]
    names = ("Ivy Lindqvist", "p2@acme.example"), ("Nora Haugen", "p3@acme.example"), ("leaver@old.example",) * 2
    account = NAMES[ACME]
    assert standing.moved == [
        Moved("changed", account, *names[0], IVY, True, f"Website Manager on {WHOLE}", f"Admin (Co-Owner) on {WHOLE}",
              None, BEFORE, READ_AT, f"keep, 2026-10-26, {BOSS}"),
        Moved("lost", account, *names[1], [ACME, "member", "p3"], True, f"Admin (Co-Owner) on {WHOLE}", None, None,
              BEFORE, READ_AT, f"remove, 2026-10-26, {BOSS}"),
        Moved("gained", account, *names[2], invited, False, None, "Website Manager on Shop EU", None, BEFORE, READ_AT),
    ]  # fmt: skip
    assert standing.counts == {"gained": (1, 0), "lost": (1, 1), "changed": (1, 1)}
    assert (standing.items, standing.open, standing.decided) == (22, 18, {"keep": 3, "change": 0, "remove": 1})


@pytest.mark.parametrize(
    ("values", "remark"),
    [
        ({"subject_type": "EXTERNAL_APP"}, "the role is held by another subject"),
        ({"subject_id": "other"}, "the role is held by another subject"),
    ],
)
def test_a_change_that_names_do_not_show(output, tmp_path, values, remark):
    """The same role on the same thing, held by somebody else, is a change, and says what it is."""
    with _at(NOW):
        (tmp_path / "before").mkdir()
        rows = story() | {"current_wix.assignments": []}
        before = make(tmp_path / "before" / "wix.duckdb", rows)
        campaign = open_campaign(before, Opening(name="Q4", folder=tmp_path / "Q4", by="ada"))
    assigned = {"account_id": ACME, "user_id": "p2", "assignment_key": "x", "is_current": True, **values}
    held = [one | {"record_key": "p2|x"} if one["record_key"] == "k002" else one for one in rows["access_grants"]]
    after = rows | {"access_grants": held, "access_review": [reviewed(one, rows["people"]) for one in held]}
    before = make(tmp_path / "one.duckdb", after | {"assignments": [assigned | dict.fromkeys(values)]})
    with _at(NOW):
        campaign = open_campaign(before, Opening(name="Q5", folder=tmp_path / "Q5", by="ada"))
    with reading(make(tmp_path / "two.duckdb", after | {"assignments": [assigned]})) as connection:
        found = stands(connection, campaign, tmp_path, READ_AT).moved
    assert [(one.kind, one.person, one.remark) for one in found] == [("changed", "Ivy Lindqvist", remark)]


def test_it_is_overdue_by_the_read_and_not_by_the_clock(output):
    """The page of one database says the same whenever it is written."""
    with reading(output / "wix.duckdb") as connection:
        campaign = Campaign(output / "campaigns" / "Q3")
        assert stands(connection, campaign, output, READ_AT).state == "due on 2026-11-25"


# --- The first screen ---


def test_the_first_screen(tab):
    """What has changed stands beside how complete the reads are, both in sight before anybody scrolls."""
    since, whole = tab.locator("#since"), tab.locator(".whole")
    boxes = [one.bounding_box() for one in (since, whole)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert max(box["y"] + box["height"] for box in boxes) <= 900
    expect(since.get_by_role("heading")).to_have_text("What has changed since Q3 <b>")
    said = [" ".join(text.split()) for text in since.locator(".moves li").all_inner_texts()]
    spans = "between 2026-10-25 08:12 UTC and 2026-11-24 08:12 UTC"
    admin, kept = f"Admin (Co-Owner) on {WHOLE}", f"Decided: keep, 2026-10-26, {BOSS}"
    assert said == [
        f"changed Ivy Lindqvist privileged from Website Manager on {WHOLE} to {admin} {spans} {kept}",
        f"lost Nora Haugen privileged {admin} {spans} Decided: remove, 2026-10-26, {BOSS}",
        f"gained leaver@old.example Website Manager on Shop EU {spans}",
    ]
    expect(whole.get_by_text("Every table was read completely.")).to_be_visible()
    expect(whole.get_by_text("4 of 22 items decided (3 keep, 0 change, 1 remove)")).to_be_visible()
    expect(whole.get_by_role("row", name=BOSS)).to_be_hidden()
    since.get_by_role("link", name="Ivy Lindqvist").click()
    expect(tab.locator("#detail h2")).to_have_text("Ivy Lindqvist")


def test_a_change_says_from_what_to_what(tab):
    """In the table of changes, too, each changed grant has what it is beside what it was."""
    row = tab.locator("#timeline tbody tr").filter(has=tab.locator(".kind.changed"))
    assert [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()[:4]] == [
        "changed", "Ivy Lindqvist", "Admin (Co-Owner) privileged was Website Manager", "the whole account",
    ]  # fmt: skip


def test_the_figures_say_whom_they_count(tab):
    """Each figure says how many of its number are members, open invites and contributors."""
    figures = tab.locator(".figures")
    assert [" ".join(text.split()) for text in figures.locator("> div").all_inner_texts()] == [
        "People 20 18 members, 1 invited, 1 contributor",
        "Privileged people 3 3 members, 0 invited, 0 contributors; 3 privileged grants",
        "Outside people 2 1 member, 1 invited, 0 contributors; e-mail outside the company's domains",
        "Open invites 1 not accepted yet",
        "Sites 3 in 2 accounts",
        "Grants to certify 22 20 of members, 1 offered by invites, 1 of contributors",
    ]


def test_it_links_to_the_campaign(tab, output):
    """The link leads to the campaign's own page, from wherever the review was written to."""
    assert tab.get_by_role("link", name="Its page").get_attribute("href") == "campaigns/Q3/campaign.html"
    page, *_ = write_review(output / "wix.duckdb", output / "deep" / "er")
    href = quote("../../campaigns/Q3/campaign.html")
    assert f'href="{href}"' in page.read_text(encoding="utf-8")
    shutil.rmtree(output / "deep")


def test_decisions_per_item(tab):
    """The review table and the page of a person say what was decided on each grant, and it can be filtered by."""
    review = tab.locator("#review")
    heads = [" ".join(text.split()) for text in review.locator("thead th").all_inner_texts()]
    place = heads.index("Decision") + 1
    decided = review.get_by_label("Decision", exact=True)
    texts = decided.locator("option").all_inner_texts()
    assert texts == ["any", "changed since", "keep", "new since", "open"]
    for word, people, cell in (
        ("keep", ["Ada Okafor", "Ada Okafor"], "keep, 2026-10-26"),
        ("changed since", ["Ivy Lindqvist"], "changed since"),
        ("new since", ["leaver@old.example"], "new since"),
    ):
        decided.select_option(word)
        _result(tab, f"{len(people)} of 22 grants")
        assert (_cells(tab, 1), _cells(tab, place)) == (people, [cell] * len(people))
    tab.evaluate("location.hash = '#/person/acc-acme/member/p2'")
    expect(tab.locator("#detail").get_by_text("decided: keep")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])  # the others: test_browser.py
def test_everybody_can_read_it(window, output, clients, width, scheme):  # noqa: F811
    """On a phone and on a desk, in light and dark, axe finds no violation, and nothing scrolls sideways."""
    for path in (output / "access-review.html", clients / "clients.html"):
        tab = window.show(path, width, scheme)
        tab.locator("details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        violations = Axe().run(tab).response["violations"]
        assert [(one["id"], [node["html"][:150] for node in one["nodes"][:3]]) for one in violations] == []


def test_on_paper(tab, tmp_path):
    """The changes, the progress and the controls are printed, and the folds are open."""
    text = " ".join(_printed(tab, tmp_path).split())
    for said in ("What has changed since Q3 <b>", "4 of 22 items decided", "Decided: remove", BOSS, "CC6.3"):
        assert said in text


def test_without_a_campaign_the_newest_changes_stand_there(window, written):  # noqa: F811
    """What the last reads saw, privileged ones first, and how to have a campaign to compare with."""
    since = window.show(written / "access-review.html").locator("#since")
    expect(since.get_by_role("heading")).to_have_text("The newest changes")
    expect(since.locator(".moves li").first).to_contain_text("Ivy Lindqvist")
    expect(since.get_by_text("There is no campaign to compare with.")).to_be_visible()


# --- Which campaign ---


def _newest(campaigns, account_id):
    found = newest(campaigns, [account_id])
    return found and found.path.name


def test_the_newest_campaign_of_these_accounts_counts(output, tmp_path):
    """Of several the one that was opened last and certifies an account that is shown; none where none does."""
    assert _newest(output / "campaigns", ACME) == "Q3"
    assert newest(output / "campaigns", ["other"]) is None
    assert newest(tmp_path / "none", [ACME]) is None
    campaigns = tmp_path / "campaigns"
    with _at(NOW):
        database = make(tmp_path / "wix.duckdb", story())
        for name, accounts in (("all", []), ("north", [NORTH])):
            open_campaign(database, Opening(name=name, folder=campaigns / name, accounts=accounts, by="ada"))
    assert _newest(campaigns, ACME) == "all"
    assert _newest(campaigns, NORTH) == "north"
    assert "Not part of that campaign: <bdi>Acme" in _page(database, tmp_path, campaign=campaigns / "north")
    with pytest.raises(ReviewError, match="north covers none of these accounts"):
        write_review(database, tmp_path, accounts=[ACME], campaign=campaigns / "north")


def test_a_campaign_whose_opening_was_not_ended_never_was(output, tmp_path):
    """A folder that a killed program left neither counts nor is in the way of opening it again."""
    campaigns = tmp_path / "campaigns"
    database = make(tmp_path / "wix.duckdb", story())
    with _at(NOW):
        whole = open_campaign(database, Opening(name="Q", folder=campaigns / "Q", by="ada"))
        header, log = ((whole.path / name).read_bytes() for name in (HEADER, LOG))
        for left in ({HEADER: header}, {HEADER: header, LOG: b""}):
            shutil.rmtree(campaigns / "Q")
            (campaigns / "Q").mkdir()
            for name, content in left.items():
                (campaigns / "Q" / name).write_bytes(content)
            assert newest(campaigns, [ACME]) is None
            with pytest.raises(ReviewError, match=r"not the folder of a campaign|whose opening was interrupted"):
                Campaign(campaigns / "Q")
            again = open_campaign(database, Opening(name="Q", folder=campaigns / "Q", by="ada"))
            assert (again.path / LOG).read_bytes() == log


def _page(database, folder, **options):
    return write_review(database, folder / "page", **options)[0].read_text(encoding="utf-8")


# --- Clients ---


@pytest.fixture(scope="module")
def clients(output):
    """The folder with the reviews of the clients, and the overview."""
    assert main(["clients", str(output / "wix.duckdb"), "--output", str(output / "agency")]) == 0
    return output / "agency"


def test_a_clients_page_holds_nothing_of_another(clients):
    """Names, ids, findings, sites and reviewers of one account are in none of the other's three files."""
    for own, other in ((ACME, NORTH), (NORTH, ACME)):
        for path in (clients / "clients" / own).iterdir():
            content = path.read_bytes()
            if path.suffix != ".xlsx":
                assert own.encode() in content
                assert other.encode() not in content
    north = (clients / "clients" / NORTH / "access-review.html").read_text(encoding="utf-8")
    assert [name for name in ("Ivy Lindqvist", "Shop EU", "newcomer", "Nora") if name in north] == []
    assert "1 of 1 item decided" in north


def test_the_overview(window, clients):  # noqa: F811
    """A row for each account, with a link to its page, and what its review says."""
    tab = window.show(clients / "clients.html")
    rows = [" ".join(text.split()) for text in tab.locator("tbody tr").all_inner_texts()]
    counts = "19 2 2 1 21 1 Critical 1 High 13 Medium 1 Low 1 gained, 1 lost, 1 changed"
    assert rows == [
        f"Acme <Studio> & Söhne complete 2026-11-24 08:12 UTC {counts} Q3 <b> 3 of 21 due on 2026-11-25",
        "North complete 2026-11-24 08:12 UTC 1 1 0 0 1 none nothing Q3 <b> 1 of 1 due on 2026-11-25",
    ]
    tab.get_by_role("link", name="North").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Access review: North")


def test_an_account_by_itself(output, tmp_path, capsys):
    """`--account` shows that account alone, and one that is not there is named with those that are."""
    assert main([str(output / "wix.duckdb"), "--account", NORTH, "--output", str(tmp_path)]) == 0
    assert "Access review: North" in (tmp_path / "access-review.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main([str(output / "wix.duckdb"), "--account", "o'hara", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "wix-access-review: error: the account o'hara is not in the database: it has acc-acme (Acme <Studio> & Söhne), "
        "acc-north (North)\n"
    )


def test_a_finding_that_names_another_account_withholds_it(tmp_path):
    """On the page of all accounts it stands as it is; on that of one account without the name or id of the other."""
    rows = story()
    finding = rows["findings"][0]
    rows["findings"] = [
        finding
        | {"finding_key": f"leaver_has_access|{place}", "explanation": f"Ivy left {other} and 'still' has access."}
        for place, other in enumerate((NAMES[NORTH], NORTH, "nobody"))
    ]
    database = make(tmp_path / "wix.duckdb", rows)
    said = {accounts: _page(database, tmp_path, accounts=accounts) for accounts in ((), (ACME,))}
    named = [f"Ivy left {other} and" for other in (NAMES[NORTH], NORTH, "nobody")]
    assert [[text in page for text in named] for page in said.values()] == [[True] * 3, [False, False, True]]
    assert "It concerns another account as well" in said[ACME,]


def test_an_account_that_was_not_read_whole_says_so(tmp_path):
    """The overview counts the accounts whose reads are not complete, and names which."""
    rows = story()
    broken = receipt(NORTH, "users", status="failed", is_complete=False, error="HTTP 500")
    receipts = [broken if (one["account_id"], one["stream_name"]) == (NORTH, "users") else one
                for one in rows["latest_receipts"]]  # fmt: skip
    assert main(["clients", str(make(tmp_path / "wix.duckdb", rows | {"latest_receipts": receipts}))]) == 0
    text = " ".join((tmp_path / "clients.html").read_text(encoding="utf-8").split())
    assert "1 not complete" in text
    assert text.index("North</bdi>") < text.index('state bad">not complete')


def test_no_account_at_all(tmp_path, capsys):
    """An empty database has no client, which is an error."""
    assert main(["clients", str(make(tmp_path / "wix.duckdb", {}))]) == 1
    assert "there is no account in the database" in capsys.readouterr().err


# --- Controls ---


def test_controls(tab):
    """Each control with its result, and links to what was found; a control has passed where nothing was."""
    rows = [" ".join(text.split()) for text in tab.locator("#controls tbody tr").all_inner_texts()]
    found = "A newcomer is co-owner, An expired invite is open, A name that nobody expects " + CLOSER
    assert rows == [
        "CC6.1 SOC 2: Logical access passed 3 of 3 0 none",
        f"CC6.3 SOC 2: Least privilege not passed 26 of 30 16 {found}, A role that nobody holds",
    ]
    tab.locator("#controls").get_by_role("link", name="An expired invite is open").click()
    expect(tab.get_by_text("leaver@old.example can still join.")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("accepted", "complete", "status"),
    [(False, True, "not passed"), (True, True, "passed, exceptions accepted"), (True, False, "not known")],
)
def test_the_result_of_a_control(tmp_path, accepted, complete, status):
    """Accepted findings are exceptions; what was not read whole has not passed."""
    ada = person(1, "Ada")
    rows = story()
    one = rows["findings"][0] | {"is_accepted": accepted, "accepted_by": "ann", "accepted_until": READ_AT}
    receipts = rows["latest_receipts"] if complete else [receipt(ACME, "users", is_complete=False, status="failed")]
    shown = {
        "people": [ada],
        "findings": [one],
        "latest_receipts": receipts,
        "findings_by_control": rows["findings_by_control"],
    }
    text = " ".join(_page(make(tmp_path / "wix.duckdb", shown), tmp_path).split())
    row = text[text.index("<bdi>CC6.3</bdi>") :]
    assert f">{status}</span>" in row[: row.index("</tr>")]
