"""API objects as rows: whole rows of every table, for every documented shape and for those that differ from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.tables import models
from tap_wix_users.tables import rows as row_makers
from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.grants import assignment_rows, invite_assignment_rows
from tap_wix_users.wix import objects
from tap_wix_users.wix.client import UnreadableBody
from tap_wix_users.wix.reading import parse
from tests.tables.contract import body, example, json_values

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
PARENT = "0fffffff-1111-4222-8333-444455556666"
ADA = "1f6f2a52-0c1e-4c0b-9c7e-3a3c6b1f0a01"
BEN = "2b0c7d1e-8f55-4d3a-a0f5-6f9f4e2d0b02"
INVITE = "9e9e9e9e-2222-4333-8444-555566667777"
SHOP = "a1b2c3d4-1111-4222-8333-444455556666"
NORTH = "0d0d0d0d-0000-4000-8000-000000000001"
SOUTH = "0d0d0d0d-0000-4000-8000-000000000002"
OWNER = "6601492336091027458"
INTERN = "7046409866117489206"


def _rows(make_rows: Any, *items: Any) -> list[dict[str, Any]]:
    return [json.loads(encode(row)) for item in items for row in make_rows(ACCOUNT, item)]


def _team(make_rows: Any, page: bytes) -> list[dict[str, Any]]:
    return _rows(make_rows, *parse(objects.TeamPage, page).team_members)


def _user(make_rows: Any, **fields: Any) -> list[dict[str, Any]]:
    return _team(make_rows, body({"teamMembers": [{"user": {"id": ADA, **fields}}]}))


def _invite(make_rows: Any, **fields: Any) -> list[dict[str, Any]]:
    return _team(make_rows, body({"teamMembers": [{"invite": {"id": INVITE, **fields}}]}))


def _held(*assignments: Any) -> list[dict[str, Any]]:
    return _user(assignment_rows, assignments=list(assignments))


def _granted(*assignments: Any) -> list[dict[str, Any]]:
    return _invite(invite_assignment_rows, assignments=list(assignments))


def _sites(**fields: Any) -> list[dict[str, Any]]:
    page = parse(objects.SitePage, body({"sites": [{"id": SHOP, **fields}]}))
    return _rows(row_makers.site_rows, *page.sites)


def _folders(**fields: Any) -> list[dict[str, Any]]:
    page = parse(objects.FolderPage, body({"folders": [{"id": NORTH, **fields}]}))
    return _rows(row_makers.folder_rows, *page.folders)


def _account(parent: str | None = None, **fields: Any) -> list[dict[str, Any]]:
    answer = parse(objects.AccountAnswer, body({"account": {"accountId": ACCOUNT, **fields}}))
    return _rows(row_makers.account_rows, (answer.account, parent))


def _blank(model: type[models.Row], **columns: Any) -> dict[str, Any]:
    return {**dict.fromkeys(model.model_fields), "account_id": ACCOUNT, **columns}


def _assignment(key: str, asset: dict[str, Any], **columns: Any) -> dict[str, Any]:
    return _blank(models.AssignmentRow, user_id=ADA, assignment_key=key, **asset, **columns)


WHOLE_ACCOUNT = {"asset_type": "account", "asset_id": ACCOUNT}
ON_SHOP = {"site": {"id": SHOP, "value": "Shop EU"}}
SHOP_SITE = {
    "asset_type": "site",
    "asset_id": SHOP,
    "asset_name": "Shop EU",
    "site_id": SHOP,
    "restrictions": ON_SHOP,
}


class TestTheContractsExamples:
    """The JSON examples of the contract, verbatim."""

    def test_users(self):
        """A team member is a row, and an invite is none."""
        assert _team(row_makers.user_rows, example("team")) == [
            {
                "account_id": ACCOUNT,
                "id": ADA,
                "email": "ada@example.com",
                "first_name": "Ada",
                "last_name": "Okafor",
                "profile_image": "https://static.example.com/ada.png",
                "joined_team_at": "2023-04-02T09:11:45.120000Z",
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "id": BEN,
                "email": "ben@example.com",
                "first_name": None,
                "last_name": None,
                "profile_image": None,
                "joined_team_at": "2024-01-15T12:00:00.000000Z",
                "extra": None,
            },
        ]

    def test_assignments(self):
        """A role is a row for each asset: the whole account, a site, a folder."""
        folder = {"conditionType": "FOLDER", "id": NORTH, "value": "/Clients/North"}
        assert _team(assignment_rows, example("team")) == [
            {
                "account_id": ACCOUNT,
                "user_id": ADA,
                "assignment_key": "7261756085891260001",
                "assignment_id": "7261756085891260001",
                "role_id": "6601492336091027458",
                "subject_id": ADA,
                "subject_type": "USER",
                "asset_type": "account",
                "asset_id": ACCOUNT,
                "asset_name": None,
                "site_id": None,
                "folder_id": None,
                "restrictions": None,
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "user_id": BEN,
                "assignment_key": "7261756085891260002",
                "assignment_id": "7261756085891260002",
                "role_id": "7046409866117489206",
                "subject_id": BEN,
                "subject_type": "USER",
                "asset_type": "site",
                "asset_id": SHOP,
                "asset_name": "Shop EU",
                "site_id": SHOP,
                "folder_id": None,
                "restrictions": {"site": {"id": SHOP, "value": "Shop EU"}},
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "user_id": BEN,
                "assignment_key": "7261756085891260003",
                "assignment_id": "7261756085891260003",
                "role_id": "6642345101181663232",
                "subject_id": BEN,
                "subject_type": "USER",
                "asset_type": "folder",
                "asset_id": NORTH,
                "asset_name": "/Clients/North",
                "site_id": None,
                "folder_id": NORTH,
                "restrictions": {"conditions": {"conditions": [folder]}},
                "extra": None,
            },
        ]

    def test_invites(self):
        """An invite is a row, without the link that accepts it."""
        assert _team(row_makers.invite_rows, example("team")) == [
            {
                "account_id": ACCOUNT,
                "id": INVITE,
                "email": "cy@example.com",
                "status": "Pending",
                "date_created": "2024-05-01T08:00:00.000000Z",
                "date_updated": "2024-05-01T08:00:00.000000Z",
                "expiration_date": "2024-05-31T08:00:00.000000Z",
                "extra": None,
            }
        ]

    def test_invites_with_links(self):
        """Only the table that includes links has the link."""
        assert _team(row_makers.invite_rows_with_links, example("team")) == [
            {
                "account_id": ACCOUNT,
                "id": INVITE,
                "email": "cy@example.com",
                "status": "Pending",
                "accept_link": "https://manage.wix.com/team/accept?token=REDACTED",
                "date_created": "2024-05-01T08:00:00.000000Z",
                "date_updated": "2024-05-01T08:00:00.000000Z",
                "expiration_date": "2024-05-31T08:00:00.000000Z",
                "extra": None,
            }
        ]

    def test_invite_assignments(self):
        """What an invite will grant has no id at Wix, so its key says role and asset."""
        assert _team(invite_assignment_rows, example("team")) == [
            {
                "account_id": ACCOUNT,
                "invite_id": INVITE,
                "assignment_key": f"6732588207941061632@site:{SHOP}",
                "role_id": "6732588207941061632",
                "asset_type": "site",
                "asset_id": SHOP,
                "asset_name": "Shop EU",
                "site_id": SHOP,
                "folder_id": None,
                "restrictions": {"site": {"id": SHOP, "value": "Shop EU"}},
                "extra": None,
            }
        ]

    def test_roles(self):
        """A role is predefined or custom by the list that it came in."""
        page = parse(objects.RoleList, example("roles"))
        listed = [(role, "predefined") for role in page.predefined_roles]
        listed += [(role, "custom") for role in page.custom_roles]
        assert _rows(row_makers.role_rows, *listed) == [
            {
                "account_id": ACCOUNT,
                "id": "6601492336091027458",
                "title": "Owner",
                "description": "Full access, billing and domains included.",
                "role_type": "predefined",
                "restrict_from_level": None,
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "id": "6642345101181663232",
                "title": "Account Admin (Co-Owner)",
                "description": "Everything except closing the account.",
                "role_type": "predefined",
                "restrict_from_level": "Site",
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "id": "6732588207941061632",
                "title": "Admin (Co-Owner)",
                "description": "Full access to one site, no delete or transfer.",
                "role_type": "predefined",
                "restrict_from_level": "Account",
                "extra": None,
            },
            {
                "account_id": ACCOUNT,
                "id": "7046409866117489206",
                "title": "Content intern",
                "description": "Custom",
                "role_type": "custom",
                "restrict_from_level": None,
                "extra": None,
            },
        ]

    def test_sites(self):
        """A site is a row."""
        assert _rows(row_makers.site_rows, *parse(objects.SitePage, example("sites")).sites) == [
            {
                "account_id": ACCOUNT,
                "id": SHOP,
                "name": "shop-eu",
                "display_name": "Shop EU",
                "owner_account_id": "0aaaaaaa-1111-4222-8333-444455556666",
                "contributor_account_ids": ["0bbbbbbb-1111-4222-8333-444455556666"],
                "folder_id": NORTH,
                "namespace": "WIX",
                "editor_type": "EDITOR",
                "parent_child_role": "NONE",
                "published": True,
                "premium": True,
                "blocked": False,
                "domain_connected": True,
                "view_url": "https://shop.example.com",
                "edit_url": "/editor/a1b2c3d4",
                "thumbnail": "/site-thumbnail/a1b2c3d4",
                "html_app_id": "c0ffee00-1111-4222-8333-444455556666",
                "created_date": "2022-03-01T10:00:00.000000Z",
                "updated_date": "2024-06-01T10:00:00.000000Z",
                "trashed_date": None,
                "extra": None,
            }
        ]

    def test_accounts(self):
        """An account is a row, and a property without a column stays under `accountProperties`."""
        account = parse(objects.AccountAnswer, example("account")).account
        assert _rows(row_makers.account_rows, (account, None)) == [
            {
                "account_id": ACCOUNT,
                "name": "Acme",
                "slug": "acme",
                "status": "ACTIVE",
                "owner_user_id": ADA,
                "parent_account_id": None,
                "is_team": True,
                "website_url": None,
                "date_created": "2020-01-01T00:00:00.000000Z",
                "date_updated": "2024-01-01T00:00:00.000000Z",
                "extra": {"accountProperties": {"coBranding": "None"}},
            }
        ]


class TestWhatIsMissing:
    """A field that the API leaves out is null, never invented."""

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            pytest.param(_user(row_makers.user_rows), [_blank(models.UserRow, id=ADA)], id="users"),
            pytest.param(
                _user(row_makers.user_rows, name={}), [_blank(models.UserRow, id=ADA)], id="users, empty name"
            ),
            pytest.param(_user(assignment_rows), [], id="assignments, none"),
            pytest.param(_user(assignment_rows, assignments=None), [], id="assignments, null"),
            pytest.param(_user(assignment_rows, assignments=[]), [], id="assignments, empty"),
            pytest.param(_held({}), [_assignment("unknown@account", WHOLE_ACCOUNT)], id="assignments, blank"),
            pytest.param(_invite(row_makers.invite_rows), [_blank(models.InviteRow, id=INVITE)], id="invites"),
            pytest.param(
                _invite(row_makers.invite_rows_with_links), [_blank(models.InviteWithLinkRow, id=INVITE)], id="links"
            ),
            pytest.param(_invite(invite_assignment_rows), [], id="invite assignments, none"),
            pytest.param(_sites(), [_blank(models.SiteRow, id=SHOP)], id="sites"),
            pytest.param(
                _sites(folderId="", viewUrl="", contributorAccountIds=[]),
                [_blank(models.SiteRow, id=SHOP, view_url="", contributor_account_ids=[])],
                id="sites, empty",
            ),
            pytest.param(_folders(), [_blank(models.FolderRow, id=NORTH)], id="folders"),
            pytest.param(_account(), [_blank(models.AccountRow)], id="accounts"),
            pytest.param(_account(accountProperties=None), [_blank(models.AccountRow)], id="accounts, properties null"),
            pytest.param(
                _rows(row_makers.role_rows, (objects.Role(id="1"), "custom")),
                [_blank(models.RoleRow, id="1", role_type="custom")],
                id="roles",
            ),
        ],
    )
    def test_the_least_that_each_object_can_be(self, rows, expected):
        """An object with nothing but its id is a row of nulls."""
        assert rows == expected

    def test_a_member_that_is_neither_a_user_nor_an_invite_has_no_row(self):
        """There is nothing to key it by."""
        page = body({"teamMembers": [{}, {"user": None}, {"group": {"id": "g"}}]})
        makers = (
            row_makers.user_rows,
            assignment_rows,
            row_makers.invite_rows,
            invite_assignment_rows,
        )
        assert [_team(make_rows, page) for make_rows in (*makers, row_makers.invite_rows_with_links)] == [
            [],
            [],
            [],
            [],
            [],
        ]

    @pytest.mark.parametrize(
        ("said", "listed_by", "expected"),
        [(PARENT, None, PARENT), (None, PARENT, PARENT), (PARENT, ADA, PARENT), (None, None, None), ("", None, None)],
    )
    def test_the_parent_of_an_account_is_the_one_that_it_names_or_that_listed_it(self, said, listed_by, expected):
        """The account's own word comes first."""
        assert _account(listed_by, accountProperties={"parentAccountId": said}) == [
            _blank(models.AccountRow, parent_account_id=expected)
        ]


