"""The fence around one exchange: whatever the other side sends, and however slowly, it ends in time and in memory."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
import tracemalloc
import zlib
from contextlib import ExitStack
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from tap_wix_users.wix import errors, fence
from tap_wix_users.wix.client import Request, WixClient
from tap_wix_users.wix.endpoints import GET_ROLES, AccountApi
from tests.defaults import CLIENT
from tests.wix.conftest import ASK, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"

EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A block of deflate that holds nothing."""


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


SOON = 15
"""Seconds: what is not ended by then has no end, or one that is long after, however busy this machine is."""

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
GZIP = zlib.compressobj(wbits=31)
GZIP_HEAD = GZIP.compress(b"") + GZIP.flush(zlib.Z_SYNC_FLUSH)

DRIPS: dict[str, Callable[[], Iterable[bytes]]] = {
    "nothing at all": after(b"", repeat(b"")),
    "the version": after(b"HTTP/", repeat(b"1")),
    "the status line": after(b"HTTP/1.1 200 ", repeat(b"O")),
    "endless continues": after(b"", repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "endless early hints": after(b"", repeat(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")),
    "a header": after(OK + b"x: ", repeat(b"y")),
    "many headers": after(OK, repeat(b"x: y\r\n")),
    "a body without a length": after(OK + b"\r\n", repeat(b" ")),
    "a body with a length": after(OK + b"content-length: 100000\r\n\r\n", repeat(b" ")),
    "chunks": after(CHUNKED, repeat(b"1\r\n \r\n")),
    "the size of a chunk": after(CHUNKED, repeat(b"0")),
    "the extension of a chunk": after(CHUNKED + b"1;x=", repeat(b"y")),
    "extensions of many chunks": after(CHUNKED, repeat(b'1;x="y"\r\n \r\n')),
    "a trailer": after(CHUNKED + b"2\r\n{}\r\n0\r\nx: ", repeat(b"y")),
    "many trailers": after(CHUNKED + b"2\r\n{}\r\n0\r\n", repeat(b"x: y\r\n")),
    "gzip that decodes to nothing": after(OK + b"content-encoding: gzip\r\n\r\n" + GZIP_HEAD, repeat(EMPTY_BLOCK)),
    "deflate that decodes to nothing": after(
        OK + b"content-encoding: deflate\r\n\r\n" + zlib.compress(b"")[:2], repeat(EMPTY_BLOCK)
    ),
}


class Chatterbox(Listener):
    """A host that sends more than an answer: behind each, whole or in part, one that nobody asked for.

    Args:
        at_once: Bytes of the other answer that come with the first; the rest comes when the next request is there.
    """

    def __init__(self, at_once: int | None) -> None:
        super().__init__(b"")
        self.at_once = at_once
        self.numbers = count(1)
        self.RequestHandlerClass = _Chatter


class _Chatter(socketserver.StreamRequestHandler):
    server: Chatterbox

    def handle(self) -> None:
        rest = b""
        while b"\r\n" in iter(self.rfile.readline, b""):
            unasked, at_once = _numbered(-1), self.server.at_once
            with contextlib.suppress(OSError):
                self.wfile.write(rest + _numbered(next(self.server.numbers)) + unasked[:at_once])
            rest = unasked[len(unasked[:at_once]) :]


def _numbered(number: int) -> bytes:
    return OK + b"content-length: 2\r\n\r\n%2d" % number


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


@pytest.fixture
def listen(api):
    """Sends one request to a host that answers like this, and returns the error and how long it took."""

    def ask(parts: Callable[[], Iterable[bytes]], *, pause: float = 0.02, seconds: float = 0.25):
        with Dripper(parts, pause) as host:
            asked = api(host.url, request_timeout=seconds)
            began = time.monotonic()
            with pytest.raises(errors.WixError) as caught:
                ASK["get_roles"](asked)
            took = time.monotonic() - began
        return caught.value, took

    return ask


@pytest.mark.parametrize("name", DRIPS)
def test_a_drip_ends_with_the_time_out(name, listen):
    """Each drop comes well within the time-out, and the exchange is over when it is."""
    error, took = listen(DRIPS[name])
    assert type(error) is errors.TimedOut
    assert error.what == "no whole answer within 0.25 s"
    assert error.advice == "Raise `request_timeout` if the API is only slow"
    assert took < SOON


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


@pytest.mark.parametrize("status", [b"403 Forbidden", b"401 Unauthorized", b"400 Bad Request"])
def test_a_refusal_in_drips_is_a_refusal(status, listen):
    """Its status came, and its body ends with the time-out."""
    head = b"HTTP/1.1 " + status + b"\r\ncontent-length: 100000\r\n\r\n"
    error, took = listen(after(head, repeat(b" ")))
    assert isinstance(error, errors.Refusal)
    assert error.status == int(status[:3])
    assert took < SOON


def deflated(size: int, wbits: int) -> bytes:
    """So many blanks, compressed."""
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(b" " * size) + packer.flush()


def encoded(how: str, body: bytes) -> Callable[[], Iterable[bytes]]:
    """An answer that says how its body is encoded."""
    return after(OK + f"content-encoding: {how}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body, ())


LARGE: dict[str, Callable[[], Iterable[bytes]]] = {
    "a body": after(OK + b"\r\n", repeat(b" " * 2**20)),
    "chunks": after(CHUNKED, repeat(b"100000\r\n" + b" " * 2**20 + b"\r\n")),
    "continues": after(b"", repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000)),
    "gzip that decodes to nothing": after(
        OK + b"content-encoding: gzip\r\n\r\n" + GZIP_HEAD, repeat(EMPTY_BLOCK * 200_000)
    ),
    "more values than any answer has": after(OK + b"content-length: 4000005\r\n\r\n[" + b"{}, " * 1_000_001, ()),
}


INFLATED = {
    "gzip that inflates": ("gzip", 2**30, 31),
    "deflate that inflates": ("deflate", 2**28, 15),
    "deflate without its envelope": ("deflate", 2**28, -15),
}
"""Encoding, size and format of answers that are made in the test alone: to compress them takes seconds."""


@pytest.mark.parametrize("name", [*LARGE, *INFLATED])
def test_a_flood_ends_with_the_size(name, listen):
    """It costs no more memory than the largest answer, and is not retried."""
    if name in INFLATED:
        how, *form = INFLATED[name]
        answer = encoded(how, deflated(*form))
    else:
        answer = LARGE[name]
    tracemalloc.start()
    try:
        error, _ = listen(answer, pause=0, seconds=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert type(error) is errors.TooLarge
    assert error.what == "the answer is too large to come from this API"
    assert error.patience == ""
    assert peak < 150 * 2**20


@pytest.mark.parametrize("how", ["br", "zstd", "gzip, gzip", "compress", "identity, gzip", "x"])
def test_an_encoding_that_nobody_asked_for(how, listen):
    """It is not undone: each one more would be one more way to inflate."""
    error, _ = listen(encoded(how, b"{}"))
    assert type(error) is errors.UnreadableAnswer
    assert error.what == "the answer is not encoded as its headers say"


@pytest.mark.parametrize("how", ["gzip", "deflate"])
def test_half_an_encoding(how, listen):
    """A compressed answer that ends too early is none."""
    error, _ = listen(encoded(how, deflated(1000, 31 if how == "gzip" else 15)[:-6]))
    assert type(error) is errors.UnreadableAnswer
    assert error.what == "the answer is not encoded as its headers say"


@pytest.mark.parametrize(
    ("how", "wbits"),
    [("gzip", 31), ("x-gzip", 31), ("GZIP", 31), ("deflate", 15), ("deflate", -15), ("identity", None)],
)
def test_an_encoding_that_was_asked_for(how, wbits, api):
    """It is undone, in both forms of what is called deflate."""
    body = b'{"predefinedRoles":[{"id":"7"}]}'
    packer = zlib.compressobj(wbits=wbits) if wbits else None
    with Dripper(encoded(how, packer.compress(body) + packer.flush() if packer else body), 0) as host:
        roles = api(host.url).get_roles(locale="en")
    assert [role.id for role in roles.predefined_roles] == ["7"]


@pytest.mark.parametrize("site_id", ["s\u00edte", "a\r\nx: y", "a\x00", "a\u202e", "\U0001f600"])
def test_an_id_that_no_header_can_hold(site_id, api):
    """The request is not sent, is not tried again, and says why."""
    with pytest.raises(errors.Unreachable) as caught:
        api("http://127.0.0.1:9").query_contributors(site_id)
    assert caught.value.what == "it cannot be sent: an id has characters that no header can hold"
    assert caught.value.patience == ""


@pytest.mark.parametrize(
    ("escaped", "stored"),
    [
        (rb"A\ud83d", "A\ufffd"),
        (rb"\ude00A", "\ufffdA"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\uD83D\uDE00", "\U0001f600"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (rb"a\u0000b", "a\ufffdb"),
        (rb"a\\u0000b", r"a\u0000b"),
        (b"A\xf0\x9f", "A\ufffd"),
        (b"\xff", "\ufffd"),
    ],
)
def test_text_that_no_target_can_store(escaped, stored, api):
    """It is replaced, and the read goes on; whatever is fine stays."""
    body = b'{"predefinedRoles":[{"id":"7","title":"' + escaped + b'"}]}'
    with Dripper(encoded("identity", body), 0) as host:
        roles = api(host.url).get_roles(locale="en")
    assert [role.title for role in roles.predefined_roles] == [stored]


@pytest.mark.parametrize("at_once", [None, 1, 20, -1])
def test_an_answer_that_nobody_asked_for(at_once, api):
    """It is never taken for the answer to the next request, and no request is sent twice for it."""
    with Chatterbox(at_once) as host:
        client = api(host.url).client
        found = [client.send(Request(GET_ROLES, {"wix-account-id": ACCOUNT}), int) for _ in range(3)]
    assert (found, client.meter.requests) == ([1, 2, 3], 3)


def test_an_answer_before_the_request_was_read(tmp_path, monkeypatch):
    """It is read, although the request can no longer be sent."""
    # The path of such a socket is limited to some hundred bytes, which that of a temporary folder may exceed.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as host:
        host.bind("host")
        host.listen()
        connected = httpcore.SyncBackend().connect_unix_socket("host")
        with contextlib.closing(fence._Stream(connected, fence._OpenConnections())) as stream:
            asked, _ = host.accept()
            asked.sendall(OK)
            asked.close()
            stream.write(b"GET / HTTP/1.1\r\n\r\n")
            assert stream.read(100) == OK
