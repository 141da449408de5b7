"""Every way in is reported, and none that is not there."""

from __future__ import annotations

import pytest

from tests.transform.cases import CO_OWNER, CUSTOM, MANAGER, OWNER


def _access(warehouse, account: str) -> list[tuple[object, ...]]:
    return warehouse.ask(
        "select person_type, person_id, site_id, role_title, via, ways from access_wix.access "
        f"where account_id = '{account}' and (person_id <> 'ann' or account_id like 'owner%') order by all"
    )


def _grants(warehouse, account: str) -> list[tuple[object, ...]]:
    return warehouse.ask(
        "select stream_name, person_id, role_id, extract(day from granted_after), extract(day from granted_before) "
        f"from access_wix.access_grants where account_id = '{account}' and record_key <> 'ann|own' order by all"
    )


def _findings(warehouse, account: str, *rules: str) -> list[tuple[object, ...]]:
    return warehouse.ask(
        "select rule, person_id, explanation from access_wix.findings "
        f"where account_id = '{account}' and rule in {(*rules, '')} order by all"
    )


def test_an_outside_account_whose_role_is_deleted(told):
    """It works on the site as before, with a role that is not known, and that is what changed: it lost nothing."""
    assert _access(told, "role-deleted") == [("contributor", "outside", "s", None, "contributor", 1)]
    assert _grants(told, "role-deleted") == [("site_contributors", "outside", None, 1, 2)]
    query = (
        "select change_type, person_id, role_title, previous_role_title from access_wix.access_changes "
        "where account_id = 'role-deleted'"
    )
    assert told.ask(query) == [("changed", "outside", None, "Photographer")]
    assert _findings(told, "role-deleted", "outside_account") == [
        ("outside_account", "outside", "Works as (role not read) on site Shop.")
    ]


def test_reading_roles_begins_later(told):
    """That an outside account came is reported as before; its role is no younger than that, and no older."""
    assert _grants(told, "roles-on") == [("site_contributor_roles", "outside", MANAGER, 1, 3)]
    query = (
        "select change_type, extract(day from changed_after), extract(day from changed_before) "
        "from access_wix.access_changes where account_id = 'roles-on'"
    )
    assert told.ask(query) == [("gained", 1, 2)]


def test_reading_roles_ends(told):
    """Who is gone from the site holds no role on it either, although nobody reads the roles any more."""
    assert _grants(told, "roles-off") == [("site_contributor_roles", "stays", MANAGER, None, 1)]
    query = "select change_type, person_id from access_wix.access_changes where account_id = 'roles-off'"
    assert told.ask(query) == [("lost", "goes")]
    assert told.ask("select person_id from access_wix.people where person_id in ('goes', 'stays')") == [("stays",)]


def test_a_folder_that_has_the_path_of_another(told):
    """A folder is its id: a role on one that is gone reaches what still lies in it, and not what has its path now."""
    assert _access(told, "equal-path") == [("member", "fay", "inside", "Admin (Co-Owner)", "folder", 1)]
    assert _findings(told, "equal-path", "gone_folder") == [
        ("gone_folder", "fay", "Holds Admin (Co-Owner) on /Clients, which is not in the list of folders.")
    ]


@pytest.mark.parametrize("account", ["owner-alone", "owner-unlisted"])
def test_the_owner_by_the_account_itself(told, account):
    """Without an assignment, and without being in the list of members, the owner reaches all."""
    assert _access(told, account) == [("member", "ann", "s", "Owner", "account", 1)]
    query = (
        "select stream_name, person_id, role_id, privileged, via from access_wix.access_review "
        f"where account_id = '{account}'"
    )
    assert told.ask(query) == [("accounts", "ann", OWNER, True, "account")]
    found = _findings(told, account, "privileged_person", "owner_not_listed", "member_without_role")
    assert found[-1] == ("privileged_person", "ann", "Holds Owner on the whole account.")
    assert [rule for rule, *_ in found[:-1]] == (["owner_not_listed"] if account == "owner-unlisted" else [])


def test_the_owner_once(told):
    """An owner who holds the owner's role is reported by that alone."""
    query = (
        "select distinct stream_name from access_wix.access_review where account_id = 'subjects' and person_id = 'ann'"
    )
    assert told.ask(query) == [("assignments",)]


def test_the_owner_changes(told):
    """One loses the account and another gains it, between the same two snapshots."""
    query = (
        "select change_type, person_id, role_title, extract(day from changed_after), extract(day from changed_before) "
        "from access_wix.access_changes where account_id = 'owner-changes' order by all"
    )
    assert told.ask(query) == [("gained", "bob", "Owner", 2, 3), ("lost", "ann", "Owner", 2, 3)]