class TestExtra:
    """What no column holds is kept as it came, under the name of the object that it was found in."""

    def test_users(self):
        """Unknown fields, and values of another type than documented, of the user and of the name."""
        rows = _user(
            row_makers.user_rows,
            email=["ada@example.com"],
            lastSeen={"at": 1, "from": [None, "\u2028"]},
            name={"firstName": "Ada", "lastName": 7, "middleName": "M."},
            profileImage={"value": "https://static.example.com/ada.png"},
            joinedTeamAt={"seconds": 1680426705, "nanos": 120000000},
            roles=["Owner"],
        )
        assert rows == [
            _blank(
                models.UserRow,
                id=ADA,
                first_name="Ada",
                extra={
                    "email": ["ada@example.com"],
                    "lastSeen": {"at": 1, "from": [None, "\u2028"]},
                    "name": {"middleName": "M.", "lastName": 7},
                    "profileImage": {"value": "https://static.example.com/ada.png"},
                    "joinedTeamAt": {"seconds": 1680426705, "nanos": 120000000},
                    "roles": ["Owner"],
                },
            )
        ]

    def test_an_object_of_another_type_is_kept_under_its_name(self):
        """A name that is plain text is not lost."""
        assert _user(row_makers.user_rows, name="Ada") == [_blank(models.UserRow, id=ADA, extra={"name": "Ada"})]

    def test_assignments(self):
        """Unknown fields of the assignment and of its subject."""
        rows = _held(
            {
                "policyId": OWNER,
                "assignmentId": "1",
                "expires": "2026-01-01",
                "subject": {"id": ADA, "subjectType": ["USER"], "context": {"id": ACCOUNT, "contextType": "ORG_CTX"}},
            }
        )
        assert rows == [
            _assignment(
                "1",
                WHOLE_ACCOUNT,
                role_id=OWNER,
                assignment_id="1",
                subject_id=ADA,
                extra={
                    "expires": "2026-01-01",
                    "subject": {"context": {"id": ACCOUNT, "contextType": "ORG_CTX"}, "subjectType": ["USER"]},
                },
            )
        ]

    def test_an_unknown_enum_value_stays_in_its_column(self):
        """An open set of values is plain text."""
        assert _held({"policyId": OWNER, "subject": {"subjectType": "ROBOT"}}) == [
            _assignment(f"{OWNER}@account", WHOLE_ACCOUNT, role_id=OWNER, subject_type="ROBOT")
        ]
        assert _invite(row_makers.invite_rows, status="Snoozed") == [
            _blank(models.InviteRow, id=INVITE, status="Snoozed")
        ]

    @pytest.mark.parametrize("restrictions", ["ALL", [], [ON_SHOP], 0, False])
    def test_a_restriction_that_is_no_object_is_unknown_and_kept(self, restrictions):
        """Its column holds objects alone."""
        [row] = _held({"policyId": OWNER, "assignmentId": "1", "restrictions": restrictions})
        assert row == _assignment(
            "1",
            {"asset_type": "unknown"},
            role_id=OWNER,
            assignment_id="1",
            restrictions=None,
            extra={"restrictions": restrictions},
        )

    def test_invites(self):
        """Unknown fields, and values of another type, but never the link."""
        rows = _invite(
            row_makers.invite_rows,
            status=3,
            acceptLink="https://manage.wix.com/x",
            inviterId=ADA,
            expirationDate=1717142400,
        )
        assert rows == [
            _blank(
                models.InviteRow,
                id=INVITE,
                extra={"status": 3, "inviterId": ADA, "expirationDate": 1717142400},
            )
        ]

    def test_invite_assignments(self):
        """A subject, which the contract does not know here, is kept whole."""
        subject = {"id": "s", "subjectType": "USER", "context": {"id": ACCOUNT}}
        assert _granted({"policyId": OWNER, "subject": subject, "note": "x"}) == [
            _blank(
                models.InviteAssignmentRow,
                invite_id=INVITE,
                assignment_key=f"{OWNER}@account",
                role_id=OWNER,
                **WHOLE_ACCOUNT,
                extra={"subject": subject, "note": "x"},
            )
        ]

    def test_sites(self):
        """Unknown fields, and values of another type."""
        assert _sites(contributorAccountIds=[SHOP, 5], published="perhaps", appIds=["a"]) == [
            _blank(
                models.SiteRow,
                id=SHOP,
                extra={"contributorAccountIds": [SHOP, 5], "published": "perhaps", "appIds": ["a"]},
            )
        ]

    def test_folders(self):
        """Unknown fields, and values of another type."""
        assert _folders(name="North", siteCount="many", colour="red") == [
            _blank(
                models.FolderRow, id=NORTH, name="North", path="/North", extra={"siteCount": "many", "colour": "red"}
            )
        ]

    def test_accounts(self):
        """Unknown fields of the account and of its properties."""
        rows = _account(
            accountImg="https://static.example.com/a.png",
            accountOwner={"id": ADA},
            accountProperties={"accountLogo": "l", "isTeam": [], "websiteUrl": "https://acme.example.com"},
        )
        assert rows == [
            _blank(
                models.AccountRow,
                website_url="https://acme.example.com",
                extra={
                    "accountImg": "https://static.example.com/a.png",
                    "accountOwner": {"id": ADA},
                    "accountProperties": {"accountLogo": "l", "isTeam": []},
                },
            )
        ]

    def test_roles(self):
        """Unknown fields, and values of another type."""
        page = body({"customRoles": [{"id": INTERN, "title": None, "description": 5, "scopes": ["a"]}]})
        [role] = parse(objects.RoleList, page).custom_roles
        assert _rows(row_makers.role_rows, (role, "custom")) == [
            _blank(models.RoleRow, id=INTERN, role_type="custom", extra={"description": 5, "scopes": ["a"]})
        ]


