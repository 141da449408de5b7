"""The plan: the exact call for each decision, the dashboard where there is none, and that nothing here can send one."""

from __future__ import annotations

import ast
import csv
import json
from pathlib import Path

import pytest

from tap_wix_users.wix import endpoints
from tap_wix_users.wix.errors import Endpoint
from tests.review.campaign.test_decide import _csv, _file, _row
from tests.review.warehouse import ACME, READ_AT, finding, grant, make, person, receipt, reviewed, site
from wix_access_review.campaign import plan
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.plan import make_plan
from wix_access_review.campaign.plan_files import write_plan
from wix_access_review.receipts import NEEDED_TABLES

ROOT = Path(__file__).parents[3]
ACCOUNT = {"wix-account-id": ACME}
FOLDERS = {"conditions": {"conditions": [{"conditionType": "FOLDER", "id": f, "value": f"/{f}"} for f in ("f1", "f2")]}}
SHOP = {"site": {"id": "s1", "value": "Shop"}}
MIXED = {**SHOP, **FOLDERS}
GUEST_ROLE = {"stream_name": "site_contributor_roles", "asset_type": "site"}


def _account():
    """An owner, a member of each shape of assignment, a contributor with two roles, and an invite."""
    people = {name: person(number, name.title()) for number, name in enumerate(
        ("owner", "plain", "folders", "bare", "odd", "app", "mixed"), start=1)}  # fmt: skip
    people["guest"] = person(20, "Guest", "contributor", email=None)
    people["invite"] = person(21, "new@acme.example", "invite")
    held = {
        "owner": grant(1, people["owner"], "owner", "account", ACME, "Acme"),
        "plain-site": grant(2, people["plain"], "writer", "site", "s1", "Shop"),
        "plain-all": grant(3, people["plain"], "admin", "account", ACME, "Acme"),
        "folder-1": grant(4, people["folders"], "editor", "folder", "f1", "/f1"),
        "folder-2": grant(5, people["folders"], "editor", "folder", "f2", "/f2"),
        "folder-other": grant(6, people["folders"], "writer", "site", "s1", "Shop"),
        "bare": grant(7, people["bare"], "writer", "site", "s1", "Shop"),
        "odd": grant(8, people["odd"], "writer", "unknown", None, None),
        "app": grant(9, people["app"], "writer", "site", "s1", "Shop"),
        "mixed-1": grant(10, people["mixed"], "writer", "site", "s1", "Shop"),
        "mixed-2": grant(11, people["mixed"], "writer", "folder", "f1", "/f1"),
        "guest-1": grant(12, people["guest"], "writer", "contributor", "s1", "Shop", **GUEST_ROLE),
        "guest-2": grant(13, people["guest"], "editor", "contributor", "s1", "Shop", **GUEST_ROLE),
        "invite": grant(14, people["invite"], "writer", "site", "s1", "Shop", stream_name="invite_assignments"),
    }  # fmt: skip
    limits = {"plain-site": SHOP, "folder-1": FOLDERS, "folder-2": FOLDERS, "folder-other": SHOP, "odd": {"x": {}},
              "app": SHOP, "mixed-1": MIXED, "mixed-2": MIXED}  # fmt: skip
    ids = {"bare": None, "folder-1": "A4", "folder-2": "A4", "mixed-1": "A10", "mixed-2": "A10"}
    assignments = []
    for name, one in held.items():
        if one["stream_name"] == "assignments":
            one["record_key"] = f"{one['person_id']}|{name}"
            assignments.append({
                "account_id": ACME, "user_id": one["person_id"], "assignment_key": name, "is_current": True,
                "assignment_id": ids.get(name, f"A-{name}"), "subject_id": one["person_id"],
                "subject_type": "EXTERNAL_APP" if name == "app" else "USER",
                "restrictions": json.dumps(limits[name]) if name in limits else None,
            })  # fmt: skip
    everybody = list(people.values())
    roles = [("owner", "Owner"), ("admin", "Admin (Co-Owner)"), ("editor", "Website Manager"), ("writer", "Writer")]
    roles += [("twin-1", "Twin"), ("twin-2", "Twin")]
    return {
        "people": everybody, "access_grants": list(held.values()), "assignments": assignments,
        "access_review": [reviewed(one, everybody) for one in held.values()], "sites": [site("s1", "Shop")],
        "accounts": [{"account_id": ACME, "name": "Acme", "owner_user_id": "p1", "is_current": True}],
        "roles": [{"account_id": ACME, "id": key, "title": title, "is_current": True} for key, title in roles],
        "latest_receipts": [receipt(ACME, table) for table in NEEDED_TABLES],
        "findings": [finding("x|p2", "high", "Odd", "It is.", people["plain"], observed_at=READ_AT)],
    }  # fmt: skip


