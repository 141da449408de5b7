"""A run closes what it opened, however it ends."""

from __future__ import annotations

import contextlib
import gc
import io
import socket
import threading
from urllib.parse import urlsplit

import pytest

from tap_wix_users.streams import TableStream
from tap_wix_users.tap import TapWixUsers
from tests.support import config, own_signals, run
from wix_sandbox import Fault, Size, World


def _connections(sandbox):
    """The open sockets of this process that lead to a sandbox."""
    address = (urlsplit(sandbox.url).hostname, urlsplit(sandbox.url).port)
    return [one for one in gc.get_objects() if isinstance(one, socket.socket) and _leads_to(one, address)]


def _leads_to(one, address):
    try:
        return one.getpeername() == address
    except OSError:
        return False


def _threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("wix_", "wix-reads"))]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize(
    "faults",
    [[], [Fault.of("status", endpoint="query_folders", times=0)], [Fault.of("reset", endpoint="search_team", nth=3)]],
    ids=["complete", "one list fails", "a connection breaks"],
)
def test_a_run_leaves_nothing_open(serve, concurrency, faults):
    """No connection and no thread is left for the garbage collector, nor for the interpreter's end."""
    sandbox = serve(World(Size(users=300, child_accounts=2)), faults=faults)
    ran = run(sandbox, max_concurrency=concurrency, page_size=20, include_child_accounts=True)
    assert ran.streams
    assert (_threads(), _connections(sandbox)) == ([], [])


def test_a_run_that_crashes_leaves_no_connection(serve, monkeypatch):
    """Neither does one that crashes unexpectedly while pages are being requested."""
    sandbox = serve(World(Size(users=300)))

    def crash(*_arguments):
        raise RuntimeError("never thought of")

    monkeypatch.setattr(TableStream, "_write_receipt", crash)
    with own_signals(), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        tap = TapWixUsers(config=config(sandbox, page_size=20))
        with pytest.raises(RuntimeError, match="never thought of"), tap.run:
            tap.sync_all()
    assert _connections(sandbox) == []


def test_a_run_can_be_followed_by_another(serve):
    """What a run closed, the next one of the same tap opens anew: a test of the connection, then a sync."""
    sandbox = serve()
    with own_signals(), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        tap = TapWixUsers(config=config(sandbox))
        for _ in range(2):
            with tap.run:
                assert tap.run_connection_test()
    assert (_threads(), _connections(sandbox), tap.run.failures) == ([], [], [])