def test_an_owner_who_is_left_out(told):
    """Nobody lost the account, since it is not known whose it is: that is found."""
    assert told.ask("select count(*) from access_wix.access_changes where account_id = 'owner-left-out'") == [(0,)]
    assert _findings(told, "owner-left-out", "owner_not_listed") == [
        ("owner_not_listed", None,
         "The record of the account names no owner, so it is not known who has this access to everything.")
    ]  # fmt: skip
    query = (
        "select person_id, is_content_known, is_current from access_wix.access_history "
        "where account_id = 'owner-left-out' order by version_number"
    )
    assert told.ask(query) == [("ann", True, False), (None, False, True)]


def test_an_owner_beside_an_app(told):
    """What an app holds says nothing of the owner, who has access by the account's own record."""
    query = (
        "select stream_name, subject_type from access_wix.access_review where account_id = 'owner-by-app' order by all"
    )
    assert told.ask(query) == [("accounts", "USER"), ("assignments", "WIX_APP")]
    query = "select person_id, is_by_subject, ways from access_wix.access where account_id = 'owner-by-app'"
    assert told.ask(query) == [("ann", False, 2)]
    query = "select stream_name from access_wix.access_history where account_id = 'owner-by-app' order by all"
    assert told.ask(query) == [("accounts",), ("assignments",)]


def test_invites(told):
    """Open is what can still be accepted: pending, or of a status that was not sent or not known, and not expired."""
    assert [person for _, person, *_ in _access(told, "invites")] == ["i0", "i5", "i6", "i7"]
    assert _findings(told, "invites", "invite_status_unknown") == [
        ("invite_status_unknown", "i5", "The invite to i5@studio.example has no status: it counts as open."),
        ("invite_status_unknown", "i6", "The invite to i6@studio.example has no status: it counts as open."),
        ("invite_status_unknown", "i7",
         "The invite to i7@studio.example has the status Resent, which is not known: it counts as open."),
    ]  # fmt: skip
    assert [person for _, person, _ in _findings(told, "invites", "invite_expired_open")] == ["i4", "late"]


def test_one_person(told):
    """By the user's id where the outside account is the leaver's own, and by the address in another account."""
    query = (
        "select account_id, person_type, person_id, person, identified_by from access_wix.people "
        "where person_key = 'casey' order by all"
    )
    assert told.ask(query) == [
        ("child", "member", "casey-2", "C. Marlow", "address"),
        ("leaver", "contributor", "his-own", "Casey Marlow (outside account)", "user id"),
    ]
    query = (
        "select person, identified_by, accounts_joined, accounts_left, outside_accounts, grant_count, privileged_count "
        "from access_wix.persons where person_key = 'casey'"
    )
    assert told.ask(query) == [("C. Marlow", "address", 1, 1, 1, 2, 1)]


def test_a_leaver_who_still_has_access(told):
    """Whatever is left is found, in any account, with what says that it is the same person."""
    left = "Casey Marlow is no longer a member of leaver, and still has access as"
    assert _findings(told, "leaver", "leaver_has_access") == [
        ("leaver_has_access", "his-own", f"{left} an outside account (the same user id).")
    ]
    assert _findings(told, "child", "leaver_has_access") == [
        ("leaver_has_access", "casey-2", f"{left} a member (the same address).")
    ]


def test_subjects(told):
    """A role that a member has through a group or an app is marked, and found."""
    query = (
        "select role_id, subject_type, subject_id from access_wix.access_review "
        "where account_id = 'subjects' and person_id = 'ben' order by all"
    )
    assert told.ask(query) == [
        (MANAGER, "USER", "ben"), (MANAGER, "WIX_APP", "app"), (CO_OWNER, "USER_GROUP", "g"),
    ]  # fmt: skip
    assert _findings(told, "subjects", "other_subject") == [
        ("other_subject", "ben",
         "Account Admin (Co-Owner) on the whole account is held by a group of users (g), not by the member."),
        ("other_subject", "ben", "Website Manager on site the s is held by a Wix app (app), not by the member."),
    ]  # fmt: skip
    query = (
        "select role_title, is_by_subject from access_wix.access "
        "where account_id = 'subjects' and person_id = 'ben' order by all"
    )
    assert told.ask(query) == [("Account Admin (Co-Owner)", True), ("Website Manager", False)]


def test_a_free_mail_owner(told):
    """Nobody can be shown to be from outside, and the finding says so."""
    assert told.ask("select distinct is_external from access_wix.people where account_id = 'free-mail'") == [(None,)]
    assert _findings(told, "free-mail", "company_domain_unknown", "external_member") == [
        ("company_domain_unknown", None,
         ("It is not known whether members are from outside, since the e-mail address of the owner is not known, or is "
         "not at a company domain. Members: 3.")),
    ]  # fmt: skip


