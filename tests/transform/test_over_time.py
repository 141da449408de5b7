"""Who could get at what on any day, why that changed, and what nobody can know."""

from __future__ import annotations

from tests.transform.cases import CUSTOM
from tests.transform.days import changes


def test_a_site_moves(told, as_of):
    """From one folder to the other: who held a role on the one lost the site, who did on the other gained it."""
    assert changes(told, "site-moves") == [
        ("gained", "site", "noa", "Shop", "Website Manager", None, 2, 3),
        ("lost", "site", "sue", "Shop", "Website Manager", None, 2, 3),
    ]
    assert as_of("site-moves", 1, "person_id, site_id, certainty") == [
        ("both", "s", "certain"),
        ("sue", "s", "certain"),
    ]
    moved = "person_id, site_id, certainty, because"
    assert as_of("site-moves", 2, moved) == [
        ("both", "s", "possible", "it began about then"), ("both", "s", "possible", "it ended about then"),
        ("noa", "s", "possible", "it began about then"), ("sue", "s", "possible", "it ended about then"),
    ]  # fmt: skip
    assert as_of("site-moves", 3, "person_id, site_id, certainty") == [
        ("both", "s", "certain"),
        ("noa", "s", "certain"),
    ]


def test_since_when_a_moved_site_is_reached(told):
    """`access` is no older than the move."""
    query = (
        "select person_id, extract(day from granted_after), extract(day from granted_before) from access_wix.access "
        "where account_id in ('site-moves', 'folder-moves') and site_id = 's' and via = 'folder' order by all"
    )
    assert told.ask(query) == [("both", 2, 3), ("noa", 2, 3), ("top", 2, 3)]


def test_since_when_a_role_is_held(told):
    """`access` is as old as this role on this asset, and no older where a grant was changed in place."""
    query = (
        "select account_id, person_id, site_id, extract(day from granted_after), extract(day from granted_before) "
        "from access_wix.access where account_id in ('promoted', 'site-renamed') and person_id <> 'ann' order by all"
    )
    assert told.ask(query) == [
        ("promoted", "down", None, 2, 3), ("promoted", "up", None, 2, 3), ("site-renamed", "ben", "s", None, 1),
    ]  # fmt: skip


def test_since_when_nobody_knows(told):
    """Where a site was before was not kept: it may have been there."""
    query = (
        "select person_id, granted_after, extract(day from granted_before) from access_wix.access "
        "where account_id = 'place-not-kept' and site_id = 's' and via = 'folder'"
    )
    assert told.ask(query) == [("noa", None, 3)]


def test_a_rename_makes_nothing_uncertain(as_of):
    """Between the names of a site somebody could get at it all the time."""
    assert as_of("site-renamed", 1, "person_id, asset_name, certainty", "access_as_of") == [("ben", "Old", "certain")]
    assert as_of("site-renamed", 1, "person_id, site_id, certainty") == [("ben", "s", "certain")]


def test_a_folder_moves(told, as_of):
    """Into another: whoever held a role on that one gained the sites in the folder."""
    assert changes(told, "folder-moves") == [("gained", "folder", "top", "Shop", "Website Manager", None, 2, 3)]
    assert as_of("folder-moves", 1, "person_id, site_id") == []
    assert as_of("folder-moves", 3, "person_id, site_id, certainty") == [("top", "s", "certain")]


def test_a_place_that_was_not_kept(told, as_of):
    """Nobody knows where the site was: any role on a folder may have reached it, and no change is reported."""
    assert changes(told, "place-not-kept") == []
    unknown = "the folder of the site is not known"
    asked = "person_id, site_id, certainty, because"
    assert [row for row in as_of("place-not-kept", 1, asked) if row[1]] == [
        ("all", "s", "possible", "it began about then"), ("noa", "s", "possible", unknown),
        ("sue", "s", "possible", unknown),
    ]  # fmt: skip
    assert [row for row in as_of("place-not-kept", 3, asked) if row[1]] == [
        ("all", "s", "certain", None),
        ("noa", "s", "certain", None),
    ]


def test_a_role_comes_to_mean_more(told, as_of):
    """Before it did nobody held a privileged role, and the change is reported for everybody who holds it."""
    assert changes(told, "role-renamed") == [
        ("changed", "role", "ivy", None, "Site Admin", "Content intern", 2, 3),
        ("lost", "grant", "ex", None, "Content intern", None, 1, 2),
    ]
    asked = "role_title, is_privileged, certainty"
    assert as_of("role-renamed", 2, asked, "access_as_of") == [
        ("Content intern", False, "possible"), ("Site Admin", True, "possible"),
    ]  # fmt: skip
    assert as_of("role-renamed", 3, asked, "access_as_of") == [("Site Admin", True, "certain")]
    query = (
        "select role_title, is_privileged from access_wix.access_history "
        "where account_id = 'role-renamed' and person_id = 'ex'"
    )
    assert told.ask(query) == [("Content intern", False)]


def test_what_a_role_meant_was_not_kept(told, as_of):
    """It is not known, and neither false nor what it means today."""
    assert changes(told, "role-not-kept") == [("changed", "role", "ivy", None, "Site Admin", CUSTOM, 2, 3)]
    asked = "role_title, is_privileged, certainty, because"
    assert as_of("role-not-kept", 1, asked, "access_as_of") == [
        (CUSTOM, None, "possible", "the role was read later"),
    ]  # fmt: skip
    assert as_of("role-not-kept", 3, asked, "access_as_of") == [("Site Admin", True, "certain", None)]


def test_a_role_gets_another_name(told):
    """That is no change of access."""
    assert changes(told, "role-gone") == [("renamed", "role", "ivy", None, "Apple", "Zebra", 1, 2)]


def test_a_site_gets_another_name(told):
    """Every grant on it is modified, and nobody's access changed."""
    assert changes(told, "site-renamed") == [
        ("renamed", "grant", "ben", "New", "Website Manager", "Website Manager", 1, 2)
    ]


def test_a_role_is_changed_in_place(told):
    """From what to what, with a finding for who became privileged, and a co-owner once who is none any more."""
    assert changes(told, "promoted") == [
        ("changed", "grant", "down", None, "Website Manager", "Account Admin (Co-Owner)", 2, 3),
        ("changed", "grant", "up", None, "Account Admin (Co-Owner)", "Website Manager", 2, 3),
    ]
    query = (
        "select person_id, explanation from access_wix.findings "
        "where account_id = 'promoted' and rule = 'newly_privileged'"
    )
    assert told.ask(query) == [
        ("up", "Was given Account Admin (Co-Owner) instead of Website Manager on the whole account by 2026-11-03.")
    ]
    query = (
        "select person_id from access_wix.access_history "
        "where account_id = 'promoted' and is_privileged and not is_current and person_id <> 'ann'"
    )
    assert told.ask(query) == [("down",)]


def test_nobody_looked_since(told, as_of):
    """After the last complete read nothing is certain."""
    asked = "distinct certainty, because"
    assert as_of("promoted", 4, asked) == [("possible", "nobody looked since")]
    assert as_of("promoted", 3, asked) == [("certain", None)]


def test_the_headcount_of_a_folder(told):
    """By month: who could get at some site in it, and how many of them not by a role on the whole account alone."""
    query = (
        "select folder, month::varchar, people, certain_people, people_below_account from access_wix.folder_headcount "
        "where account_id = 'folder-moves' order by all"
    )
    assert told.ask(query) == [("/Outer", "2026-11-01", 2, 2, 1), ("/Outer/Inner", "2026-11-01", 2, 2, 1)]
