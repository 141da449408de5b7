"""Requests that the documentation does not allow are refused, and the refusal names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wix_sandbox import ApiOptions

if TYPE_CHECKING:
    import httpx

BAD_BODIES = [
    ("search_team", {"paging": {"limit": 1001}}, "paging.limit"),
    ("search_team", {"paging": {"limit": -1}}, "paging.limit"),
    ("search_team", {"paging": {"limit": "50"}}, "paging.limit"),
    ("search_team", {"paging": {"offset": 2**31}}, "paging.offset"),
    ("search_team", {"orderBy": [{"fieldName": "Email"}]}, "orderBy[0].fieldName"),
    ("search_team", {"orderBy": [{"fieldName": "Name", "direction": "UP"}]}, "orderBy[0].direction"),
    ("search_team", {"facets": ["Sites"]}, "facets[0]"),
    ("search_team", {"query": {"paging": {"limit": 5}}}, "query"),
    ("search_team", {"filter": {"joinedAt": {"$gt": "2024"}}}, "filter.joinedAt"),
    ("search_team", {"filter": {"roleId": {"$like": "1"}}}, "filter.roleId"),
    ("search_team", {"filter": {"roleId": {"$in": "1"}}}, "filter.roleId"),
    ("search_team", [], "body"),
    ("query_sites", {"query": {"cursorPaging": {"limit": 101}}}, "query.cursorPaging.limit"),
    ("query_sites", {"query": {"cursorPaging": {"limit": 0}}}, "query.cursorPaging.limit"),
    ("query_sites", {"query": {"cursorPaging": {"cursor": "no cursor!"}}}, "query.cursorPaging.cursor"),
    ("query_sites", {"query": {"cursorPaging": {"cursor": "eyJ4IjoxfQ"}}}, "query.cursorPaging.cursor"),
    ("query_sites", {"query": {"filter": {"createdDate": "2024"}}}, "query.filter.createdDate"),
    ("query_sites", {"query": {"sort": [{"fieldName": "name"}]}}, "query.sort"),
    ("count_sites", {"filter": {"updatedDate": {"$gt": "2024"}}}, "filter.updatedDate"),
    ("query_folders", {"query": {"paging": {"limit": 1001}}}, "query.paging.limit"),
    ("query_folders", {"query": {"filter": {"siteCount": 1}}}, "query.filter.siteCount"),
]
BAD_PARAMS = [
    ("list_child_accounts", {"paging.limit": "51"}, "paging.limit"),
    ("list_child_accounts", {"paging.limit": "-1"}, "paging.limit"),
    ("list_child_accounts", {"paging.offset": "x"}, "paging.offset"),
    ("get_roles", {"filter.roleLevel": "PLANET"}, "filter.roleLevel"),
    ("get_roles", {"filter.editorTypes": "WORD"}, "filter.editorTypes"),
]


def _violation(answer: httpx.Response) -> Any:
    assert answer.status_code == 400
    return answer.json()["details"]["validationError"]["fieldViolations"][0]


@pytest.mark.parametrize(("endpoint", "body", "field"), BAD_BODIES)
def test_bad_body(serve, endpoint, body, field):
    """A wrong type, an unknown value or a number out of range in a body is 400."""
    assert _violation(serve().ask(endpoint, body))["field"] == field


@pytest.mark.parametrize(("endpoint", "params", "field"), BAD_PARAMS)
def test_bad_parameter(serve, endpoint, params, field):
    """So it is in a query string."""
    assert _violation(serve().ask(endpoint, params=params))["field"] == field


def test_no_json(serve):
    """A body that is no JSON is 400."""
    client = serve()
    path = "/roles-management/v3/team/search"
    answer = client.http.post(path, headers=client.sandbox.headers, content=b"{nope")
    assert _violation(answer)["field"] == "body"


def test_unknown_members_are_ignored(serve):
    """Unknown members of a body are ignored, as the API ignores them."""
    assert serve().ask("search_team", {"colour": "blue", "paging": None}).status_code == 200


@pytest.mark.parametrize("maximum", [20, 100])
def test_page_size_limit_is_named(serve, maximum):
    """A refused page size names the greatest that is not, which works."""
    client = serve(options=ApiOptions(max_page_size=maximum))
    violation = _violation(client.ask("search_team", {"paging": {"limit": 500}}))
    assert (violation["violatedRule"], violation["data"]) == ("MAX", {"threshold": maximum})
    assert client.ask("search_team", {"paging": {"limit": maximum}}).status_code == 200
    assert client.ask("search_team").status_code == 200


@pytest.mark.parametrize("again", [{"filter": {}}, {"sort": []}])
def test_cursor_stands_alone(serve, again):
    """Filter and sort are in the cursor, and sending them again is 400."""
    client = serve()
    first = client.ask("query_sites", {"query": {"cursorPaging": {"limit": 2}}}).json()
    paging = {"cursor": first["metadata"]["cursors"]["next"]}
    violation = _violation(client.ask("query_sites", {"query": {"cursorPaging": paging} | again}))
    assert violation["field"] == "query.cursorPaging.cursor"