class TestDates:
    """Date-times have one fixed width; one that cannot be read is kept in `extra`, and its column is null."""

    @pytest.mark.parametrize(
        ("said", "column", "extra"),
        [
            ("2023-04-02T09:11:45.120Z", "2023-04-02T09:11:45.120000Z", None),
            ("2023-04-02T09:11:45Z", "2023-04-02T09:11:45.000000Z", None),
            ("2023-04-02T09:11:45.123456Z", "2023-04-02T09:11:45.123456Z", None),
            ("2023-04-02T09:11:45.123456789Z", "2023-04-02T09:11:45.123456Z", None),
            ("2023-04-02T09:11:45", "2023-04-02T09:11:45.000000Z", None),
            ("2023-04-02T09:11:45+02:00", "2023-04-02T07:11:45.000000Z", None),
            ("", None, None),
            (None, None, None),
            ("yesterday", None, {"joinedTeamAt": "yesterday"}),
            ("2023-02-30T00:00:00Z", None, {"joinedTeamAt": "2023-02-30T00:00:00Z"}),
            ("0001-01-01T00:00:00+14:00", None, {"joinedTeamAt": "0001-01-01T00:00:00+14:00"}),
        ],
    )
    def test_a_date_time(self, said, column, extra):
        """Every form of ISO 8601 becomes the same form."""
        assert _user(row_makers.user_rows, joinedTeamAt=said) == [
            _blank(models.UserRow, id=ADA, joined_team_at=column, extra=extra)
        ]

    @pytest.mark.parametrize(
        "said", ["2023-02-30T00:00:00.000Z", "2023-99-99T99:99:99.999Z", "2023/04/02T09:11:45.120Z"]
    )
    def test_what_only_looks_like_a_date_time(self, said):
        """It is not passed on to targets, which would refuse the row."""
        assert _user(row_makers.user_rows, joinedTeamAt=said) == [
            _blank(models.UserRow, id=ADA, extra={"joinedTeamAt": said})
        ]

    def test_every_date_of_every_table(self):
        """No date is forgotten, whether it can be read or not."""
        good, bad = "2024-01-15T12:00:00Z", "soon"
        read = "2024-01-15T12:00:00.000000Z"
        assert _invite(row_makers.invite_rows, dateCreated=good, dateUpdated=good, expirationDate=bad) == [
            _blank(models.InviteRow, id=INVITE, date_created=read, date_updated=read, extra={"expirationDate": bad})
        ]
        assert _invite(row_makers.invite_rows, dateCreated=bad, dateUpdated=bad, expirationDate=good) == [
            _blank(models.InviteRow, id=INVITE, expiration_date=read, extra={"dateCreated": bad, "dateUpdated": bad})
        ]
        assert _sites(createdDate=bad, updatedDate=bad, trashedDate=good) == [
            _blank(models.SiteRow, id=SHOP, trashed_date=read, extra={"createdDate": bad, "updatedDate": bad})
        ]
        assert _sites(trashedDate=bad) == [_blank(models.SiteRow, id=SHOP, extra={"trashedDate": bad})]
        assert _folders(createdDate=good, updatedDate=bad) == [
            _blank(models.FolderRow, id=NORTH, created_date=read, extra={"updatedDate": bad})
        ]
        assert _folders(createdDate=bad, updatedDate=good) == [
            _blank(models.FolderRow, id=NORTH, updated_date=read, extra={"createdDate": bad})
        ]
        assert _account(dateCreated=bad, dateUpdated=good) == [
            _blank(models.AccountRow, date_updated=read, extra={"dateCreated": bad})
        ]


