"""The sandbox as a test uses it: a real server in this process, whose world can be changed while it answers."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
import warnings

import pytest

from tests.sandbox.client import Client
from wix_sandbox import ApiOptions, Sandbox, Size, World
from wix_sandbox.records import Person


def test_clean_stop():
    """A sandbox that is stopped leaves neither thread nor open port."""
    world = World(Size(users=12))
    with Sandbox(world) as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        client = Client(sandbox)
        with client.http:
            client.ask("get_roles")
    assert "wix-sandbox" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_stop_while_somebody_connects(serve):
    """Whoever connected just before the sandbox stops is disconnected; no socket is left for the garbage collector."""
    client = serve()
    host, port = client.http.base_url.host, client.http.base_url.port
    late: list[socket.socket] = []
    stopping = threading.Thread(target=client.sandbox.stop)

    def stop_after_connections(*_: object) -> None:
        # The server's thread stands still here, and then finds the connections and the order to stop together.
        late.extend(socket.create_connection((host, port), timeout=10) for _ in range(5))
        stopping.start()
        time.sleep(0.1)

    client.sandbox.before_request = stop_after_connections
    client.ask("get_roles")
    stopping.join()
    for connection in late:
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    assert [str(warning.message) for warning in unclosed] == []


def test_taken_port():
    """A taken port shows when the sandbox is made."""
    with Sandbox(World(Size(users=0))) as sandbox, pytest.raises(OSError, match="in use"):
        Sandbox(World(Size(users=0)), port=int(sandbox.url.rsplit(":", 1)[1]))


def test_never_started():
    """A sandbox that never started can be stopped."""
    Sandbox(World(Size(users=0))).stop()


def test_requests_are_kept(serve):
    """Every request is kept with its endpoint, id header, query, body and status."""
    client = serve()
    client.ask("search_team", {"paging": {"limit": 3}})
    client.ask("get_roles", params={"locale": "de"})
    client.ask("get_account", headers={})
    seen = client.sandbox.requests
    assert [(one.endpoint, one.status) for one in seen] == [
        ("search_team", 200),
        ("get_roles", 200),
        ("get_account", 401),
    ]
    assert seen[0].body == {"paging": {"limit": 3}}
    assert seen[0].headers["wix-account-id"] == client.sandbox.world.main.id
    assert seen[1].query == (("locale", "de"),)


def test_stats(serve):
    """Requests per endpoint, and how many of everything each account holds."""
    client = serve()
    for endpoint in ("search_team", "search_team", "get_roles"):
        client.ask(endpoint)
    stats = client.http.get("/_sandbox/stats").json()
    assert stats == client.sandbox.stats()
    assert stats["requests"] == {"search_team": 2, "get_roles": 1}
    main = client.sandbox.world.main
    assert stats["counts"] == stats["accounts"][main.id] == main.counts()
    assert len(stats["accounts"]) == 3
    users = [member["user"] for member in client.members() if "user" in member]
    assert stats["counts"]["users"] == len(users)
    assert stats["counts"]["assignments"] == sum(len(user.get("assignments", ())) for user in users)


def test_changes_show_at_once(serve):
    """What changes in the world shows in the next answer, whole and only there."""
    client = serve()
    account = client.sandbox.world.main
    before = client.members()
    with client.sandbox.lock:
        ada = account.person("ada.okafor@acme-studio.example")
        account.rename(ada.id, "Ada", "King")
        new = account.join(Person(account.new_id(), email="new@acme-studio.example", joined="2030-01-01T00:00:00Z"))
    after = client.members()
    assert [member for member in after if member not in before] == [
        member for member in after if next(iter(member.values()))["id"] in {ada.id, new.id}
    ]
    assert len(after) == len(before) + 1


def test_change_just_before_a_request(serve):
    """A hook may change the world just before the n-th request to an endpoint."""
    client = serve()
    account = client.sandbox.world.main

    def leave(endpoint: str, number: int) -> None:
        if (endpoint, number) == ("search_team", 2):
            account.leave(next(iter(account.people)))

    client.sandbox.before_request = leave
    counts = []
    for _ in range(3):
        answer = client.ask("search_team", {"facets": ["Users"]}).json()
        counts.append(answer["facets"][0]["values"][0]["count"])
    assert counts == [12, 11, 11]
    assert client.sandbox.before_request is leave


def test_latency(serve):
    """Every answer takes as long as it is meant to, and they overlap."""
    client = serve(options=ApiOptions(latency=1.5))
    began = time.monotonic()
    threads = [threading.Thread(target=client.ask, args=("get_roles",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One after another they would take five times as long.
    assert 1.5 <= time.monotonic() - began < 7.5


def test_advance_over_http(serve):
    """Days pass at a request."""
    client = serve()
    answer = client.http.post("/_sandbox/advance", json={"days": 30})
    assert answer.json() == {"day": 30, "now": "2026-12-01T08:00:00+00:00"}
    assert client.sandbox.world.main.person("casey.marlow@acme-studio.example") is None


@pytest.mark.parametrize("body", [{}, {"days": -1}, {"days": "3"}, []])
def test_advance_refuses(serve, body):
    """Days that are none are refused."""
    client = serve()
    assert client.http.post("/_sandbox/advance", json=body).status_code == 400
    assert client.sandbox.world.day == 0


def test_faults_over_http(serve):
    """Faults can be added while it runs, and are listed until they fire; a wrong one is refused."""
    client = serve()
    fault = {"kind": "status", "endpoint": "get_roles", "status": 503}
    assert client.http.post("/_sandbox/faults", json=[fault]).json() == {"added": 1}
    assert client.http.post("/_sandbox/faults", json=[{"kind": "flood"}]).status_code == 400
    assert client.http.get("/_sandbox/stats").json()["unfired_faults"] == [fault]
    assert client.ask("get_roles").status_code == 503
    assert client.http.get("/_sandbox/stats").json()["unfired_faults"] == []


def test_ipv6():
    """It listens at an IPv6 address too."""
    with Sandbox(World(Size(users=0)), host="::1") as sandbox:
        client = Client(sandbox)
        with client.http:
            assert client.ask("get_roles").status_code == 200