def test_spellings_of_a_domain(told):
    """Blanks, a dot at the end, Punycode, two characters for one, a subdomain or a quoted @ make nobody an outsider."""
    query = "select person_id from access_wix.people where account_id = 'spellings' and is_external order by all"
    assert told.ask(query) == [("inner",), ("other",), ("tail",)]


def test_spellings_of_an_address(told):
    """Of one mailbox make one person; without an address everybody is somebody else."""
    query = (
        "select string_agg(person_id, ' ' order by person_id) from access_wix.people "
        "where account_id = 'addresses' group by person_key order by all"
    )
    assert told.ask(query) == [
        ("ann",), ("at1",), ("at2",), ("jo1 jo2",), ("kim1 kim2 kim3 kim4",), ("lee1 lee2",), ("none1",), ("none2",),
        ("none3",), ("none4",),
    ]  # fmt: skip


def test_no_site_is_reached(told):
    """One row for a person and a role all the same, also for a role that Wix does not name."""
    assert _access(told, "no-site") == [
        ("member", "ben", None, "Website Manager", "account", 2),
        ("member", "ben", None, None, "account", 2),
    ]
    assert _findings(told, "no-site", "role_not_known") == [
        ("role_not_known", None,
         "Grants have a role that was not read, so it is not known whether it is privileged. Holders: 1.")
    ]  # fmt: skip
    query = "select site_name, asset_name from access_wix.access where account_id = 'site-moves' and person_id = 'sue'"
    assert told.ask(query) == [(None, "the south")]


def test_sites_in_the_trash_and_of_others(told):
    """`access` says so of the site, and a role on a site in the trash is found."""
    query = (
        "select site_id, is_site_listed, is_site_trashed, is_site_of_other_account from access_wix.access "
        "where account_id = 'trash' and person_id = 'ben' order by all"
    )
    assert told.ask(query) == [("s1", True, True, False), ("s2", True, False, True)]
    assert [person for _, person, _ in _findings(told, "trash", "trashed_site")] == ["ben"]


def test_who_is_in_charge_of_a_site(told):
    """An outside account can be, and who administers a part of the site is not."""
    query = "select asset_id from access_wix.findings where account_id = 'in-charge' and rule = 'site_without_admin'"
    assert told.ask(query) == [("s1",)]


def test_custom_roles(told):
    """What one may do is in its title or in its description, or it is found; so is one on the wrong level."""
    query = (
        "select role_id, is_privileged from access_wix.access_grants "
        "where account_id = 'custom-roles' and role_id like '7%' order by all"
    )
    assert told.ask(query) == [("71", True), ("72", False), ("73", False)]
    assert _findings(told, "custom-roles", "unclear_custom_role", "role_beyond_level") == [
        ("role_beyond_level", "ben",
         "Admin (Co-Owner) is held on the whole account, but Wix says that it cannot be assigned on an account."),
        ("unclear_custom_role", None,
         ("Neither the title nor the description of the custom role Helper 2 says what it allows. Holders: 1, also on "
         "the whole account.")),
    ]  # fmt: skip


def test_the_age_of_a_read(told):
    """An account that was last read long before the others is found."""
    query = "select account_id, explanation from access_wix.findings where rule = 'stale_read'"
    assert told.ask(query) == [
        ("nobody-reads",
         ("Tables that were last read completely long ago: 10, the oldest on 2026-09-01. What is shown of them is that "
         "old.")),
    ]  # fmt: skip


def test_controls(told):
    """A control without findings has passed."""
    query = (
        "select control, status, finding_count, rule_count - passed_rule_count from access_wix.findings_by_control "
        "where account_id = 'in-charge' order by all"
    )
    assert told.ask(query) == [
        ("A.5.15", "findings", 5, 4), ("A.5.18", "passed", 0, 0), ("CC6.1", "passed", 0, 0),
        ("CC6.2", "findings", 1, 1), ("CC6.3", "findings", 4, 3),
    ]  # fmt: skip


def test_what_a_decision_was_about(told):
    """The key of an item to certify says what was given: another role is another item."""
    query = "select review_item from access_wix.access_review where account_id = 'promoted' and person_id = 'up'"
    assert told.ask(query) == [(f"promoted|assignments|up|k|{CO_OWNER}@account:promoted",)]


def test_last_seen_is_never_before_the_beginning(told):
    """Whatever the review shows was seen at or after it began."""
    assert told.ask("select review_item from access_wix.access_review where last_seen < granted_before") == []


def test_the_grain_of_access(told):
    """No two rows are of one person, site and role."""
    key = "account_id, person_type, person_id, site_id, role_id"
    assert told.ask(f"select {key} from access_wix.access group by {key} having count(*) > 1") == []


def test_roles_by_their_last_title(told):
    """A role that is gone has the title that it had last."""
    query = "select role_title from access_wix.access where account_id = 'role-gone' and role_id = " + f"'{CUSTOM}'"
    assert told.ask(query) == [("Apple",)]