IN_NORTH = {"conditionType": "FOLDER", "id": NORTH, "value": "/Clients/North"}
IN_SOUTH = {"conditionType": "FOLDER", "id": SOUTH, "value": "/Clients/South"}
IN_BOTH = {"conditions": {"conditions": [IN_NORTH, IN_SOUTH]}}


def _without_keys(rows):
    return [{name: value for name, value in row.items() if name != "assignment_key"} for row in rows]


class TestAssignmentKeys:
    """The key of an assignment: its own id where it has one, else its role and its asset."""

    @pytest.mark.parametrize(
        ("assignment", "keys"),
        [
            ({"policyId": OWNER, "assignmentId": "7261"}, ["7261"]),
            ({"policyId": OWNER, "assignmentId": "7261", "restrictions": ON_SHOP}, ["7261"]),
            ({"policyId": OWNER, "assignmentId": "7261", "restrictions": {"x": 1}}, ["7261"]),
            (
                {"policyId": OWNER, "assignmentId": "7261", "restrictions": IN_BOTH},
                [f"7261/{NORTH}", f"7261/{SOUTH}"],
            ),
            (
                {"policyId": OWNER, "assignmentId": "7261", "restrictions": ON_SHOP | {"x": 1}},
                [f"7261/{SHOP}", "7261/unknown:e9a986caf601b7f4"],
            ),
            ({"policyId": OWNER}, [f"{OWNER}@account"]),
            ({"policyId": OWNER, "assignmentId": None}, [f"{OWNER}@account"]),
            ({"policyId": OWNER, "assignmentId": ""}, [f"{OWNER}@account"]),
            ({"policyId": OWNER, "restrictions": ON_SHOP}, [f"{OWNER}@site:{SHOP}"]),
            (
                {"policyId": OWNER, "restrictions": {"site": {"id": SHOP, "resource": {"id": "page"}}}},
                [f"{OWNER}@site_resource:page"],
            ),
            ({"policyId": OWNER, "restrictions": IN_BOTH}, [f"{OWNER}@folder:{NORTH}", f"{OWNER}@folder:{SOUTH}"]),
            ({"policyId": OWNER, "restrictions": {"x": 1}}, [f"{OWNER}@unknown:e9a986caf601b7f4"]),
            ({"restrictions": ON_SHOP}, [f"unknown@site:{SHOP}"]),
        ],
    )
    def test_a_key(self, assignment, keys):
        """It is the same in `assignments` and in `invite_assignments`."""
        assert [row["assignment_key"] for row in _held(assignment)] == keys
        assert [row["assignment_key"] for row in _granted(assignment)] == keys

    def test_several_folders_are_a_row_each(self):
        """Each row has its own folder, and the whole restriction."""
        north = {"asset_type": "folder", "asset_id": NORTH, "asset_name": "/Clients/North", "folder_id": NORTH}
        south = {"asset_type": "folder", "asset_id": SOUTH, "asset_name": "/Clients/South", "folder_id": SOUTH}
        shared = {"role_id": OWNER, "assignment_id": "7261", "restrictions": IN_BOTH}
        assert _held({"policyId": OWNER, "assignmentId": "7261", "restrictions": IN_BOTH}) == [
            _assignment(f"7261/{NORTH}", north, **shared),
            _assignment(f"7261/{SOUTH}", south, **shared),
        ]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param({"policyId": OWNER, "note": 1}, {"policyId": OWNER, "note": 2}, id="other content, no id"),
            pytest.param({"policyId": OWNER}, {"policyId": OWNER, "note": 2}, id="more content, no id"),
            pytest.param(
                {"policyId": OWNER, "assignmentId": "1"}, {"policyId": INTERN, "assignmentId": "1"}, id="one id twice"
            ),
            pytest.param({"policyId": OWNER}, {"assignmentId": f"{OWNER}@account"}, id="an id that looks like a key"),
        ],
    )
    def test_two_grants_never_become_one_row(self, first, second):
        """One of two that would have the same key is distinguished by its content, whatever their order."""
        rows = _held(first, second)
        plain = _held(first)[0]["assignment_key"]
        keys = [row.pop("assignment_key") for row in rows]
        alone = [row for assignment in (first, second) for row in _held(assignment)]
        assert keys[0] == plain
        assert keys[1].startswith(f"{plain}#")
        assert rows in (_without_keys(alone), _without_keys(alone[::-1]))
        assert _held(second, first) == _held(first, second)

    @pytest.mark.parametrize("times", [2, 3])
    @pytest.mark.parametrize(
        "grant", [{"policyId": OWNER}, {"policyId": OWNER, "assignmentId": "1"}, {"restrictions": {"x": 1}}]
    )
    def test_equal_grants_are_one_row(self, grant, times):
        """A grant that is listed twice is one grant."""
        assert _held(*[grant] * times) == _held(grant)
        assert _granted(*[grant] * times) == _granted(grant)

    def test_each_asset_of_one_assignment_has_a_row(self):
        """Assets of different kinds that share an id are different assets."""
        restrictions = {
            "site": {"id": SHOP, "resource": {"id": "x"}},
            "conditions": {"conditions": [{"conditionType": "FOLDER", "id": "x"}]},
            "resource": {"resourceType": "SITE", "id": "x"},
        }
        for assignment in ({"policyId": OWNER}, {"policyId": OWNER, "assignmentId": "1"}):
            rows = _held(assignment | {"restrictions": restrictions})
            assert {row["asset_type"] for row in rows} == {"site_resource", "folder", "site"}
            assert len({row["assignment_key"] for row in rows}) == 3


