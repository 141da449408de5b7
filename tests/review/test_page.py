"""The page as a file: what stands in it, and what cannot."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.review.warehouse import ACME, BEFORE, NASTY, READ_AT, grant, make, person, receipt, reviewed
from wix_access_review.database import reading
from wix_access_review.overview import Figures, Kinds, read_review
from wix_access_review.page import between, render


class _Reader(HTMLParser):
    """Collects elements, and text by the element that it stands in."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in {"script", "style", "bdi", "title"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(review):
    """The page of the story, taken apart."""
    return _Reader(render(review))


def _hash(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_lets_only_the_page_itself_run(page):
    """Three scripts, of which one is data; the policy has the hashes of the others and of the style, and no source."""
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    early, data, script = page.texts["script"]
    (style,) = page.texts["style"]
    assert policy == (
        f"default-src 'none'; script-src {_hash(early)} {_hash(script)}; style-src-elem {_hash(style)}; "
        "style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    assert page.all("script") == [{}, {"type": "application/json", "id": "data"}, {}]
    assert set(json.loads(data)) >= {"people", "grants", "reach"}


def test_nothing_points_outside(page):
    """No element names anything but places in the page."""
    pointing = ("src", "href", "xlink:href", "action", "data", "poster", "srcset", "formaction")
    found = {value for _, attributes in page.elements for name, value in attributes.items() if name in pointing}
    assert [value for value in found if not value.startswith("#")] == []
    assert [tag for tag in ("img", "link", "iframe", "object", "base", "form") if page.all(tag)] == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


def test_the_style_and_the_script_load_nothing(page):
    """No import, no address, no request, and no text read as markup."""
    text = "".join(page.texts["style"] + page.texts["script"][::2])
    loading = r"@import|url\(|https?:|fetch\(|XMLHttpRequest|WebSocket|sendBeacon"
    markup = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|createContextualFragment"
    assert re.findall(f"{loading}|{markup}", text) == []


def test_without_javascript_the_findings_are_readable(page, review):
    """Their titles, people, explanations and advice stand in the page, as text that no letter leaves."""
    texts = set(page.texts["bdi"])
    assert {group.title for group in review.groups} | {"Look at it.", "CC6.3, A.5.18"} <= texts
    shown = review.groups[2].cases
    assert {case.person for case in shown} | {case.explanation for case in shown} <= texts
    assert len({case.person for case in shown} & set(NASTY)) == 10


def test_equal_reviews_make_equal_pages(review):
    """Rendering twice makes the same text."""
    assert render(review) == render(review)


def test_every_id_is_there_once(page):
    """Ids are unique, and labels name ids that exist."""
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert labels <= set(ids)


def test_what_is_not_complete_is_shown_first(review):
    """The banner names every reason, and the head says so too."""
    text = render(replace(review, warnings=["Acme: users is <held>."]))
    assert "This review is not complete." in text
    assert "<bdi>Acme: users is &lt;held&gt;.</bdi>" in text
    assert '<span class="state bad">Not complete</span>' in text
    assert "Every table was read completely." not in text


def test_without_receipts_nothing_is_proved(review):
    """A review without receipts does not look complete."""
    text = render(replace(review, receipts=[], as_of=None, warnings=[]))
    assert "nothing proves when, or how completely, the account was read" in text
    assert '<span class="state bad">Not proved</span>' in text


def test_long_lists_say_how_many_more(review):
    """A cut list of findings or changes counts what is left out."""
    group = replace(review.groups[0], count=1234)
    text = render(replace(review, groups=[group], change_count=5000))
    assert "and 1,233 more" in text
    assert "These are the newest 2 of 5,000" in text


def test_an_empty_account_makes_a_page(tmp_path):
    """Nothing at all is said in words, and makes no error."""
    with reading(make(tmp_path / "none.duckdb", {})) as connection:
        empty = read_review(connection)
    none = Kinds(0, 0, 0, 0)
    assert (empty.title, empty.figures) == ("Access review", Figures(none, none, none, none, 0, 0))
    text = render(empty)
    for said in ("Nothing was found.", "Nobody holds a role.", "it takes two reads to see one", "There are none."):
        assert said in text


def test_the_figures_of_the_story(review):
    """Whoever is counted is said to be a member, an invite or a contributor, in each figure."""
    assert review.figures == Figures(
        people=Kinds(20, 18, 1, 1),
        privileged=Kinds(3, 3, 0, 0),
        outside=Kinds(2, 1, 1, 0),
        grants=Kinds(22, 20, 1, 1),
        sites=3,
        privileged_grants=3,
    )
    assert review.roles == [
        ("Owner", 2, True),
        ("Admin (Co-Owner)", 1, True),
        ("Website Manager", 2, False),
        ("=Blog Writer", 15, False),
    ]
    assert review.title == "Access review: Acme <Studio> & Söhne, North"
    assert (review.as_of, review.warnings) == ((READ_AT, READ_AT), [])


def test_many_accounts_make_a_short_title(tmp_path):
    """Three accounts are named, the others counted."""
    rows = {"latest_receipts": [{**receipt(f"a{n}", "users"), "account_name": f"Account {n}"} for n in range(1, 12)]}
    with reading(make(tmp_path / "many.duckdb", rows)) as connection:
        assert read_review(connection).title == "Access review: Account 1, Account 2, Account 3 and 8 more"


def test_many_roles_are_summed_up(tmp_path):
    """The picture has the strongest roles, and one bar for all others."""
    people = [person(n, f"Person {n}") for n in range(14)]
    roles = [{"role_id": f"r{n}", "role_title": f"Role {n:02}", "role_strength": 50 - n} for n in range(14)]
    grants = [grant(n, people[n], "writer", "account", ACME, "Acme", **role) for n, role in enumerate(roles)]
    rows = {"people": people, "access_grants": grants, "access_review": [reviewed(one, people) for one in grants]}
    with reading(make(tmp_path / "roles.duckdb", rows)) as connection:
        shown = read_review(connection).roles
    assert shown == [*((f"Role {n:02}", 1, False) for n in range(10)), ("4 other roles", 4, False)]


@pytest.mark.parametrize(
    ("after", "before", "said"),
    [
        (None, None, "not known"),
        (BEFORE, None, "after 2026-10-25 08:12 UTC"),
        (None, READ_AT, "at or before 2026-11-24 08:12 UTC"),
        (BEFORE, READ_AT, "between 2026-10-25 08:12 UTC and 2026-11-24 08:12 UTC"),
    ],
)
def test_bounds_are_told_as_far_as_they_are_known(after, before, said):
    """A time that is not known is not made up."""
    assert between(after, before) == said
