"""The findings: every rule where it holds, and where it does not."""

from __future__ import annotations

import csv

import pytest

from tests.transform.scenario import NAMES, Account, day, store
from tests.transform.warehouse import ROOT, Warehouse

OWNER, CO_OWNER, SITE_ADMIN = "6601492336091027458", "6642345101181663232", "6732588207941061632"
WRITER, IDLE = "7000000000000000001", "7000000000000000002"
NOW = "2026-11-01 12:00:00"
UNKNOWN = "is in no list of roles that was read, so it is not known whether it is privileged. Holders: 1."
LEAVER = (
    "The invite to casey.marlow@freemail.example is open, and Casey (casey.marlow@studio.example) is no longer a "
    "member."
)


def _account(name: str) -> Account:
    """An account with nothing to find: an owner, and a site with somebody in charge."""
    one = Account(name).add("accounts", name=name.title(), owner_user_id="ann")
    one.role(OWNER, "Owner").role(CO_OWNER, "Account Admin (Co-Owner)").role(SITE_ADMIN, "Admin (Co-Owner)")
    one.role(WRITER, "Blog writer", "custom")
    one.add("sites", id="s1", display_name="Shop")
    one.user("ann", "Ann Ace", "ann.ace@studio.example", joined_team_at="2020-01-01T00:00:00.000000Z")
    one.user("ben", "Ben Bo", "ben.bo@studio.example", joined_team_at="2026-10-30T00:00:00.000000Z")
    one.holds("ann", "a1", OWNER).holds("ann", "a2", SITE_ADMIN, "site:s1").holds("ben", "b1", WRITER, "site:s1")
    return one


def _trouble() -> Account:
    """An account in which every rule but one finds something: `incomplete_read` has an account of its own."""
    one = _account("trouble").role(IDLE, "Nobody's", "custom")
    one.add("sites", id="s2", display_name="Hotel").add("sites", id="s3", trashed_date="2026-10-01T00:00:00.000000Z")
    one.user("ivy", "Ivy", "ivy@studio.example", joined_team_at="2026-09-01T00:00:00.000000Z")
    one.holds("ivy", "i1", CO_OWNER)
    one.user("nora", "Nora", "nora@agency.example").holds("nora", "n1", SITE_ADMIN, "site:s1")
    one.holds("nora", "n2", WRITER, "folder:gone")
    one.user("odd", "Odd", "odd@studio.example").holds("odd", "o1", WRITER, "unknown").holds(
        "odd", "o2", "77", "site:xx"
    )
    one.user("idle", "Idle", "idle@studio.example").user("ben2", "Ben Bo", "ben.bo@studio.example")
    one.holds("ben2", "b2", WRITER, "site:s1")
    one.user("casey", "Casey", "casey.marlow@studio.example").change("users", "casey", "removed", 1, 1)
    one.add("site_contributors", site_id="s1", contributor_account_id="outside")
    one.add("site_contributor_roles", site_id="s1", contributor_account_id="outside", role_id=WRITER)
    one.invite("i1", "casey.marlow@freemail.example", (WRITER, "site:s1"), date_created="2026-10-20T00:00:00.000000Z")
    one.invite("i2", "ANN.ace@studio.example", (CO_OWNER, "account"), date_created="2026-09-01T00:00:00.000000Z")
    one.invite("i3", "late@studio.example", (WRITER, "site:s1"), expiration_date="2026-10-31T00:00:00.000000Z")
    return one.invite("i4", "gone@studio.example", status="Expired", expiration_date="2024-03-02T00:00:00.000000Z")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """An account in trouble, one in order, and the first again as a key with few permissions sees it."""
    warehouse = Warehouse(tmp_path_factory.mktemp("findings") / "wix.duckdb")
    trouble = _trouble()
    trouble.rows["change_log"][0]["observed_at"] = "2026-11-01T08:00:30.000000Z"
    trouble.read(1)
    few = _account("few").holds("ben", "b2", "77", "site:xx").holds("ben", "b3", WRITER, "folder:yy")
    few.rows["sites"].clear()
    few.rows["roles"].clear()
    team = [name for name in NAMES if name not in {"sites", "folders", "roles"}]
    few.read(1, *team).read(1, "sites", "folders", "roles", status="refused", error="The key lacks a permission.")
    forked = _account("forked").read(1)
    forked.read(2, "users", compared_with=day(1)).read(3, "users", compared_with=day(1))
    store(warehouse, trouble, _account("order").read(1), few, forked)
    built = warehouse.build("--exclude", "test_type:data", as_of=NOW)
    assert (built.code, built.failed()) == (0, [])
    return warehouse


def _found(warehouse: Warehouse, account: str) -> list[tuple[object, ...]]:
    return warehouse.ask(
        "select rule, person_id, explanation from access_wix.findings "
        f"where account_id = '{account}' order by severity_rank desc, rule, finding_key"
    )