class TestTheFullFormOfAnAssignment:
    """Where the API sends `policy` in place of `policyId` (docs/api-contract.md, section 6.3)."""

    POLICY = {"policyId": OWNER, "title": "Owner", "description": "Full access"}  # noqa: RUF012

    def test_the_role_is_read_and_its_description_kept(self):
        """The role id is in its column, whole, and the rest of the policy in `extra`."""
        subject = {"id": ADA, "subjectType": "USER", "context": {"id": ACCOUNT, "contextType": "ACCOUNT_CTX"}}
        assert _held({"policy": self.POLICY, "assignmentId": "7261", "subject": subject}) == [
            _assignment(
                "7261",
                WHOLE_ACCOUNT,
                role_id=OWNER,
                assignment_id="7261",
                subject_id=ADA,
                subject_type="USER",
                extra={
                    "policy": self.POLICY,
                    "subject": {"context": {"id": ACCOUNT, "contextType": "ACCOUNT_CTX"}},
                },
            )
        ]

    def test_in_an_invite(self):
        """The key is made of the same role id."""
        assert _granted({"policy": self.POLICY, "restrictions": ON_SHOP}) == [
            _blank(
                models.InviteAssignmentRow,
                invite_id=INVITE,
                assignment_key=f"{OWNER}@site:{SHOP}",
                role_id=OWNER,
                **SHOP_SITE,
                extra={"policy": self.POLICY},
            )
        ]

    def test_the_compact_role_id_comes_first(self):
        """Where both are sent, the documented one counts."""
        [row] = _held({"policyId": INTERN, "policy": self.POLICY})
        assert row == _assignment(f"{INTERN}@account", WHOLE_ACCOUNT, role_id=INTERN, extra={"policy": self.POLICY})

    @pytest.mark.parametrize("policy", ["Owner", {}, {"policyId": None}, {"policyId": []}, None])
    def test_a_policy_without_an_id_is_kept(self, policy):
        """The role is unknown, and what the API said is in `extra`."""
        assert _held({"policy": policy}) == [_assignment("unknown@account", WHOLE_ACCOUNT, extra={"policy": policy})]


