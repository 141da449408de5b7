"""A fence around one exchange with the API: limits on its time and its bytes, whatever the other side does.

It works below HTTP, where every byte passes: also those of 1xx answers, status line, headers, chunk extensions and
trailers, and those that decode to nothing. The decoded size is limited separately, since a few kilobytes may inflate to
gigabytes.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import weakref
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import httpcore
import httpx
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

_PART = 64 * 1024
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The encodings that are accepted, with zlib's parameter for each."""

_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})
"""Reasons of a failed handshake which show that the other side does not speak TLS."""


class LimitExceeded(Exception):
    """An exchange that exceeded a limit of its fence."""


class TooSlow(LimitExceeded):
    """It took too long."""


class NameTooSlow(TooSlow):
    """The lookup of a host's name takes too long.

    Attributes:
        host: The name.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(host)


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


def _seconds(most: float | None) -> float | None:
    fence: Fence | None = getattr(_own, "fence", None)
    return most if fence is None else fence.seconds(most)


class _OpenConnections:
    """The connections of one transport. Closing it closes them all, and no more can be opened.

    httpcore only closes the connections in its pool, not one that another thread is just opening.
    """

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[_Stream] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def add(self, stream: _Stream) -> _Stream:
        """Remember a connection.

        Raises:
            ConnectError: The transport was closed in the meantime.
        """
        with self._lock:
            if not self._closed:
                self._streams.add(stream)
                return stream
        stream.close()
        raise httpcore.ConnectError("the client was closed")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            streams = list(self._streams)
        for stream in streams:
            stream.close()


class _Stream(httpcore.NetworkStream):
    """A connection on which every read and write is limited by the fence of the current thread."""

    def __init__(self, inner: httpcore.NetworkStream, opened: _OpenConnections) -> None:
        self._inner = inner
        self._opened = opened
        self._held: list[tuple[bytes, float | None]] = []

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with suppress(httpcore.WriteError):
            # As httpcore does: a server may answer and close before it has read everything.
            self._send()
        found = self._inner.read(max_bytes, _seconds(timeout))
        if fence := getattr(_own, "fence", None):
            fence.count(len(found))
        return found

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Sent when the answer is to be read: the head of a request and its body, which come apart, leave as one.
        self._held.append((buffer, timeout))

    def _send(self) -> None:
        held, self._held = self._held, []
        if held:
            buffer, timeout = b"".join(part for part, _ in held), held[-1][1]
            for at in range(0, len(buffer), _PART):
                self._inner.write(buffer[at : at + _PART], _seconds(timeout))

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._send()
        try:
            secured = self._inner.start_tls(ssl_context, server_hostname, _seconds(timeout))
        except httpcore.ConnectError as error:
            if (reason := _distrust(error.__cause__)) is None:
                raise
        else:
            return self._opened.add(_Stream(secured, self._opened))
        raise NotTrusted(reason)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _distrust(cause: BaseException | None) -> str | None:
    """Why a failed handshake will fail again; None if it may succeed next time."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
        return "it does not speak TLS"
    return None


class _Backend(httpcore.NetworkBackend):
    def __init__(self, opened: _OpenConnections) -> None:
        self._inner = httpcore.SyncBackend()
        self._opened = opened

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _addresses(host, port, _seconds(timeout))
        while True:
            address = addresses.pop(0)
            left = _seconds(timeout)
            # An address that does not answer must leave time for the others.
            share = left if left is None else left / (1 + len(addresses))
            try:
                connected = self._inner.connect_tcp(address, port, share, local_address, socket_options)
                return self._opened.add(_Stream(connected, self._opened))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not addresses:
                    raise


def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """The addresses of a host, at least one, in the order of the operating system.

    The system's lookup has no time-out, so it runs in a thread, which is abandoned when the time is over.

    Raises:
        NameTooSlow: The lookup takes too long.
        ConnectError: There is no such host.
    """
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(address[0]) for *_, address in known))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    lookup = threading.Thread(target=look_up, name="wix-lookup", daemon=True)
    lookup.start()
    lookup.join(seconds)
    if found:
        return found
    if failed:
        raise httpcore.ConnectError(str(failed[0]))
    raise NameTooSlow(host)


class FencedTransport(httpx.HTTPTransport):
    """httpx's own transport, over connections that are limited by the fence of the current thread.

    Args:
        trust: The TLS context with the trusted certificates.
        proxy: The proxy to use, if any.
        connections: Maximum number of connections.
    """

    def __init__(self, trust: ssl.SSLContext, proxy: httpx.Proxy | None, connections: int) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._opened = _OpenConnections()
        # httpx has no option for the network backend of its pool, so the pool is replaced.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            proxy=None if proxy is None else _for_httpcore(proxy),
            max_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_Backend(self._opened),
        )

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.stream = _Body(response.stream, response.extensions["network_stream"])
        return response

    @override
    def close(self) -> None:
        super().close()
        self._opened.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer, behind which nothing may come: it would be taken for the answer to the next request.

    If something does, the connection is closed.
    """

    def __init__(self, inner: Any, connection: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._connection = connection

    @override
    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner
        # Neither httpx nor httpcore has a way to ask for what h11 has read beyond the answer.
        exchange = self._inner._httpcore_stream._stream._connection  # noqa: SLF001
        more, _ = exchange._h11_state.trailing_data  # noqa: SLF001
        if more:
            self._connection.close()

    @override
    def close(self) -> None:
        self._inner.close()


def _for_httpcore(proxy: httpx.Proxy) -> httpcore.Proxy:
    url = proxy.url
    address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return httpcore.Proxy(address, auth=proxy.raw_auth, headers=proxy.headers.raw, ssl_context=proxy.ssl_context)


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
