"""What was seen at once, or written by another state, is reported as no more than it can be known to be."""

from __future__ import annotations

import pytest

from tests.transform.cases import CUSTOM
from tests.transform.days import changes

BEGAN, ENDED = "it began about then", "it ended about then"


def test_two_moves_seen_at_once(told, as_of):
    """Between them the site may have been elsewhere; before and after it was not, and nobody gained or lost it."""
    asked = "certainty, because"
    assert as_of("moved-twice", 1, asked) == [("certain", None)]
    assert as_of("moved-twice", 2, asked) == [("possible", BEGAN), ("possible", ENDED)]
    assert as_of("moved-twice", 3, asked) == [("certain", None)]
    assert changes(told, "moved-twice") == []


def test_one_move(told, as_of):
    """From a folder into the one around it: whoever holds a role on that one had the site all the time."""
    assert [as_of("moved-once", day, "certainty, because") for day in (1, 2, 3)] == [[("certain", None)]] * 3
    assert changes(told, "moved-once") == []
    query = (
        "select granted_after, extract(day from granted_before) from access_wix.access "
        "where account_id = 'moved-once' and person_id = 'top'"
    )
    assert told.ask(query) == [(None, 1)]


@pytest.mark.parametrize("account", ["owner-told", "owner-told-late"])
def test_the_owner_is_so_by_the_accounts_own_record(account, told, as_of):
    """For sure on every day, also while an assignment that says the same comes and goes; and it changes nothing."""
    certain = [as_of(account, day, "site_id, role_title, certainty") for day in range(1, 6)]
    whole = {("s", "Owner", "certain"), ("s2", "Owner", "certain")}
    assert [whole - {*rows} for rows in certain] == [set()] * 5
    assert [change[:3] for change in changes(told, account)] == [("changed", "grant", "olga")]
    query = (
        f"select distinct granted_after from access_wix.access where account_id = '{account}' and person_id = 'olga'"
    )
    assert told.ask(query) == [(None,)]


def test_an_owner_whose_record_was_not_read_that_day(told):
    """The assignment that said so, too, is gone; the account said it before, and goes on to: nothing was lost."""
    assert changes(told, "owner-unread") == []


@pytest.mark.parametrize("account", ["handed-over", "handed-late", "handed-late-grants"])
def test_an_account_that_changes_hands(account, told):
    """One loses it and one gains it, once, whichever of the account's record and the assignments was read first."""
    assert [change[:3] for change in changes(told, account)] == [("gained", "grant", "bob"), ("lost", "grant", "ann")]


def test_an_owner_who_was_not_kept(told):
    """May have been anybody: nobody is reported to have lost a site with the owner's role, as with others."""
    assert [change[:4] for change in changes(told, "owner-not-kept")] == [("lost", "folder", "noa", "Shop")]


def test_a_place_that_was_not_kept_and_a_new_folder(told):
    """Where the site was before is not known: nobody gained it by the new folder, also if that was read later."""
    assert changes(told, "place-and-folder") == []


def test_folders_that_were_never_read(told, as_of):
    """Any of them may be in any other: nobody is told to have lost a site, or to have nobody in charge."""
    assert changes(told, "folders-unread") == []
    unknown = "the folder of the site is not known"
    asked = "person_id, site_id, certainty, because"
    assert [row for row in as_of("folders-unread", 1, asked) if row[1] == "s"] == [
        ("low", "s", "certain", None), ("low", "s", "possible", unknown), ("top", "s", "possible", unknown),
    ]  # fmt: skip
    query = (
        "select asset_id from access_wix.findings where account_id = 'folders-unread' and rule = 'site_without_admin'"
    )
    assert told.ask(query) == []


def test_a_role_that_was_never_read(told):
    """May be one of those that are in charge of a site."""
    query = "select asset_id from access_wix.findings where account_id = 'roles-unread' and rule = 'site_without_admin'"
    assert told.ask(query) == [("s3",)]


@pytest.mark.parametrize(
    ("answer", "columns", "wanted"),
    [
        ("access_grants", "is_privileged, role_strength", [(None, None)]),
        ("access", "is_privileged, role_strength", [(None, None)]),
        ("access_review", "privileged, role_id", [(None, CUSTOM)]),
        ("access_history", "is_privileged, role_strength", [(None, None)]),
        ("people", "grant_count, privileged_count, unknown_role_count", [(1, 0, 1)]),
    ],
)
def test_what_a_role_may_do_that_was_never_read(answer, columns, wanted, told):
    """Is not known, wherever it is asked for, and counts apart."""
    query = f"select {columns} from access_wix.{answer} where account_id = 'roles-unread' and person_id = 'ben'"
    assert told.ask(query) == wanted


