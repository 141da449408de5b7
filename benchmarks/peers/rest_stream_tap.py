"""A peer to measure against, and nothing to run in earnest: the same tables with what the Singer SDK's template gives.

This is what a user would write instead of `tap-wix-users`: a `RESTStream` per table, an offset or a cursor for paging,
`records_jsonpath`, `post_process`, schemas of `th` properties, and the SDK's default writer. It is written to be
correct on a quiet account without faults, and to send the same rows. It walks Search Team once for each of its four
tables, and proves nothing: whoever leaves during a walk hides somebody else, and an empty page ends it.

    python benchmarks/peers/rest_stream_tap.py --config config.json
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator, JSONPathPaginator, OffsetPaginator, SinglePagePaginator
from singer_sdk.streams import RESTStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk.helpers.types import Context

PAGE = 100


class TeamPaginator(OffsetPaginator):
    """Goes on up to a page without members; one without rows of this table is none (the SDK would end there)."""

    def has_more(self, response: requests.Response) -> bool:
        """Whether there may be another page."""
        return bool(response.json().get("teamMembers"))

    def continue_if_empty(self, response: requests.Response) -> bool:
        """Whether to go on behind a page without rows."""
        return self.has_more(response)


class WixStream(RESTStream[Any]):
    """What all streams have in common."""

    http_method = "POST"

    @property
    def url_base(self) -> str:
        """Where the API is."""
        return str(self.config["base_url"])

    @property
    def http_headers(self) -> dict[str, str]:
        """Key and account."""
        return {"Authorization": self.config["api_key"], "wix-account-id": self.config["account_id"]}

    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        """One page is all there is."""
        return SinglePagePaginator()

    def post_process(self, row: dict[str, Any], context: Context | None = None) -> dict[str, Any] | None:  # noqa: ARG002
        """The row with names of columns."""
        return {"account_id": self.config["account_id"], **self.columns(row)}

    def columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of a row, its names in snake case."""
        known = self.schema["properties"]
        return {column: value for name, value in row.items() if (column := _snake(name)) in known}


class TeamStream(WixStream):
    """A table of Search Team."""

    path = "/roles-management/v3/team/search"

    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        """By offset."""
        return TeamPaginator(start_value=0, page_size=PAGE)

    def prepare_request_payload(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002
        """One page."""
        order = [{"fieldName": "JoinedAt", "direction": "ASC"}]
        return {"orderBy": order, "paging": {"limit": PAGE, "offset": next_page_token or 0}}


class UsersStream(TeamStream):
    """Team members."""

    name = "users"
    primary_keys = ("account_id", "id")
    records_jsonpath = "$.teamMembers[*].user"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("email", th.StringType),
        th.Property("first_name", th.StringType),
        th.Property("last_name", th.StringType),
        th.Property("profile_image", th.StringType),
        th.Property("joined_team_at", th.DateTimeType),
    ).to_dict()

    def columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of a row."""
        name = row.get("name") or {}
        return {**super().columns(row), "first_name": name.get("firstName"), "last_name": name.get("lastName")}


class InvitesStream(TeamStream):
    """Invites."""

    name = "invites"
    primary_keys = ("account_id", "id")
    records_jsonpath = "$.teamMembers[*].invite"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("email", th.StringType),
        th.Property("status", th.StringType),
        th.Property("date_created", th.DateTimeType),
        th.Property("date_updated", th.DateTimeType),
        th.Property("expiration_date", th.DateTimeType),
    ).to_dict()


_ASSET = (
    th.Property("role_id", th.StringType),
    th.Property("asset_type", th.StringType),
    th.Property("asset_id", th.StringType),
    th.Property("asset_name", th.StringType),
    th.Property("site_id", th.StringType),
    th.Property("folder_id", th.StringType),
    th.Property("restrictions", th.ObjectType(additional_properties=True)),
)


class AssignmentsOf(TeamStream):
    """Roles on assets, of one kind of member."""

    member: ClassVar[str]
    owner_column: ClassVar[str]

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """A row for each asset of each role."""
        for entry in response.json().get("teamMembers", []):
            member = entry.get(self.member) or {}
            for assignment in member.get("assignments") or ():
                for asset in _assets(assignment.get("restrictions"), self.config["account_id"]):
                    yield {**assignment, **asset, self.owner_column: member["id"]}

    def columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of a row."""
        assignment_id = row.get("assignmentId")
        several = len((row.get("restrictions") or {}).get("conditions", {}).get("conditions", ())) > 1
        role_id = row.get("policyId")
        own = f"{assignment_id}/{row['asset_id']}" if several else assignment_id
        subject = row.get("subject") or {}
        return {
            **super().columns(row),
            "assignment_key": own or f"{role_id}@{row['asset_type']}:{row['asset_id']}",
            "role_id": role_id,
            **({"subject_id": subject.get("id"), "subject_type": subject.get("subjectType")} if subject else {}),
        }


class AssignmentsStream(AssignmentsOf):
    """Roles that team members hold."""

    name = "assignments"
    member = "user"
    owner_column = "user_id"
    primary_keys = ("account_id", "user_id", "assignment_key")
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("user_id", th.StringType, required=True),
        th.Property("assignment_key", th.StringType, required=True),
        th.Property("assignment_id", th.StringType),
        th.Property("subject_id", th.StringType),
        th.Property("subject_type", th.StringType),
        *_ASSET,
    ).to_dict()