def test_every_rule(warehouse):
    """What each rule finds, in a sentence of its own, worst first."""
    assert _found(warehouse, "trouble") == [
        ("privileged_newcomer", "ivy",
         "Joined on 2026-09-01 and holds Account Admin (Co-Owner) on the whole account."),
        ("external_privileged", "nora", "Somebody at agency.example holds Admin (Co-Owner) on site the s1."),
        ("invite_to_leaver", "i1",
         LEAVER),
        ("privileged_invite", "i2",
         "Whoever accepts the invite to ANN.ace@studio.example gets Account Admin (Co-Owner) on the whole account."),
        ("unreadable_asset", "odd", "Blog writer is limited to something that this release cannot read."),
        ("external_member", "nora", "The e-mail address is at agency.example."),
        ("gone_role", "odd", "The role 77 is not in the list of roles."),
        ("invite_open_long", "i2", "The invite to ANN.ace@studio.example has been open since 2026-09-01."),
        ("invite_to_member", "i2",
         "The invite to ANN.ace@studio.example is open, and Ann Ace (ann.ace@studio.example) is already a member."),
        ("outside_account", "outside", "Works as Blog writer on site Shop."),
        ("privileged_person", "ann", "Holds Owner on the whole account."),
        ("privileged_person", "ann", "Holds Admin (Co-Owner) on site the s1."),
        ("privileged_person", "ivy", "Holds Account Admin (Co-Owner) on the whole account."),
        ("privileged_person", "nora", "Holds Admin (Co-Owner) on site the s1."),
        ("role_not_known", None, f"The role 77 {UNKNOWN}"),
        ("same_person_twice", "ben", "2 members share the e-mail address ben.bo@studio.example."),
        ("gone_folder", "nora", "Holds Blog writer on the gone, which is not in the list of folders."),
        ("gone_site", "odd", "Holds 77 on the xx, which is not in the list of sites."),
        ("invite_expired_open", "i3",
         "The invite to late@studio.example expired on 2026-10-31 and is still listed as Pending."),
        ("invite_expired_open", "i4",
         "The invite to gone@studio.example expired on 2024-03-02 and is still listed as Expired."),
        ("member_without_role", "idle", "Is a member and holds no role that was read."),
        ("site_without_admin", None,
         "Only people with a privileged role on the whole account administer Hotel."),
        ("unused_custom_role", None, "Neither a member nor an open invite holds Nobody's."),
    ]  # fmt: skip


def test_an_account_in_order(warehouse):
    """Only that there are privileged people, which somebody has to confirm."""
    assert [(rule, person) for rule, person, _ in _found(warehouse, "order")] == [("privileged_person", "ann")] * 2


def test_two_states_on_one_database(warehouse):
    """A receipt that the latest one does not go back to is reported, for each table, before anything is certified."""
    forked = "Something other than the state of the last run has written users since 2026-11-02."
    assert _found(warehouse, "forked")[0] == (
        "forked_receipts", None, f"{forked} What it wrote does not count, and rows may be missing.",
    )  # fmt: skip
    assert [rule for rule, _, _ in _found(warehouse, "forked")[1:]] == ["privileged_person"] * 2


def test_what_was_not_read_says_nothing(warehouse):
    """A site, folder or role is not gone because the key could not read the list: that, and what it hides, is found."""
    said = "ended as refused: The key lacks a permission. It was never read completely."
    assert _found(warehouse, "few") == [
        *[("incomplete_read", None, f"The last read of {name} {said}") for name in ("folders", "roles", "sites")],
        *[("privileged_person", "ann", f"Holds {role}.") for role in (
            f"{OWNER} on the whole account", f"{SITE_ADMIN} on site the s1",
        )],
        *[("role_not_known", None, f"The role {role} {UNKNOWN}") for role in (WRITER, "77")],
    ]  # fmt: skip


OF_REVIEWS = {
    "departed_employee_has_access", "decision_not_carried_out", "removed_access_back", "changed_after_certification",
    "campaign_overdue",
}  # fmt: skip
"""Rules that need a campaign or a list of leavers: `test_review` has them."""


def test_every_rule_is_there(warehouse, told):
    """Every rule of the seed found something in the tests, each with what to do and the controls it serves."""
    with (ROOT / "transform/seeds/wix__finding_rules.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    rules = {line["rule"]: (line["severity"], line["title"], line["advice"], line["controls"]) for line in lines
             if line["rule"] not in OF_REVIEWS}  # fmt: skip
    query = "select distinct rule, severity, title, advice, controls from access_wix.findings"
    assert {rule: tuple(rest) for rule, *rest in (*warehouse.ask(query), *told.ask(query))} == rules


def test_a_rule_is_switched_off(warehouse, tmp_path):
    """With `enabled` false in the seed a rule finds nothing, and a severity can be changed."""
    warehouse.execute("update intermediate_wix.finding_rules set enabled = false where rule = 'privileged_person'")
    warehouse.execute("update intermediate_wix.finding_rules set severity = 'low' where rule = 'gone_role'")
    assert warehouse.build("--select", "wix__findings", as_of=NOW).code == 0
    rules = "('privileged_person', 'gone_role')"
    query = f"select distinct rule, severity_rank from access_wix.findings where rule in {rules}"
    assert warehouse.ask(query) == [("gone_role", 1)]