def test_rules_that_need_the_roles(told):
    """Say that they cannot tell, and no control has passed; whose role is known by its id is privileged as ever."""
    query = (
        "select role_id, explanation from access_wix.findings "
        "where account_id = 'roles-unread' and rule = 'role_not_known' order by all"
    )
    unknown = "so it is not known whether it is privileged. Holders: 1."
    assert told.ask(query) == [
        (CUSTOM, f"The role {CUSTOM} is in no list of roles that was read, {unknown}"),
        (None, f"Outside accounts have roles on sites that were not read, {unknown}"),
    ]
    query = "select distinct status from access_wix.findings_by_control where account_id = '{}' and status = 'passed'"
    assert [told.ask(query.format(account)) for account in ("roles-unread", "folders-unread")] == [[], []]
    query = "select is_privileged from access_wix.access_grants where account_id = 'roles-unread' and person_id = 'ann'"
    assert told.ask(query) == [(True,)]


def test_another_group(told):
    """A role that goes from one group to another is not the same under another name."""
    assert [change[:3] for change in changes(told, "other-group")] == [("changed", "grant", "ben")]


def test_a_site_that_is_in_no_list(as_of):
    """That somebody could get at it is possible, and not certain."""
    asked = "site_id, certainty, because"
    assert as_of("never-listed", 1, asked) == [("ghost", "possible", "the site is not in the list")]


def test_what_is_held_otherwise(told):
    """Whoever has the same role on the site in another way neither gains nor loses it by a move."""
    assert [change[:3] for change in changes(told, "moved-inside")] == [("lost", "site", "ivy")]
    assert [change[:3] for change in changes(told, "moved-and-widened")] == [
        ("gained", "grant", "up"), ("lost", "grant", "down"), ("lost", "site", "down"),
    ]  # fmt: skip


@pytest.mark.parametrize("account", ["came", "came-late-sites", "came-late-grants"])
def test_a_role_on_a_folder_that_a_site_just_left(account, told):
    """Nobody knows that it ever reached the site, whichever of the lists was read first."""
    assert [change[:4] for change in changes(told, account)] == [
        ("gained", "grant", "new", "the south"), ("lost", "site", "old", "Shop"),
    ]  # fmt: skip


def test_a_rename_seen_with_a_change_of_the_role(told):
    """The grant says the same, and gives more: its role is why."""
    assert changes(told, "renamed-with-role") == [
        ("changed", "role", "ben", "New", "Site Admin", "Content intern", 1, 2)
    ]


def test_a_rename_after_a_change_of_the_role(told, as_of):
    """Between the two the role is the new one, for sure."""
    assert as_of("role-then-name", 2, "role_title, certainty") == [("Site Admin", "certain")]
    assert [change[:2] for change in changes(told, "role-then-name")] == [("changed", "role"), ("renamed", "grant")]


def test_another_state(told):
    """What it wrote of grants is in no history and no change; that it wrote is a finding."""
    assert changes(told, "other-state") == []
    query = (
        "select person_id, role_title, is_current, ended_by from access_wix.access_history "
        "where account_id = 'other-state' and person_id <> 'ann' order by all"
    )
    assert told.ask(query) == [("ben", "Website Manager", True, None), ("eve", "Website Manager", True, None)]
    query = "select count(*) from access_wix.findings where account_id = 'other-state' and rule = 'forked_receipts'"
    assert told.ask(query) != [(0,)]


def test_a_role_that_was_widened_in_place(told, as_of):
    """On the site that both versions reach it was held all the time, for sure; nobody knows it of the other site."""
    asked = "person_id, site_id, role_title, certainty, because"
    assert as_of("widened", 2, asked) == [
        ("down", "s", "Website Manager", "certain", None), ("down", "s2", "Website Manager", "possible", ENDED),
        ("other", "s", "Account Admin (Co-Owner)", "possible", BEGAN),
        ("other", "s", "Website Manager", "possible", ENDED),
        ("other", "s2", "Account Admin (Co-Owner)", "possible", BEGAN),
        ("up", "s", "Website Manager", "certain", None), ("up", "s2", "Website Manager", "possible", BEGAN),
    ]  # fmt: skip


@pytest.mark.parametrize("account", ["limited", "limited-unkept"])
def test_another_restriction_that_cannot_be_read(account, told):
    """Is a change, and no other name for the same; who certified the one has not certified the other."""
    assert [change[:3] for change in changes(told, account)] == [("changed", "grant", "ben")]
    query = f"select review_item from access_wix.access_review where account_id = '{account}' and person_id = 'ben'"
    ((item,),) = told.ask(query)
    assert item.rpartition("@unknown:")[2] != ""


def test_an_outside_account_that_left_with_its_role(told, as_of):
    """It lost the role once; that it stayed without one was seen of the other, until the list says so it may have."""
    assert [(*change[:3], *change[5:]) for change in changes(told, "left-with-role")] == [
        ("changed", "grant", "still", "Website Manager", 1, 2), ("lost", "grant", "gone", None, 1, 2),
    ]  # fmt: skip
    asked = "person_id, role_title, certainty"
    assert ("gone", None, "unknown") in as_of("left-with-role", 2, asked)