class InviteAssignmentsStream(AssignmentsOf):
    """Roles that invites grant."""

    name = "invite_assignments"
    member = "invite"
    owner_column = "invite_id"
    primary_keys = ("account_id", "invite_id", "assignment_key")
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("invite_id", th.StringType, required=True),
        th.Property("assignment_key", th.StringType, required=True),
        *_ASSET,
    ).to_dict()


class RolesStream(WixStream):
    """Roles."""

    name = "roles"
    path = "/roles-management/roles"
    http_method = "GET"
    primary_keys = ("account_id", "id")
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("title", th.StringType),
        th.Property("description", th.StringType),
        th.Property("role_type", th.StringType),
        th.Property("restrict_from_level", th.StringType),
    ).to_dict()

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Both lists."""
        answer = response.json()
        for role_type in ("predefined", "custom"):
            yield from ({**role, "roleType": role_type} for role in answer.get(f"{role_type}Roles", []))


class SitesStream(WixStream):
    """Sites."""

    name = "sites"
    path = "/site-list/v2/sites/query"
    primary_keys = ("account_id", "id")
    records_jsonpath = "$.sites[*]"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("name", th.StringType),
        th.Property("display_name", th.StringType),
        th.Property("owner_account_id", th.StringType),
        th.Property("contributor_account_ids", th.ArrayType(th.StringType)),
        th.Property("folder_id", th.StringType),
        th.Property("namespace", th.StringType),
        th.Property("editor_type", th.StringType),
        th.Property("parent_child_role", th.StringType),
        th.Property("published", th.BooleanType),
        th.Property("premium", th.BooleanType),
        th.Property("blocked", th.BooleanType),
        th.Property("domain_connected", th.BooleanType),
        th.Property("view_url", th.StringType),
        th.Property("edit_url", th.StringType),
        th.Property("thumbnail", th.StringType),
        th.Property("html_app_id", th.StringType),
        th.Property("created_date", th.DateTimeType),
        th.Property("updated_date", th.DateTimeType),
        th.Property("trashed_date", th.DateTimeType),
    ).to_dict()

    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        """By cursor."""
        return JSONPathPaginator("$.metadata.cursors.next")

    def prepare_request_payload(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002
        """One page."""
        if next_page_token:
            return {"query": {"cursorPaging": {"limit": PAGE, "cursor": next_page_token}}}
        every = {"namespace": {"$in": ["WIX", "HEADLESS"]}}
        return {"query": {"filter": every, "cursorPaging": {"limit": PAGE}}}


class FoldersStream(WixStream):
    """Site folders, of which one page holds a thousand."""

    name = "folders"
    path = "/site-folders/v2/folders/query"
    primary_keys = ("account_id", "id")
    records_jsonpath = "$.folders[*]"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("name", th.StringType),
        th.Property("parent_id", th.StringType),
        th.Property("path", th.StringType),
        th.Property("site_count", th.IntegerType),
        th.Property("created_date", th.DateTimeType),
        th.Property("updated_date", th.DateTimeType),
    ).to_dict()

    def prepare_request_payload(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002
        """The page."""
        return {"query": {"paging": {"limit": 1000, "offset": 0}}}

    def columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of a row."""
        return {**super().columns(row), "path": "/" + "/".join(step["name"] for step in row.get("path") or [])}


class AccountsStream(WixStream):
    """The account itself."""

    name = "accounts"
    http_method = "GET"
    primary_keys = ("account_id",)
    records_jsonpath = "$.account"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("account_id", th.StringType, required=True),
        th.Property("account_name", th.StringType),
        th.Property("slug", th.StringType),
        th.Property("status", th.StringType),
        th.Property("account_owner", th.StringType),
        th.Property("date_created", th.DateTimeType),
        th.Property("date_updated", th.DateTimeType),
    ).to_dict()

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the account is."""
        return f"/accounts/v1/accounts/{self.config['account_id']}"


class RestStreamTap(Tap):
    """The tap."""

    name = "tap-rest-stream-peer"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_key", th.StringType(nullable=False), required=True, secret=True),
        th.Property("account_id", th.StringType(nullable=False), required=True),
        th.Property("base_url", th.StringType(nullable=False), required=True),
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """A stream for each table."""
        streams = (UsersStream, AssignmentsStream, InvitesStream, InviteAssignmentsStream)
        return [stream(self) for stream in (*streams, RolesStream, SitesStream, FoldersStream, AccountsStream)]


def _assets(restrictions: dict[str, Any] | None, account_id: str) -> list[dict[str, Any]]:
    """What a role is limited to, as columns."""
    if not restrictions:
        return [{"asset_type": "account", "asset_id": account_id}]
    if conditions := (restrictions.get("conditions") or {}).get("conditions"):
        return [
            {"asset_type": "folder", "asset_id": one["id"], "asset_name": one.get("value"), "folder_id": one["id"]}
            for one in conditions
        ]
    if site := restrictions.get("site") or restrictions.get("resource"):
        inside = site.get("resource")
        kind, asset_id = ("site_resource", inside["id"]) if inside else ("site", site["id"])
        return [{"asset_type": kind, "asset_id": asset_id, "asset_name": site.get("value"), "site_id": site["id"]}]
    return [{"asset_type": "unknown"}]


@cache
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


if __name__ == "__main__":
    RestStreamTap.cli()
