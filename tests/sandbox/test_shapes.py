"""Every documented shape of the API occurs, even in a small world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.client import Client
from wix_sandbox import Sandbox, Size, World

DOCUMENTED_ROLES = {
    "6601492336091027458": "Owner",
    "6642345101181663232": "Account Admin (Co-Owner)",
    "6732588207941061632": "Admin (Co-Owner)",
}
ABSENT = object()
Test = Callable[[Any], Any]


@pytest.fixture(scope="module", params=[12, 40])
def answers(request) -> dict[str, list[Any]]:
    """Everything that the API says of a world, by kind."""
    with Sandbox(World(Size(users=request.param))) as sandbox:
        client = Client(sandbox)
        with client.http:
            members = client.members()
            users = [member["user"] for member in members if "user" in member]
            invites = [member["invite"] for member in members if "invite" in member]
            roles = client.ask("get_roles").json()
            return {
                "user": users,
                "assignment": [grant for user in users for grant in user.get("assignments", ())],
                "invite": invites,
                "invite assignment": [grant for invite in invites for grant in invite.get("assignments", ())],
                "role": [*roles["predefinedRoles"], *roles["customRoles"]],
                "custom role": roles["customRoles"],
                "site": client.sites(),
                "folder": client.ask("query_folders").json()["folders"],
                "child": client.ask("list_child_accounts").json()["childAccounts"],
            }


def _on(kind: str, check: Test = bool) -> Test:
    return lambda grant: kind in (grant.get("restrictions") or {}) and check(grant["restrictions"][kind])


def _conditions(number: int) -> Test:
    return _on("conditions", lambda part: len(part["conditions"]) == number)


def _subject(kind: str) -> Test:
    return lambda grant: grant.get("subject", {}).get("subjectType") == kind


def _has(name: str, value: object = ABSENT) -> Test:
    return lambda item: item.get(name, ABSENT) == value


SHAPES: dict[str, tuple[str, Test]] = {
    "restrictions absent": ("assignment", _has("restrictions")),
    "restrictions empty": ("assignment", _has("restrictions", {})),
    "restrictions with a null": ("assignment", _has("restrictions", {"site": None})),
    "a site": ("assignment", _on("site", lambda part: "resource" not in part)),
    "a resource inside a site": ("assignment", _on("site", lambda part: part and "resource" in part)),
    "one folder": ("assignment", _conditions(1)),
    "several folders": ("assignment", _conditions(2)),
    "no folder": ("assignment", _conditions(0)),
    "the deprecated resource": ("assignment", _on("resource", lambda part: part["resourceType"] == "SITE")),
    "an unknown restriction": ("assignment", _on("businessLocation")),
    "no assignment id": ("assignment", _has("assignmentId")),
    "no subject": ("assignment", _has("subject")),
    "subject USER": ("assignment", _subject("USER")),
    "subject ACCOUNT": ("assignment", _subject("ACCOUNT")),
    "subject EXTERNAL_APP": ("assignment", _subject("EXTERNAL_APP")),
    "user without name": ("user", _has("name")),
    "user with null email": ("user", _has("email", None)),
    "user without image": ("user", _has("profileImage")),
    "user without date": ("user", _has("joinedTeamAt")),
    "user without list of assignments": ("user", lambda user: user.get("assignments", ABSENT) in (ABSENT, [])),
    "undocumented field of a user": ("user", lambda user: "language" in user),
    "emoji": ("user", lambda user: "🎌" in str(user.get("name"))),
    "quotes": ("user", lambda user: '"' in str(user.get("name", {}).get("firstName"))),
    "comma": ("user", lambda user: "," in str(user.get("name", {}).get("lastName"))),
    "newline": ("user", lambda user: "\n" in str(user.get("name", {}).get("firstName"))),
    "other letters": ("user", lambda user: user.get("name", {}).get("lastName") == "田中"),
    "whole seconds": ("user", lambda user: "." not in user.get("joinedTeamAt", ".")),
    **{
        f"invite {status}": ("invite", _has("status", status))
        for status in ("Pending", "Used", "Deleted", "Declined", "Expired")
    },
    "accept link": ("invite", lambda invite: "acceptLink" in invite and invite["status"] == "Pending"),
    "invite without expiry": ("invite", _has("expirationDate")),
    "invite without assignments": ("invite", _has("assignments")),
    "invite with null email": ("invite", _has("email", None)),
    "invite to everything": ("invite assignment", _has("restrictions")),
    "invite to a site": ("invite assignment", _on("site")),
    "invite to a folder": ("invite assignment", _conditions(1)),
    "invite without role": ("invite assignment", _has("policyId")),
    "role without level": ("role", _has("restrictFromLevel")),
    "role with NoRestriction": ("role", _has("restrictFromLevel", "NoRestriction")),
    "role not on sites": ("role", _has("restrictFromLevel", "Site")),
    "role not on the account": ("role", _has("restrictFromLevel", "Account")),
    "custom role": ("custom role", bool),
    "undocumented field of a role": ("role", lambda role: "requiredApps" in role),
    "trashed site": ("site", lambda site: "trashedDate" in site),
    "HEADLESS site": ("site", _has("namespace", "HEADLESS")),
    "site at the root": ("site", _has("folderId")),
    "site in a folder": ("site", lambda site: "folderId" in site),
    "site without thumbnail": ("site", _has("thumbnail", "")),
    "site with null date": ("site", _has("updatedDate", None)),
    "unknown editor": ("site", _has("editorType", "HARMONY_NEXT")),
    "site with contributors": ("site", lambda site: site["contributorAccountIds"]),
    "undocumented field of a site": ("site", lambda site: "multilingual" in site),
    "folder at the root": ("folder", _has("parentId", "")),
    "nested folder": ("folder", lambda folder: folder["parentId"]),
    "path with the folder": ("folder", lambda folder: folder["path"] and folder["path"][-1]["id"] == folder["id"]),
    "path without it": ("folder", lambda folder: not folder["path"] or folder["path"][-1]["id"] != folder["id"]),
    "child account": ("child", bool),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_occurs(answers, shape):
    """At least one thing in a world of 12 people, and of 40, has this shape."""
    kind, test = SHAPES[shape]
    assert any(test(item) for item in answers[kind])


def test_links_are_for_the_waiting_only(answers):
    """Only pending invites have an accept link."""
    assert {invite["status"] for invite in answers["invite"] if "acceptLink" in invite} == {"Pending"}


def test_documented_roles(answers):
    """The three documented predefined roles have their documented ids, and every id is about 19 digits long."""
    titles = {role["id"]: role["title"] for role in answers["role"]}
    assert {role_id: titles.get(role_id) for role_id in DOCUMENTED_ROLES} == DOCUMENTED_ROLES
    assert {len(role_id) for role_id in titles} == {19}
