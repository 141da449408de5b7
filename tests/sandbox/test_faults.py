"""Every kind of fault, as a real HTTP client sees it."""

from __future__ import annotations

import json
import time
from typing import Final

import httpx
import msgspec
import pytest

from tests.sandbox.client import ALL_SITES, PATHS
from wix_sandbox import Fault, Size, World
from wix_sandbox.faults import KINDS, load

TEAM: Final = "search_team"
COUNTED = {"facets": ["Users"], "paging": {"limit": 5}}


def _users(answer: httpx.Response) -> list[str]:
    return [member["user"]["id"] for member in answer.json()["teamMembers"] if "user" in member]


@pytest.mark.parametrize("endpoint", PATHS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 428, 429, 500, 503, 504])
def test_status(serve, endpoint, status):
    """One request gets the status with its documented envelope, those before and after it are answered well."""
    client = serve(faults=[Fault.of("status", endpoint=endpoint, nth=2, status=status)])
    answers = [client.ask(endpoint) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert set(answers[1].json()) == {"message", "details"}
    assert client.sandbox.faults.unfired() == []


def test_status_with_headers_and_body(serve):
    """Status, headers and body are those given."""
    fault = Fault.of("status", status=429, headers={"Retry-After": "3", "content-type": "text/plain"}, body="slow")
    answer = serve(faults=[fault]).ask(TEAM)
    assert (answer.status_code, answer.text) == (429, "slow")
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("3", "text/plain")


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ({}, [1]),
        ({"nth": 3}, [3]),
        ({"nth": 2, "times": 2}, [2, 3]),
        ({"nth": 3, "times": 0}, [3, 4, 5, 6]),
        ({"endpoint": "get_roles"}, [2]),
        ({"endpoint": "*", "nth": 4}, [4]),
        ({"account_id": "somebody else"}, []),
    ],
)
def test_when(serve, fault, failed):
    """A fault affects the n-th matching request, once, several times or all that follow, and no other."""
    client = serve(faults=[Fault.of("status", **fault)])
    answers = [client.ask(endpoint) for endpoint in (TEAM, "get_roles") * 3]
    assert [number for number, answer in enumerate(answers, 1) if answer.status_code == 500] == failed
    assert len(client.sandbox.faults.unfired()) == (not failed)


def test_faults_of_one_account(serve):
    """A fault can be limited to the requests for one account."""
    client = serve()
    child = client.sandbox.world.children[0].id
    client.sandbox.faults.add(Fault.of("status", account_id=child))
    assert client.ask(TEAM).status_code == 200
    assert client.ask(TEAM, headers=client.sandbox.headers | {"wix-account-id": child}).status_code == 500


def test_reset(serve):
    """The connection breaks without an answer, and the next one works."""
    client = serve(faults=[Fault.of("reset")])
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.ask(TEAM)
    assert client.ask(TEAM).status_code == 200


def test_stall(serve):
    """A stalled answer outlasts the client's patience and holds up neither others nor the end."""
    client = serve(faults=[Fault.of("stall", seconds=600)])
    patience, client.http.timeout = client.http.timeout, httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        client.ask(TEAM)
    client.http.timeout = patience
    assert client.ask(TEAM).status_code == 200
    began = time.monotonic()
    client.sandbox.stop()
    assert time.monotonic() - began < 60


def test_short_stall(serve):
    """After a stall the answer comes."""
    client = serve(faults=[Fault.of("stall", seconds=0.05)])
    began = time.monotonic()
    assert client.ask(TEAM).status_code == 200
    assert time.monotonic() - began >= 0.05


def test_truncate(serve):
    """The body ends in the middle of what Content-Length announced."""
    client = serve(faults=[Fault.of("truncate")])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.ask(TEAM)
    with client.http.stream("POST", PATHS[TEAM][1], headers=client.sandbox.headers, json={}) as answer:
        whole = answer.read()
    assert len(whole) == int(answer.headers["content-length"])


