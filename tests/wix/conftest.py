from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import pytest

from tap_wix_users.wix.client import WixClient
from tap_wix_users.wix.endpoints import AccountApi
from tap_wix_users.wix.proving import ReadOptions
from tests.defaults import CLIENT, defaults
from tests.virtual import VirtualClock
from wix_sandbox import Sandbox, Size, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ASK: dict[str, Callable[[AccountApi], Any]] = {
    "search_team": lambda api: api.search_team(limit=5, offset=0, facets=True),
    "get_roles": lambda api: api.get_roles(locale="en"),
    "query_sites": lambda api: api.query_sites(cursor=None),
    "count_sites": lambda api: api.count_sites(),
    "query_folders": lambda api: api.query_folders(offset=0),
    "list_child_accounts": lambda api: api.list_child_accounts(offset=0),
    "get_account": lambda api: api.get_account(),
}
"""One request to each endpoint, by the sandbox's name for it."""


READ_OPTIONS = ReadOptions(
    page_size=100, **defaults("accept_repeat_proof"), attempts=defaults("max_walk_attempts")["max_walk_attempts"]
)
"""How a list is read, where a test does not say otherwise: in pages of which small teams have several."""


ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
"""The account of tests whose host is no sandbox."""

SOON = 15
"""Seconds: what is not ended by then has no end, or one that is long after, however busy this machine is."""

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of every client of the test."""
    return VirtualClock()


@pytest.fixture
def serve() -> Iterator[Callable[..., Sandbox]]:
    """Serves a world of 12 people, or any other; a fault that was scheduled and never fired fails the test."""
    sandboxes: list[Sandbox] = []
    with ExitStack() as stack:

        def start(world: World | None = None, **options: Any) -> Sandbox:
            sandbox = stack.enter_context(Sandbox(world or World(Size(users=12)), **options))
            sandboxes.append(sandbox)
            return sandbox

        yield start
    assert [sandbox.faults.unfired() for sandbox in sandboxes] == [[] for _ in sandboxes]


@pytest.fixture
def connect(clock: VirtualClock) -> Iterator[Callable[..., AccountApi]]:
    """Gives the API of a sandbox's main account, through a client of its own in virtual time."""
    with ExitStack() as stack:

        def make(sandbox: Sandbox, **options: Any) -> AccountApi:
            settings: dict[str, Any] = {"api_key": sandbox.world.key, "base_url": sandbox.url, "clock": clock}
            client = WixClient(**CLIENT | settings | options)
            stack.callback(client.close)
            # A request that is still under way when its server stops would leave an open socket behind.
            stack.callback(client.pool.shutdown, cancel_futures=True)
            return AccountApi(client, sandbox.world.main.id)

        yield make


@pytest.fixture
def api() -> Iterator[Callable[..., AccountApi]]:
    """Gives the API of an account at an address."""
    with ExitStack() as stack:

        def make(url: str, **options: Any) -> AccountApi:
            client = WixClient(
                api_key="IST.a-key-of-a-test", base_url=url, **CLIENT | {"max_retry_seconds": 0} | options
            )
            stack.callback(client.close)
            stack.callback(client.pool.shutdown)
            return AccountApi(client, ACCOUNT)

        yield make


def asked(sandbox: Sandbox) -> int:
    """Requests that reached the sandbox, those without an answer too."""
    return sum(sandbox.stats()["requests"].values())


class Listener(socketserver.ThreadingTCPServer):
    """A host that keeps what it is sent, and answers everything with the same bytes.

    Attributes:
        received: Each request, as it came.
        url: Its address.
    """

    daemon_threads = True

    def __init__(self, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.received: list[bytes] = []
        self.url = "http://{}:{}".format(*self.server_address)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server: Listener

    def handle(self) -> None:
        head = b"".join(iter(self.rfile.readline, b"\r\n"))
        lengths = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        self.server.received.append(head + b"\r\n" + self.rfile.read(int(lengths[0]) if lengths else 0))
        self.wfile.write(self.server.answer)


class Dripper(Listener):
    """A host that answers in parts, one after the other, until the client disconnects.

    Args:
        parts: The parts of each answer.
        pause: Seconds between them.
    """

    def __init__(self, parts: Callable[[], Iterable[bytes]], pause: float) -> None:
        super().__init__(b"")
        self.parts, self.pause = parts, pause
        self.RequestHandlerClass = _Drip


class _Drip(socketserver.StreamRequestHandler):
    server: Dripper

    def handle(self) -> None:
        for line in iter(self.rfile.readline, b"\r\n"):
            if not line:
                return
        with contextlib.suppress(OSError):
            for part in self.server.parts():
                self.wfile.write(part)
                time.sleep(self.server.pause)


def after(head: bytes, drops: Iterable[bytes]) -> Callable[[], Iterable[bytes]]:
    """An answer that begins so, and goes on in drops."""

    def parts() -> Iterable[bytes]:
        yield head
        yield from drops

    return parts


def encoded(how: str, body: bytes) -> Callable[[], Iterable[bytes]]:
    """An answer that says how its body is encoded."""
    return after(OK + f"content-encoding: {how}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body, ())
