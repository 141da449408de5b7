"""The lookup of a host's name: it ends in time, and each of its addresses is tried."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.wix import errors
from tests.wix.conftest import SOON, Dripper, encoded

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def look_up(monkeypatch):
    """Lets a function look up the name `localhost`, in place of the system; other names are addresses."""

    def instead(answer: Callable[[], Any]) -> None:
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **more: answer() if host == "localhost" else real(host, *rest, **more),
        )

    return instead


def test_a_lookup_that_never_ends(api, look_up):
    """The system looks for a name for as long as it likes; nobody waits for longer than the exchange may take."""
    over = threading.Event()
    look_up(lambda: over.wait(60) and [])
    began = time.monotonic()
    with pytest.raises(errors.NoAnswer) as caught:
        api("http://localhost:9", request_timeout=0.25).get_roles(locale="en")
    over.set()
    assert time.monotonic() - began < SOON
    assert caught.value.what == "the name localhost was not found within 0.25 s"
    assert caught.value.advice == "Check the DNS settings of this machine"


@pytest.mark.parametrize("trouble", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_lookup_that_fails(trouble, api, look_up):
    """There is no connection, and the words of the system say why."""

    def fail() -> Any:
        raise trouble

    look_up(fail)
    with pytest.raises(errors.NoAnswer) as caught:
        api("http://localhost:9").get_roles(locale="en")
    assert caught.value.what == f"no answer: ConnectError ({trouble})"


def test_addresses_at_which_nobody_answers(api, look_up):
    """Each of them has its share of the time, so that the last one is reached within it."""
    answer = encoded("identity", b'{"predefinedRoles":[{"id":"7"}]}')
    with (
        Dripper(answer, 0) as host,
        socket.create_server(("127.0.0.2", host.server_address[1]), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        look_up(lambda: [(2, 1, 6, "", (f"127.0.0.{last}", 0)) for last in (3, 2, 2, 1)])
        began = time.monotonic()
        roles = api(host.url.replace("127.0.0.1", "localhost"), request_timeout=3).get_roles(locale="en")
    assert [role.id for role in roles.predefined_roles] == ["7"]
    assert 1.2 < time.monotonic() - began < 3
