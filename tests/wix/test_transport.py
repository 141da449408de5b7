"""The connections below HTTP: what is sent and read on them belongs to one exchange."""

from __future__ import annotations

import contextlib
import socket
import socketserver
from itertools import count

import httpcore
import pytest

from tap_wix_users.wix.client import Request
from tap_wix_users.wix.endpoints import GET_ROLES
from tap_wix_users.wix.transport import _OpenConnections, _Stream
from tests.wix.conftest import ACCOUNT, OK, Listener


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
        with contextlib.closing(_Stream(connected, _OpenConnections())) as stream:
            asked, _ = host.accept()
            asked.sendall(OK)
            asked.close()
            stream.write(b"GET / HTTP/1.1\r\n\r\n")
            assert stream.read(100) == OK