class TestLongIds:
    """Ids of 19 digits are text to the last digit, whatever the API sends them as."""

    ROLE = 7046409866117489206
    GRANT = 7261756085891260003

    @pytest.mark.parametrize("sent", [str, int])
    def test_ids_of_an_assignment(self, sent):
        """A role id, an assignment id and a subject id."""
        assignment = {"policyId": sent(self.ROLE), "assignmentId": sent(self.GRANT), "subject": {"id": sent(self.ROLE)}}
        assert _held(assignment) == [
            _assignment(
                "7261756085891260003",
                WHOLE_ACCOUNT,
                role_id="7046409866117489206",
                assignment_id="7261756085891260003",
                subject_id="7046409866117489206",
            )
        ]

    @pytest.mark.parametrize("sent", [str, int])
    def test_in_the_key_of_a_grant_without_an_id(self, sent):
        """The key holds the role id."""
        [row] = _granted({"policyId": sent(self.ROLE)})
        assert (row["role_id"], row["assignment_key"]) == ("7046409866117489206", "7046409866117489206@account")

    @pytest.mark.parametrize("sent", [str, int])
    def test_in_the_full_form(self, sent):
        """The role id inside `policy`."""
        [row] = _held({"policy": {"policyId": sent(self.ROLE)}})
        assert (row["role_id"], row["assignment_key"]) == ("7046409866117489206", "7046409866117489206@account")

    @pytest.mark.parametrize("sent", [str, int])
    def test_id_of_a_role(self, sent):
        """A role's own id."""
        [role] = parse(objects.RoleList, body({"customRoles": [{"id": sent(self.ROLE)}]})).custom_roles
        assert _rows(row_makers.role_rows, (role, "custom")) == [
            _blank(models.RoleRow, id="7046409866117489206", role_type="custom")
        ]

    def test_beside_a_value_that_was_moved_aside(self):
        """The second, tolerant reading of an answer keeps every digit too, in columns and in `extra`."""
        [row] = _held({"policyId": self.ROLE, "assignmentId": self.GRANT, "subject": "Ada", "seen": self.GRANT})
        assert row == _assignment(
            "7261756085891260003",
            WHOLE_ACCOUNT,
            role_id="7046409866117489206",
            assignment_id="7261756085891260003",
            extra={"subject": "Ada", "seen": 7261756085891260003},
        )

    def test_a_float_is_never_an_id(self):
        """A float has lost digits: what it was is kept, and no id is made of it."""
        [row] = _held({"policyId": 7046409866117489206.0})
        assert row == _assignment("unknown@account", WHOLE_ACCOUNT, extra={"policyId": 7046409866117489206.0})