@pytest.fixture
def opened(tmp_path):
    """A campaign of that account."""
    database = make(tmp_path / "wix.duckdb", _account())
    return open_campaign(database, Opening(name="Q", folder=tmp_path / "Q", default_reviewer="boss@acme.example"))


def _planned(opened, tmp_path, **decisions):
    keys = {one.review_item.rpartition("|")[2]: one.review_item.rpartition("|")[2] for one in opened.items.values()}
    by_name = {"guest-1": "k012", "guest-2": "k013", "invite": "k014"}
    rows = []
    for name, word in decisions.items():
        key = name.replace("_", "-")
        decision, _, to = word.partition(" to ")
        rows.append(_row(opened, by_name.get(key, keys.get(key)), decision, change_to=to))
    decide(opened.path, [_file(tmp_path, _csv(rows))])
    return make_plan(Campaign(opened.path))


CHANGE = ("PATCH", "https://www.wixapis.com/roles-management/v2/team/assignments", ACCOUNT)
REMOVE = ("POST", "https://www.wixapis.com/roles-management/team/remove", ACCOUNT)
GUEST = ("PUT", "https://www.wixapis.com/roles-management/contributor/change/role", {"wix-site-id": "s1"})
LEFT = {"conditions": {"conditions": [FOLDERS["conditions"]["conditions"][1]]}}
CALLS = [
    ({"plain_all": "remove"}, CHANGE,
     {"userId": "p2", "assignmentIdsToRemove": ["A-plain-all"], "newAssignments": []}),
    ({"plain_site": "change to Website Manager"}, CHANGE,
     {"userId": "p2", "assignmentIdsToRemove": ["A-plain-site"],
      "newAssignments": [{"policyId": "editor", "restrictions": SHOP}]}),
    ({"plain_all": "change to writer", "plain_site": "keep"}, CHANGE,
     {"userId": "p2", "assignmentIdsToRemove": ["A-plain-all"], "newAssignments": [{"policyId": "writer"}]}),
    ({"plain_all": "remove", "plain_site": "remove"}, REMOVE, {"userId": "p2"}),
    ({"folder_1": "remove"}, CHANGE,
     {"userId": "p3", "assignmentIdsToRemove": ["A4"],
      "newAssignments": [{"policyId": "editor", "restrictions": LEFT}]}),
    ({"folder_1": "remove", "folder_2": "remove"}, CHANGE,
     {"userId": "p3", "assignmentIdsToRemove": ["A4"], "newAssignments": []}),
    ({"mixed_1": "remove", "mixed_2": "remove"}, REMOVE, {"userId": "p7"}),
    ({"guest_1": "remove"}, GUEST, {"accountId": "p20", "newRoles": [{"roleId": "editor"}]}),
    ({"guest_1": "change to Owner"}, GUEST,
     {"accountId": "p20", "newRoles": [{"roleId": "owner"}, {"roleId": "editor"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("decisions", "call", "body"), CALLS)
def test_the_call(opened, tmp_path, decisions, call, body):
    """Method, address, header and body of what carries a decision out, with all that must stay."""
    (step,) = _planned(opened, tmp_path, **decisions)
    assert ((step.method, step.url, step.headers), step.body, step.dashboard) == (call, body, None)


BY_HAND = [
    ({"owner": "remove"}, "this is the owner of the account: transfer the ownership"),
    ({"bare": "remove"}, "Wix gave no id for this assignment, so no call can name it: change it"),
    ({"odd": "remove"}, "what the role is limited to cannot be read, so no call can repeat it: change it"),
    ({"app": "remove"}, "the role is held by an app, not by the person: change it"),
    ({"mixed_1": "remove"}, "the role is limited in a way that no call is known to repeat exactly: change it"),
    ({"plain_site": "change to Twin"}, "no single role of the account is called 'Twin': change it"),
    ({"plain_site": "change to Nothing"}, "no single role of the account is called 'Nothing': change it"),
    ({"invite": "remove"}, "Wix documents no call that revokes an account invite: delete it"),
    ({"guest_1": "remove", "guest_2": "remove"}, "no call removes the last role of a contributor: remove the account"),
]


@pytest.mark.parametrize(("decisions", "why"), BY_HAND)
def test_what_no_call_can_do(opened, tmp_path, decisions, why):
    """It is said why, and where in Wix's dashboard it is done; there is no call that would do something else."""
    (step,) = _planned(opened, tmp_path, **decisions)
    assert (step.method, step.url, step.headers, step.body) == (None, None, None, None)
    assert (step.dashboard or "").startswith(f"{why} in Wix's dashboard") or why in (step.dashboard or "")


def test_what_is_kept_or_open_needs_nothing(opened, tmp_path):
    """Only decisions that change something make a step."""
    assert _planned(opened, tmp_path, plain_all="keep", folder_1="keep") == []


def test_the_widest_access_comes_first(opened, tmp_path):
    """Privileged roles, then the stronger ones; what else is lost by a step stands in it."""
    steps = _planned(opened, tmp_path, folder_2="remove", plain_all="remove", plain_site="remove", invite="remove")
    assert [(step.person, step.is_privileged) for step in steps] == [
        ("Plain", True), ("Folders", False), ("new@acme.example", False),
    ]  # fmt: skip
    assert steps[0].also_lost == [
        "the membership itself: the person is no longer a member of the account",
        "every role that the person was given after the campaign was opened",
    ]


def test_a_call_that_replaces_all_roles_says_so(opened, tmp_path):
    """The contributor's call names what shall remain: a role given since the campaign was opened would go with it."""
    (step,) = _planned(opened, tmp_path, guest_1="remove")
    assert step.also_lost == [
        "every role on this site that the person was given after the campaign was opened: the call replaces them all",
    ]  # fmt: skip


def test_the_files(opened, tmp_path):
    """JSON and CSV say the same, that nothing was tried, and hold no key."""
    steps = _planned(opened, tmp_path, plain_all="remove", bare="remove")
    assert write_plan(opened, steps) == ["plan.json", "plan.csv"]
    whole = json.loads((opened.path / "plan.json").read_text(encoding="utf-8"))
    with (opened.path / "plan.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["url"] or row["dashboard"] for row in rows] == [
        one["url"] or one["dashboard"] for one in whole["steps"]
    ]
    assert [json.loads(row["body"]) for row in rows if row["body"]] == [
        one["body"] for one in whole["steps"] if one["body"]
    ]
    assert "have never been tried" in whole["caution"]
    text = json.dumps(whole).casefold()
    assert [word for word in ("authorization", "bearer", "ist.", "api_key", "apikey") if word in text] == []


# --- Nothing here can send any of it ---

CHANGING = {(method, path) for method, path in (plan.CHANGE_ASSIGNMENTS, plan.REMOVE_MEMBER, plan.CHANGE_CONTRIBUTOR)}
PACKAGES = ("tap_wix_users", "wix_sandbox", "wix_access_review", "wix_demo", "tools")
SENDING = {
    "httpx",
    "requests",
    "urllib",
    "http",
    "socket",
    "ssl",
    "aiohttp",
    "urllib3",
    "asyncio",
    "subprocess",
    "ftplib",
}


def _sources(package):
    return {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / package).rglob("*.py"))}


def test_the_tap_asks_for_nothing_that_changes_access():
    """No endpoint of the tap is one of docs/api-contract.md, section 9, and each of its methods is one that reads."""
    asked = {(one.method, one.path) for one in vars(endpoints).values() if isinstance(one, Endpoint)}
    assert len(asked) > 5
    assert {path for _, path in asked} & {path for _, path in CHANGING} == set()
    assert {method for method, _ in asked} <= {"GET", "POST"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_path_of_section_9_stands_anywhere_else(package):
    """The paths that change access are written once, as data of the plan, which sends nothing."""
    paths = {path.rpartition("/roles-management")[2] for _, path in CHANGING} | {"/invites/site-invite"}
    found = {
        (str(file.relative_to(ROOT)), path)
        for file, text in _sources(package).items()
        for path in paths
        if path in text
    }
    assert {file for file, _ in found} <= {"wix_access_review/campaign/plan.py"}


def test_the_review_cannot_send():
    """No module of the review imports anything that opens a connection over HTTP or runs another program."""
    found = set()
    for file, text in _sources("wix_access_review").items():
        for node in ast.walk(ast.parse(text)):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {(file.name, name) for name in names if name.partition(".")[0] in SENDING}
    assert found == set()


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE"])
def test_no_verb_that_changes_is_written_anywhere(verb):
    """But as data of the plan, and in the sandbox, which answers requests and sends none."""
    written = {
        str(file.relative_to(ROOT))
        for package in PACKAGES if package != "wix_sandbox"
        for file, text in _sources(package).items()
        for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and node.value == verb
    }  # fmt: skip
    assert written <= {"wix_access_review/campaign/plan.py"}
