"""Who is let in: key, id headers, permissions, request limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import PATHS
from wix_sandbox import ApiOptions, Size, World

if TYPE_CHECKING:
    import httpx

ACCOUNT_LEVEL = [name for name in PATHS if name != "query_contributors"]
STRANGER = "0ddddddd-1111-4222-8333-444455556666"


def _code(answer: httpx.Response) -> Any:
    return answer.json()["details"]["applicationError"]["code"]


@pytest.mark.parametrize("endpoint", PATHS)
@pytest.mark.parametrize("key", [None, "wrong", "Bearer {key}", "{key}x"])
def test_key(serve, endpoint, key):
    """Anything but the bare key is 401."""
    client = serve()
    headers = client.headers(endpoint)
    del headers["Authorization"]
    if key:
        headers["Authorization"] = key.format(key=client.sandbox.world.key)
    answer = client.ask(endpoint, headers=headers)
    assert (answer.status_code, _code(answer)) == (401, "UNAUTHENTICATED")
    assert client.sandbox.world.key not in answer.text


@pytest.mark.parametrize("endpoint", PATHS)
def test_both_ids(serve, endpoint):
    """An account id together with a site id is 400."""
    client = serve()
    headers = client.sandbox.headers | {"wix-site-id": next(iter(client.sandbox.world.main.sites))}
    answer = client.ask(endpoint, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["details"]["validationError"]["fieldViolations"][0]["field"] == "wix-site-id"


@pytest.mark.parametrize("endpoint", ACCOUNT_LEVEL)
@pytest.mark.parametrize("account_id", [None, STRANGER, "not-a-guid"])
def test_account_id(serve, endpoint, account_id):
    """Without an account id, or with that of somebody else, an account-level request is 403."""
    client = serve()
    headers = {"Authorization": client.sandbox.world.key}
    if account_id:
        headers["wix-account-id"] = account_id
    answer = client.ask(endpoint, headers=headers)
    assert (answer.status_code, _code(answer)) == (403, "PERMISSION_DENIED")


def test_site_id(serve):
    """Without a site id a site-level request is 428, and with that of somebody else 403."""
    client = serve()
    answer = client.ask("query_contributors", headers=client.sandbox.headers)
    assert (answer.status_code, _code(answer)) == (428, "MISSING_METASITE_ID")
    headers = {"Authorization": client.sandbox.world.key, "wix-site-id": STRANGER}
    assert client.ask("query_contributors", headers=headers).status_code == 403


def test_site_of_a_child(serve):
    """The key reaches the sites of child accounts too."""
    client = serve()
    site_id = next(iter(client.sandbox.world.children[0].sites))
    headers = {"Authorization": client.sandbox.world.key, "wix-site-id": site_id}
    assert client.ask("query_contributors", headers=headers).status_code == 200


def test_account_of_a_stranger(serve):
    """Get Account of an unknown account is 404, and so is a parent seen from its child."""
    client = serve()
    assert client.ask("get_account", account_id=STRANGER).status_code == 404
    headers = client.sandbox.headers | {"wix-account-id": client.sandbox.world.children[0].id}
    assert client.ask("get_account", headers=headers).status_code == 404


@pytest.mark.parametrize("endpoint", PATHS)
def test_denied(serve, endpoint):
    """A missing permission is 403 with a blank description, or as HTML from the site list; the rest answers."""
    client = serve(options=ApiOptions(deny=[endpoint]))
    for name in PATHS:
        answer = client.ask(name)
        assert answer.status_code == (403 if name == endpoint else 200)
        if name == endpoint and endpoint in {"query_sites", "count_sites"}:
            assert answer.headers["content-type"].startswith("text/html")
        elif name == endpoint:
            assert answer.json()["details"]["applicationError"]["description"] == ""


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("GET", PATHS["search_team"][1])])
def test_unknown_route(serve, method, path):
    """A route or a verb that does not exist is 404 in the same envelope."""
    client = serve()
    answer = client.http.request(method, path)
    assert (answer.status_code, _code(answer)) == (404, "NOT_FOUND")


def test_every_answer_has_a_request_id(serve):
    """Good or bad, each answer has another `x-wix-request-id`."""
    client = serve()
    answers = [*map(client.ask, PATHS), client.ask("search_team", headers={}), client.http.get("/nowhere")]
    assert len({answer.headers["x-wix-request-id"] for answer in answers}) == len(answers)


def test_throttle(serve):
    """The request over the limit is 429 without Retry-After, until a minute has passed."""
    now = [100.0]
    client = serve(options=ApiOptions(requests_per_minute=3), clock=lambda: now[0])
    assert [client.ask("get_roles").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = client.ask("search_team")
    assert (answer.status_code, _code(answer)) == (429, "RESOURCE_EXHAUSTED")
    assert "retry-after" not in answer.headers
    now[0] += 60
    assert client.ask("get_roles").status_code == 200
    assert client.sandbox.stats()["throttled"] == 2


def test_retry_after(serve):
    """A 429 says how long to wait when it is meant to."""
    client = serve(options=ApiOptions(requests_per_minute=1, retry_after=7))
    assert [client.ask("get_roles").headers.get("retry-after") for _ in range(2)] == [None, "7"]


def test_no_limit_by_default(serve):
    """Without the option nothing is throttled, and one connection is kept alive throughout."""
    client = serve(World(Size(users=0)))
    assert {client.ask("get_roles").status_code for _ in range(250)} == {200}
