"""The Singer schema of each table: the columns of docs/streams.md, section 2, in the words that targets read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tap_wix_users.tables import models
from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.registry import tables
from tap_wix_users.tables.schema import singer_schema
from tap_wix_users.wix import objects
from tap_wix_users.wix.contributors import SiteContributor
from tap_wix_users.wix.reading import parse
from tests.tables.contract import body, example

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"

KEY: dict[str, Any] = {"type": ["string"]}
TEXT: dict[str, Any] = {"type": ["string", "null"]}
TRUTH: dict[str, Any] = {"type": ["boolean", "null"]}
NUMBER: dict[str, Any] = {"type": ["integer", "null"]}
OBJECT: dict[str, Any] = {"type": ["object", "null"]}
MOMENT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
SEEN: dict[str, Any] = {"type": ["string"], "format": "date-time"}

OF_EACH = {"account_id": KEY, "observed_at": SEEN, "snapshot_at": SEEN, "extra": OBJECT}
ASSET = {
    "asset_type": KEY,
    "asset_id": TEXT,
    "asset_name": TEXT,
    "site_id": TEXT,
    "folder_id": TEXT,
    "restrictions": OBJECT,
}
INVITE = {
    "id": KEY,
    "email": TEXT,
    "status": TEXT,
    "date_created": MOMENT,
    "date_updated": MOMENT,
    "expiration_date": MOMENT,
}

COLUMNS: dict[str, dict[str, dict[str, Any]]] = {
    "accounts": {
        "name": TEXT,
        "slug": TEXT,
        "status": TEXT,
        "owner_user_id": TEXT,
        "parent_account_id": TEXT,
        "is_team": TRUTH,
        "website_url": TEXT,
        "date_created": MOMENT,
        "date_updated": MOMENT,
    },
    "users": {
        "id": KEY,
        "email": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "profile_image": TEXT,
        "joined_team_at": MOMENT,
    },
    "assignments": {
        "user_id": KEY,
        "assignment_key": KEY,
        "assignment_id": TEXT,
        "role_id": TEXT,
        "subject_id": TEXT,
        "subject_type": TEXT,
        **ASSET,
    },
    "invites": INVITE,
    "invite_assignments": {"invite_id": KEY, "assignment_key": KEY, "role_id": TEXT, **ASSET},
    "roles": {"id": KEY, "title": TEXT, "description": TEXT, "role_type": KEY, "restrict_from_level": TEXT},
    "sites": {
        "id": KEY,
        "name": TEXT,
        "display_name": TEXT,
        "owner_account_id": TEXT,
        "contributor_account_ids": {"type": ["array", "null"], "items": {"type": ["string"]}},
        "folder_id": TEXT,
        "namespace": TEXT,
        "editor_type": TEXT,
        "parent_child_role": TEXT,
        "published": TRUTH,
        "premium": TRUTH,
        "blocked": TRUTH,
        "domain_connected": TRUTH,
        "view_url": TEXT,
        "edit_url": TEXT,
        "thumbnail": TEXT,
        "html_app_id": TEXT,
        "created_date": MOMENT,
        "updated_date": MOMENT,
        "trashed_date": MOMENT,
    },
    "folders": {
        "id": KEY,
        "name": TEXT,
        "parent_id": TEXT,
        "path": TEXT,
        "site_count": NUMBER,
        "created_date": MOMENT,
        "updated_date": MOMENT,
    },
}

KEYS = {
    "accounts": ["account_id"],
    "users": ["account_id", "id"],
    "assignments": ["account_id", "user_id", "assignment_key"],
    "invites": ["account_id", "id"],
    "invite_assignments": ["account_id", "invite_id", "assignment_key"],
    "roles": ["account_id", "id"],
    "sites": ["account_id", "id"],
    "folders": ["account_id", "id"],
    "site_contributors": ["account_id", "site_id", "contributor_account_id"],
    "site_contributor_roles": ["account_id", "site_id", "contributor_account_id", "role_id"],
}

COLUMNS |= {
    "site_contributors": {"site_id": KEY, "contributor_account_id": KEY, "contributor_owner_user_id": TEXT},
    "site_contributor_roles": {"site_id": KEY, "contributor_account_id": KEY, "role_id": KEY},
}
CHANGE_LOG = {
    "account_id": KEY,
    "stream_name": KEY,
    "record_key": KEY,
    "change_type": KEY,
    "previous_observed_at": SEEN,
    "observed_at": SEEN,
}
SNAPSHOTS = {
    "account_id": KEY,
    "stream_name": KEY,
    "snapshot_at": SEEN,
    "finished_at": SEEN,
    "status": KEY,
    "replication_method": KEY,
    "baseline_at": MOMENT,
    "proof": TEXT,
    "row_count": NUMBER,
    "expected_count": NUMBER,
    "added_count": NUMBER,
    "modified_count": NUMBER,
    "removed_count": NUMBER,
    "duplicate_count": NUMBER,
    "request_count": {"type": ["integer"]},
    "retry_count": {"type": ["integer"]},
    "attempt_count": NUMBER,
    "digest": TEXT,
    "compared_with": MOMENT,
    "error": TEXT,
    "tap_version": KEY,
}

TABLES = tables(include_accept_links=False)
SCHEMAS = {table.name: singer_schema(table.model) for table in TABLES}
LINKS = singer_schema(models.InviteWithLinkRow)
OF_THE_TAP = {model.table: singer_schema(model) for model in (models.ChangeRow, models.ReceiptRow)}
EVERY_SCHEMA = [*SCHEMAS.items(), ("invites with links", LINKS), *OF_THE_TAP.items()]


def _undescribed(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {word: value for word, value in column.items() if word != "description"}
        for name, column in schema["properties"].items()
    }


def test_the_tables_are_those_of_the_contract():
    """One stream each, and none besides."""
    assert sorted(table.name for table in TABLES) == sorted(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_exactly_its_columns(name):
    """Each column of docs/streams.md, of its type, and no other."""
    assert _undescribed(SCHEMAS[name]) == OF_EACH | COLUMNS[name]


@pytest.mark.parametrize(("name", "columns"), [("change_log", CHANGE_LOG), ("snapshots", SNAPSHOTS)])
def test_a_table_that_the_tap_writes_of_itself_has_exactly_its_columns(name, columns):
    """It describes the reads, so it has no `extra`, and nothing is seen of it."""
    assert _undescribed(OF_THE_TAP[name]) == columns


@pytest.mark.parametrize("name", KEYS)
def test_the_key_is_required_and_comes_first(name):
    """What identifies a row is never null and never left out."""
    schema = SCHEMAS[name]
    assert schema["required"] == KEYS[name]
    assert list(schema["properties"])[: len(KEYS[name])] == KEYS[name]
    assert all("null" not in schema["properties"][column]["type"] for column in KEYS[name])


def test_the_link_is_a_column_only_where_it_was_asked_for():
    """All other columns of invites are the same."""
    assert _undescribed(LINKS) == OF_EACH | INVITE | {"accept_link": TEXT}
    assert [table.model.table for table in tables(include_accept_links=True)] == [table.name for table in TABLES]
    asked_for = {table.name: table.model for table in tables(include_accept_links=True)}
    assert asked_for["invites"] is models.InviteWithLinkRow


@pytest.mark.parametrize(("name", "schema"), EVERY_SCHEMA)
def test_every_column_says_what_it_is(name, schema):
    """So that the catalog explains itself."""
    assert schema["description"].strip()
    assert [column for column, declared in schema["properties"].items() if not declared["description"].strip()] == []


@pytest.mark.parametrize(("name", "schema"), EVERY_SCHEMA)
def test_a_schema_needs_nothing_that_targets_do_not_read(name, schema):
    """Each column has a list of types, and no reference, alternative or enumeration."""
    jsonschema.Draft7Validator.check_schema(schema)
    words = {word for column in schema["properties"].values() for word in column}
    assert words <= {"type", "format", "description", "items"}
    assert all(isinstance(column["type"], list) and column["type"] for column in schema["properties"].values())


def _objects(table: Any) -> list[Any]:
    # For each read, the objects of the contract's example, and one whose fields nobody documented.
    odd = {"id": "i", "name": 5, "email": [], "assignments": [{"restrictions": 7, "subject": "s"}], "createdDate": "x"}
    match table.read.name:
        case "team":
            strange = body({"teamMembers": [{"user": odd}, {"invite": odd}]})
            pages = (parse(objects.TeamPage, page) for page in (example("team"), strange))
            return [member for page in pages for member in page.team_members]
        case "roles":
            page = parse(objects.RoleList, example("roles"))
            strange_role = parse(objects.RoleList, body({"customRoles": [odd | {"title": 5}]})).custom_roles[0]
            return [*((role, "predefined") for role in page.predefined_roles), (strange_role, "custom")]
        case "sites":
            site_pages = (parse(objects.SitePage, page) for page in (example("sites"), body({"sites": [odd]})))
            return [site for page in site_pages for site in page.sites]
        case "folders":
            folders = [odd, {"id": "f", "name": "North", "siteCount": 3, "path": []}]
            return list(parse(objects.FolderPage, body({"folders": folders})).folders)
        case "contributors":
            [contributor] = parse(objects.ContributorList, example("contributors")).contributors
            account = str(contributor.account_id)
            return [SiteContributor("s", account, contributor), SiteContributor("s", account, contributor, ("1", "2"))]
    strange_account = {"account": odd | {"accountId": "a", "status": 7, "accountProperties": "p"}}
    answers = (example("account"), body(strange_account))
    return [
        (parse(objects.AccountAnswer, answer).account, parent)
        for answer, parent in zip(answers, (None, "p"), strict=True)
    ]


@pytest.mark.parametrize(
    "table", [*TABLES, tables(include_accept_links=True)[3]], ids=lambda table: table.model.__name__
)
def test_every_row_is_as_its_schema_says(table):
    """Whatever the API sends, and with each column named."""
    schema = singer_schema(table.model) | {"additionalProperties": False}
    rows = [json.loads(encode(row)) for item in _objects(table) for row in table.make_rows(ACCOUNT, item)]
    seen = {"observed_at": "2026-11-24T08:12:00.000000Z", "snapshot_at": "2026-11-24T08:12:00.000000Z"}
    assert rows
    for row in rows:
        jsonschema.validate(row | seen, schema)
        assert set(row | seen) == set(schema["properties"])