class TestFolderPaths:
    """A folder's path ends with its own name, whether or not the API's list includes it."""

    CLIENTS = {"id": "c", "name": "Clients"}  # noqa: RUF012
    SELF = {"id": NORTH, "name": "North"}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("parent", "path", "expected"),
        [
            pytest.param("c", [CLIENTS], "/Clients/North", id="without its own name"),
            pytest.param("c", [CLIENTS, SELF], "/Clients/North", id="with its own name"),
            pytest.param("", [], "/North", id="at the root, empty list"),
            pytest.param("", [SELF], "/North", id="at the root, with its own name"),
            pytest.param("", None, "/North", id="at the root, no list"),
            pytest.param("c", None, None, id="below the root, no list"),
            pytest.param("c", [{"id": "c2", "name": "North"}], "/North/North", id="in a folder of the same name"),
        ],
    )
    def test_a_path(self, parent, path, expected):
        """The parent is null at the root."""
        assert _folders(name="North", parentId=parent, path=path, siteCount=4) == [
            _blank(models.FolderRow, id=NORTH, name="North", parent_id=parent or None, path=expected, site_count=4)
        ]

    def test_a_list_that_cannot_be_read_is_kept(self):
        """The path of a folder below the root is then unknown."""
        assert _folders(name="North", parentId="c", path="/Clients") == [
            _blank(models.FolderRow, id=NORTH, name="North", parent_id="c", extra={"path": "/Clients"})
        ]

    def test_an_unknown_field_of_a_step_is_kept(self):
        """It stays under `path`."""
        [row] = _folders(name="North", parentId="c", path=[self.CLIENTS | {"colour": "red"}])
        assert "red" in json.dumps(row["extra"])