def test_not_json(serve):
    """A 200 whose body is HTML."""
    answer = serve(faults=[Fault.of("not_json")]).ask(TEAM)
    assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("kind", "path", "left"),
    [
        ("drop", "", {"facets"}),
        ("drop", "facets", {"teamMembers"}),
        ("rename", "", {"facets", "teamMembersV2"}),
        ("rename", "facets", {"facetsV2", "teamMembers"}),
    ],
)
def test_members_that_are_left_out_or_have_another_name(kind, path, left, serve):
    """By default the main list."""
    answer = serve(faults=[Fault.of(kind, path=path)]).ask(TEAM, COUNTED).json()
    assert answer.keys() == left


def test_members_of_each_element(serve):
    """A star is each element of a list."""
    client = serve(faults=[Fault.of("drop", path="teamMembers.*.user.assignments")])
    spoilt, whole = (client.ask(TEAM, COUNTED).json()["teamMembers"] for _ in range(2))
    users = [member["user"] for member in spoilt if "user" in member]
    assert users
    assert not any("assignments" in user for user in users)
    assert [member["invite"] for member in spoilt if "invite" in member] == [
        member["invite"] for member in whole if "invite" in member
    ]


def test_each_element_itself(serve):
    """Every element of a list can be left out."""
    answer = serve(faults=[Fault.of("drop", path="teamMembers.*")]).ask(TEAM, COUNTED).json()
    assert answer["teamMembers"] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", "oops"),
        ("teamMembers", {"0": "an object"}),
        ("teamMembers.0", 7),
        ("teamMembers.1.user.id", 12),
        ("facets.0.values.0.count", "12"),
    ],
)
def test_wrong_types(serve, path, value):
    """Any member of the answer can be replaced by any value; by default the main list is a string."""
    answer = serve(faults=[Fault.of("wrong_types", path=path, value=value)]).ask(TEAM, COUNTED).json()
    for step in (path or "teamMembers").split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    assert answer == value


@pytest.mark.parametrize("endpoint", sorted(set(PATHS) - {"count_sites", "get_account", "query_contributors"}))
def test_empty_page(serve, endpoint):
    """The list of one answer is empty, its other members are as they were."""
    client = serve(faults=load(json.dumps([{"kind": "empty_page", "endpoint": endpoint}]).encode()))
    empty, full = client.ask(endpoint).json(), client.ask(endpoint).json()
    lists = {name for name, value in full.items() if isinstance(value, list)}
    assert lists
    assert empty == full | {name: [] for name in lists}


def test_repeat_page(serve):
    """The previous page is returned again, although the next one is requested."""
    client = serve(faults=[Fault.of("repeat_page", nth=2)])
    pages = [client.ask(TEAM, {"paging": {"limit": 3, "offset": offset}}) for offset in (0, 3, 6)]
    assert _users(pages[0]) == _users(pages[1]) != _users(pages[2])


def test_cycle_cursor(serve):
    """The cursor of a page leads back to that page, for as long as the fault lasts."""
    client = serve(faults=[Fault.of("cycle_cursor", endpoint="query_sites", nth=2, times=2)])
    asked = {"filter": ALL_SITES, "cursorPaging": {"limit": 4}}
    pages = []
    for _ in range(4):
        pages.append(client.ask("query_sites", {"query": asked}).json())
        asked = {"cursorPaging": {"limit": 4, "cursor": pages[-1]["metadata"]["cursors"].get("next")}}
    first, second, third, fourth = (page["sites"] for page in pages)
    assert first != second == third == fourth
    assert pages[1]["metadata"] == pages[2]["metadata"] != pages[3]["metadata"]


def test_cycle_cursor_at_the_start(serve):
    """The first page's cursor can lead back to the first page, too."""
    client = serve(faults=[Fault.of("cycle_cursor", endpoint="query_sites", times=0)])
    first = client.ask("query_sites").json()
    cursor = first["metadata"]["cursors"]["next"]
    assert client.ask("query_sites", {"query": {"cursorPaging": {"cursor": cursor}}}).json()["sites"] == first["sites"]


