"""A fence around one exchange with the API: limits on its time and its bytes, whatever the other side does.

It works below HTTP, where every byte passes: also those of 1xx answers, status line, headers, chunk extensions and
trailers, and those that decode to nothing. The decoded size is limited separately, since a few kilobytes may inflate to
gigabytes.
"""

from __future__ import annotations

import threading
import time
import zlib
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

MAX_BYTES = 32 * 1024 * 1024
"""The bytes that one answer may have on the wire, and the bytes that it may decode to."""

MAX_HEAD = 128 * 1024
"""The bytes that may come before the body of an answer: its status, its headers, and 1xx answers before it."""

MAX_VALUES = 1_000_000
"""The values that one answer may hold, estimated by its commas: a few bytes of JSON become objects of hundreds."""

MAX_SECONDS = 12 * 3600
"""The time that one read may take, including all its requests and waits, at Wix's own pace."""

WIX_PACE = 200
"""Requests a minute that Wix allows."""

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The encodings that are accepted, with zlib's parameter for each."""


class LimitExceeded(Exception):
    """An exchange that exceeded a limit of its fence."""


class TooSlow(LimitExceeded):
    """It took too long."""


class TooLarge(LimitExceeded):
    """It sent too many bytes."""


class ExchangeFailed(Exception):
    """An exchange that failed in a way for which httpx has no exception."""


class Undecodable(ExchangeFailed):
    """An answer that is not encoded as its headers say, or in an encoding that was not accepted."""


class NotTrusted(ExchangeFailed):
    """The other side of a TLS connection did not prove its identity, or does not speak TLS at all."""


class Fence:
    """The limits of one exchange, for the thread that enters it.

    Args:
        seconds: The time limit of the whole exchange.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._came = 0
        self._most = MAX_HEAD

    def __enter__(self) -> Self:
        _own.fence = self
        return self

    def __exit__(self, *_: object) -> None:
        _own.fence = None

    def seconds(self, most: float | None) -> float:
        """Seconds that the next step may take.

        Raises:
            TooSlow: There are none left.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        return left if most is None else min(left, most)

    def count(self, size: int) -> None:
        """Count received bytes.

        Raises:
            TooLarge: There are too many.
        """
        self._came += size
        if self._came > self._most:
            raise TooLarge

    def body(self, response: httpx.Response) -> bytes:
        """The decoded body of an answer of which only the head has been read.

        Args:
            response: The answer.

        Raises:
            TooLarge: It is too large, or decodes to too much.
            Undecodable: It is not encoded as its headers say, or in an encoding that was not accepted.
        """
        self._most = MAX_BYTES
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity"):
            return b"".join(response.iter_raw())
        if encoding not in _WINDOWS:
            raise Undecodable
        try:
            return _inflated(response.iter_raw(), _WINDOWS[encoding])
        except zlib.error:
            raise Undecodable from None


_own = threading.local()


def seconds_left(most: float | None) -> float | None:
    """Seconds that the next step of this thread may take, within its fence if it has one.

    Args:
        most: The step's own limit, if any.

    Raises:
        TooSlow: There are none left.
    """
    fence: Fence | None = getattr(_own, "fence", None)
    return most if fence is None else fence.seconds(most)


def count_received(size: int) -> None:
    """Count bytes that this thread received, in its fence if it has one.

    Raises:
        TooLarge: There are too many.
    """
    if fence := getattr(_own, "fence", None):
        fence.count(size)


def _inflated(parts: Iterable[bytes], window: int) -> bytes:
    inflate = zlib.decompressobj(window)
    found = bytearray()
    for part in parts:
        if not found and window == 15 and not _is_zlib(part):
            # Servers send "deflate" both with and without the zlib header.
            inflate, window = zlib.decompressobj(-15), -15
        found += inflate.decompress(part, MAX_BYTES + 1 - len(found))
        if len(found) > MAX_BYTES:
            raise TooLarge
    if not inflate.eof:
        raise Undecodable
    return bytes(found)


def _is_zlib(part: bytes) -> bool:
    return part[:1] == b"" or (part[0] & 0x0F == 8 and int.from_bytes(part[:2], "big") % 31 == 0)