class TestAcceptLinks:
    """A link that accepts an invite is a secret."""

    @pytest.mark.parametrize(
        "link",
        [
            "https://manage.wix.com/SECRET",
            *(link for link in ({"value": "SECRET"}, ["SECRET"], {"$unparsed": "SECRET"})),
        ],
    )
    def test_a_link_is_in_no_column_but_its_own(self, link):
        """Not even one of another type than documented, which would go to `extra`."""
        fields = {"acceptLink": link, "email": 5, "assignments": [{"policyId": OWNER}]}
        for make_rows in (row_makers.invite_rows, invite_assignment_rows):
            assert "SECRET" not in json.dumps(_invite(make_rows, **fields))
        [row] = _invite(row_makers.invite_rows_with_links, **fields)
        assert "SECRET" not in json.dumps(row["extra"])


grants = st.fixed_dictionaries(
    {},
    optional={
        "policyId": st.sampled_from(["1", "2", 1]) | json_values,
        "assignmentId": st.sampled_from(["7", "8", None]) | json_values,
        "policy": st.fixed_dictionaries({"policyId": st.sampled_from(["1", 1])}) | json_values,
        "subject": json_values,
        "restrictions": st.sampled_from([None, {}, ON_SHOP, IN_BOTH, {"resource": {"id": SHOP}}]) | json_values,
        "note": json_values,
    },
)


def _texts(rows):
    return {json.dumps(row, sort_keys=True) for row in rows}


@pytest.mark.slow
@settings(max_examples=400)
@given(st.lists(grants | json_values, max_size=5))
def test_every_grant_that_can_be_read_has_rows_with_keys_of_their_own(assignments):
    """Keys are never null, never shared, and no different grant is lost."""
    for kind, table in (("user", assignment_rows), ("invite", invite_assignment_rows)):
        page = body({"teamMembers": [{kind: {"id": ADA, "assignments": assignments}}]})
        try:
            rows = _team(table, page)
        except UnreadableBody:
            continue
        keys = [row["assignment_key"] for row in rows]
        assert all(isinstance(key, str) and key for key in keys)
        assert len(set(keys)) == len(keys)
        alone = [
            row
            for grant in assignments
            for row in _team(table, body({"teamMembers": [{kind: {"id": ADA, "assignments": [grant]}}]}))
        ]
        assert len(rows) == len(_texts(alone))
        assert _texts(_without_keys(rows)) == _texts(_without_keys(alone))