def test_revoke_key(serve):
    """From the n-th request on the key is not valid anywhere."""
    client = serve(faults=[Fault.of("revoke_key", endpoint=TEAM, nth=2)])
    statuses = [client.ask(endpoint).status_code for endpoint in ("get_roles", TEAM, TEAM, "get_roles", TEAM)]
    assert statuses == [200, 200, 401, 401, 401]


def test_redirect(serve):
    """A redirect to another host."""
    answer = serve(faults=[Fault.of("redirect", location="https://evil.example")]).ask(TEAM)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://evil.example/moved")


def test_echo_key(serve):
    """An error whose body and headers repeat the key."""
    client = serve(faults=[Fault.of("echo_key", status=403)])
    answer = client.ask(TEAM)
    key = client.sandbox.world.key
    assert (answer.status_code, answer.headers["x-echo-authorization"]) == (403, key)
    assert key in answer.json()["details"]["applicationError"]["description"]


def test_drop_facets(serve):
    """The requested counts are missing."""
    client = serve(faults=[Fault.of("drop_facets")])
    assert ["facets" in client.ask(TEAM, COUNTED).json() for _ in range(2)] == [False, True]


def test_drop_defaults(serve):
    """What is empty, zero or false is left out, at any depth."""
    client = serve(World(Size(child_accounts=0)), faults=[Fault.of("drop_defaults", times=0)])
    assert client.ask("list_child_accounts").json() == {}
    sites = client.ask("query_sites").json()["sites"]
    assert {all(site.values()) for site in sites} == {True}
    assert {"contributorAccountIds" in site for site in sites} == {True, False}


def test_wrong_facets(serve):
    """Counts are off by the delta, wherever there are any."""
    client = serve(World(Size(users=30)), faults=[Fault.of("wrong_facets", times=0, delta=-4)])
    assert client.ask(TEAM, COUNTED).json()["facets"][0]["values"] == [{"value": "Users", "count": 26}]
    assert client.ask("count_sites", {"filter": ALL_SITES}).json() == {"count": 8}
    assert client.ask("list_child_accounts").json()["pagingMetadata"]["total"] == 0


def test_a_fault_without_effect_did_not_fire(serve):
    """A fault that finds nothing to spoil is reported as one that never fired."""
    faults = [
        Fault.of("drop_facets"),
        Fault.of("repeat_page"),
        Fault.of("wrong_types", path="a.b.c"),
        Fault.of("wrong_types", path="teamMembers.99.x"),
        Fault.of("cycle_cursor"),
    ]
    client = serve(faults=faults)
    assert client.ask(TEAM).status_code == 200
    assert client.sandbox.faults.unfired() == faults
    client.sandbox.faults.clear()
    assert client.sandbox.faults.unfired() == []


def test_an_error_is_not_spoilt_as_a_page(serve):
    """Faults in the JSON of a page leave error answers alone."""
    client = serve(faults=[Fault.of("empty_page")])
    assert client.ask(TEAM, headers={}).json()["message"] == "Unauthorized"
    assert client.sandbox.faults.unfired()


def test_several_faults_at_once(serve):
    """Faults of one request add up in their order."""
    client = serve(faults=[Fault.of("status", status=503), Fault.of("truncate")])
    with client.http.stream("POST", PATHS[TEAM][1], headers=client.sandbox.headers, json={}) as answer:
        assert answer.status_code == 503
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


@pytest.mark.parametrize("kind", KINDS)
def test_schedule_from_json(kind):
    """Every kind can be read from JSON and written again."""
    fault = Fault.of(kind, endpoint="query_sites", nth=2, times=0)
    assert load(msgspec.json.encode([fault])) == [fault]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "reset", "endpoint": "nowhere"},
        {"kind": "reset", "nth": 0},
        {"kind": "reset", "times": -1},
        {"kind": "reset", "tiems": 2},
        {"kind": "reset", "seconds": 2},
        {"kind": "status", "status": 99},
    ],
)
def test_wrong_schedule(wrong):
    """A schedule that is not understood is refused, never ignored."""
    with pytest.raises(msgspec.ValidationError):
        load(json.dumps([wrong]).encode())
