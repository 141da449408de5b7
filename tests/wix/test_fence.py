"""The fence around one exchange: whatever the other side sends, and however slowly, it ends in time and in memory."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from tap_wix_users.wix import errors
from tests.wix.conftest import ASK, OK, SOON, Dripper, after, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A block of deflate that holds nothing."""


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
    "gzip that inflates": ("gzip", 31),
    "deflate that inflates": ("deflate", 15),
    "deflate without its envelope": ("deflate", -15),
}
"""Encoding and format of answers that inflate to a gigabyte."""


def inflating(wbits: int) -> bytes:
    """A gigabyte of blanks, of which one part is compressed, and repeated: to compress all takes seconds."""
    packer = zlib.compressobj(9, wbits=wbits)
    first, other = (packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + other * 1023


@pytest.mark.parametrize("name", [*LARGE, *INFLATED])
def test_a_flood_ends_with_the_size(name, listen):
    """It costs no more memory than the largest answer, and is not retried."""
    if name in INFLATED:
        how, wbits = INFLATED[name]
        answer = encoded(how, inflating(wbits))
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
