"""httpx's transport over connections that the fence of the current thread limits.

Below HTTP, every byte passes, whatever it is for: this is where the fence counts, and where the time of each step ends.
"""

from __future__ import annotations

import ssl
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from typing_extensions import override

from tap_wix_users.wix.fence import NotTrusted, count_received, seconds_left
from tap_wix_users.wix.lookup import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PART = 64 * 1024
"""The bytes that are sent at a time, each within the time that is left."""

_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})
"""Reasons of a failed handshake which show that the other side does not speak TLS."""


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
        found = self._inner.read(max_bytes, seconds_left(timeout))
        count_received(len(found))
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
                self._inner.write(buffer[at : at + _PART], seconds_left(timeout))

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._send()
        try:
            secured = self._inner.start_tls(ssl_context, server_hostname, seconds_left(timeout))
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
        left_to_try = addresses(host, port, seconds_left(timeout))
        while True:
            address = left_to_try.pop(0)
            left = seconds_left(timeout)
            # An address that does not answer must leave time for the others.
            share = left if left is None else left / (1 + len(left_to_try))
            try:
                connected = self._inner.connect_tcp(address, port, share, local_address, socket_options)
                return self._opened.add(_Stream(connected, self._opened))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not left_to_try:
                    raise
