"""The findings, worst first."""

from __future__ import annotations

from tests.review.warehouse import ACME, CLOSER, finding, make, person
from wix_access_review.database import reading
from wix_access_review.findings import Case, Group, printable, read_groups, worst


def test_the_groups_of_the_story(review):
    """One group for each rule, worst first, then those with fewest cases; what is NULL is empty."""
    nasty = "A name that nobody expects " + CLOSER
    assert [(group.severity, group.title, group.count, len(group.cases)) for group in review.groups] == [
        ("critical", "A newcomer is co-owner", 1, 1),
        ("high", "An expired invite is open", 1, 1),
        ("medium", nasty, 13, 10),
        ("low", "Nothing is known", 1, 1),
        ("low", "A role that nobody holds", 1, 1),
    ]
    assert review.groups[0] == Group(
        "privileged_newcomer", "A newcomer is co-owner", "critical", 4, "Look at it.", "CC6.3, A.5.18", 1,
        [Case("Ivy Lindqvist", "p2@acme.example", None, None,
              "Ivy Lindqvist joined 12 days ago and holds Admin (Co-Owner).",
              "privileged_newcomer|p2", [ACME, "member", "p2"])],
    )  # fmt: skip
    assert review.groups[3] == Group(
        "nothing_known", "Nothing is known", "low", 1, "", "", 1,
        [Case(None, None, None, None, "", "nothing_known|", [None, None, None])],
    )  # fmt: skip
    assert [group.cases[0].about for group in review.groups[3:]] == ["the account", "Content intern"]
    assert review.severities == {"critical": 1, "high": 1, "medium": 13, "low": 2}


def test_the_worst_as_lines(database):
    """A line for each of the worst rules, with one case, and how many more there are, on one line each."""
    assert worst(database, 3) == [
        "CRITICAL: A newcomer is co-owner: Ivy Lindqvist joined 12 days ago and holds Admin (Co-Owner).",
        "HIGH: An expired invite is open: leaver@old.example can still join.",
        f"MEDIUM: A name that nobody expects {CLOSER}: It is Tab (and 12 more)",
    ]


def test_lines_obey_nobody():
    """What a terminal would obey, or what breaks or turns a line, becomes a space."""
    assert printable("a\x1b[31mb\r\n\tc\u202ed\x00e") == "a [31mb c d e"


def test_one_title_of_two_rules_stays_two(tmp_path):
    """Rules are distinguished by their code, also where their titles are alike."""
    ada = person(1, "Ada")
    rows = {"people": [ada], "findings": [finding(f"{rule}|1", "low", "Same", rule, ada) for rule in ("a", "b")]}
    with reading(make(tmp_path / "two.duckdb", rows)) as connection:
        assert [(group.rule, group.count) for group in read_groups(connection, 10)] == [("a", 1), ("b", 1)]


def test_a_line_names_whom_it_is_about(tmp_path):
    """Where the explanation does not say it, the line does."""
    ada = person(1, "Ada")
    rows = {
        "people": [ada],
        "findings": [finding("a|1", "low", "Privileged", "Is Owner.", ada)],
    }
    assert worst(make(tmp_path / "ada.duckdb", rows)) == ["LOW: Privileged: Ada. Is Owner."]
