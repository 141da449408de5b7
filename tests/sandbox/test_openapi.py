"""Every kind of answer against the API description (`tests/data/openapi.yaml`, made from docs/api-contract.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.sandbox.client import ALL_SITES, PATHS, Client
from wix_sandbox import ApiOptions, Fault, Size, World

if TYPE_CHECKING:
    import httpx

DESCRIPTION = yaml.safe_load((Path(__file__).parents[1] / "data" / "openapi.yaml").read_text(encoding="utf-8"))
FACETS = ["Users", "InviteStatus", "Roles"]
Violation = tuple[str, str]
"""Where in an answer, with `*` for any index, and which rule of the schema."""

DEVIATIONS: dict[Violation, str] = {
    ("teamMembers/*/user/assignments/*/restrictions/site", "type"): (
        "`{'site': null}`: an unset member may come as null, and the tap promises to read that as no restriction"
    ),
}


def violations(endpoint: str, answer: httpx.Response) -> set[Violation]:
    """Where an answer is not as described."""
    method, path = PATHS[endpoint]
    operation = DESCRIPTION["paths"][path.replace("account_id", "accountId")][method.lower()]
    response = operation["responses"].get(str(answer.status_code))
    if response is None:
        return {("status", str(answer.status_code))}
    content = _resolved(response)["content"].get(answer.headers["content-type"].split(";")[0])
    if content is None:
        return {("content-type", answer.headers["content-type"])}
    html = answer.headers["content-type"].startswith("text/html")
    schema = content["schema"] | {"components": DESCRIPTION["components"]}
    validator = OAS31Validator(schema, format_checker=oas31_format_checker)
    errors = validator.iter_errors(answer.text if html else answer.json())
    return {(_place(error.absolute_path), str(error.validator)) for error in errors}


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The part of the description that a `$ref` refers to."""
    if "$ref" not in part:
        return part
    found: Any = DESCRIPTION
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _place(path: Any) -> str:
    return "/".join("*" if isinstance(step, int) else str(step) for step in path)


@pytest.fixture
def rich() -> World:
    """An account with everything, after two months."""
    world = World(Size(users=300, sites=130, folders=40, invites=80, child_accounts=23))
    world.advance(60)
    return world


def _pages(client: Client) -> list[tuple[str, httpx.Response]]:
    """Successful answers of every endpoint, with and without its optional parameters."""
    found = [(endpoint, client.ask(endpoint)) for endpoint in PATHS]
    for offset in range(0, 500, 100):
        body = {"facets": FACETS, "paging": {"limit": 100, "offset": offset}}
        found.append(("search_team", client.ask("search_team", body)))
    query: dict[str, Any] = {"filter": ALL_SITES, "sort": [{"fieldName": "updatedDate"}]}
    while query:
        found.append(("query_sites", client.ask("query_sites", {"query": query})))
        cursor = found[-1][1].json()["metadata"]["cursors"].get("next")
        query = {"cursorPaging": {"cursor": cursor}} if cursor else {}
    key = client.sandbox.world.key
    found += [
        ("query_contributors", client.ask("query_contributors", headers={"Authorization": key, "wix-site-id": site}))
        for site in client.sandbox.world.main.sites
    ]
    child = client.sandbox.world.children[0].id
    found += [
        ("get_account", client.ask("get_account", account_id=child)),
        ("get_roles", client.ask("get_roles", params={"locale": "de"})),
        ("list_child_accounts", client.ask("list_child_accounts", params={"paging.offset": 20})),
    ]
    return found


def test_good_answers(serve, rich):
    """Every page of every endpoint is as described, but for the deviations listed here, which all occur."""
    seen: set[Violation] = set()
    for endpoint, answer in _pages(serve(rich)):
        assert answer.status_code == 200
        seen |= violations(endpoint, answer)
    assert seen == set(DEVIATIONS)


@pytest.mark.parametrize("endpoint", PATHS)
def test_refusals(serve, endpoint):
    """Every refusal of every endpoint is as described."""
    client = serve(faults=[Fault.of("status", nth=5, status=500)], options=ApiOptions(requests_per_minute=5))
    headers, site = client.headers(endpoint), next(iter(client.sandbox.world.main.sites))
    both = client.sandbox.headers | {"wix-site-id": site}
    answers = [
        client.ask(endpoint, headers=headers | {"Authorization": "wrong"}),
        client.ask(endpoint, headers=both),
        client.ask(endpoint, headers={name: value for name, value in headers.items() if not name.startswith("wix")}),
        client.ask(endpoint),
        client.ask(endpoint),
        client.ask(endpoint),
    ]
    missing = 428 if endpoint == "query_contributors" else 403
    assert [answer.status_code for answer in answers] == [401, 400, missing, 200, 500, 429]
    for answer in answers:
        assert violations(endpoint, answer) <= set(DEVIATIONS)


@pytest.mark.parametrize("endpoint", PATHS)
def test_missing_permission(serve, endpoint):
    """A missing permission is as described, as JSON and as HTML."""
    answer = serve(options=ApiOptions(deny=[endpoint])).ask(endpoint)
    assert (answer.status_code, violations(endpoint, answer)) == (403, set())


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("search_team", {"paging": {"limit": 5000}}),
        ("query_sites", {"query": {"cursorPaging": {"limit": 1000}}}),
        ("query_folders", {"query": {"paging": {"limit": 5000}}}),
    ],
)
def test_page_size_refused(serve, endpoint, body):
    """A refused page size is as described."""
    answer = serve().ask(endpoint, body)
    assert (answer.status_code, violations(endpoint, answer)) == (400, set())


def test_account_not_found(serve):
    """An unknown account is as described."""
    answer = serve().ask("get_account", account_id="0ddddddd-1111-4222-8333-444455556666")
    assert (answer.status_code, violations("get_account", answer)) == (404, set())


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("teamMembers", {}, "type"),
        ("teamMembers.0", {"user": {}, "invite": {}}, "maxProperties"),
        ("teamMembers.1.user.id", 7, "type"),
        ("teamMembers.1.user.id", "not-a-guid", "format"),
        ("teamMembers.1.user.joinedTeamAt", "yesterday", "format"),
        ("teamMembers.1.user.assignments.0.policyId", 6601492336091027458, "type"),
        ("facets.0.facetType", "Sites", "enum"),
    ],
)
def test_a_planted_violation_is_seen(serve, path, value, rule):
    """The validation is able to fail: a wrong answer is seen to be wrong."""
    fault = Fault.of("wrong_types", path=path, value=value)
    answer = serve(faults=[fault]).ask("search_team", {"facets": FACETS})
    assert rule in {found for _, found in violations("search_team", answer) - set(DEVIATIONS)}


def test_an_undescribed_answer_is_seen(serve):
    """A status or a content type that is not described is seen, too."""
    client = serve(faults=[Fault.of("status", status=418), Fault.of("not_json", nth=2)])
    assert violations("search_team", client.ask("search_team")) == {("status", "418")}
    assert violations("search_team", client.ask("search_team")) == {("content-type", "text/html; charset=utf-8")}
