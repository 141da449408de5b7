"""Transport: authentication, the request budget, retries, and errors for answers that cannot be used."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
import stamina.instrumentation

from tap_wix_users.wix import fence
from tap_wix_users.wix.budget import Clock, RequestBudget, SystemClock
from tap_wix_users.wix.errors import (
    Endpoint,
    NoAnswer,
    TimedOut,
    TooLarge,
    TooLong,
    Unreachable,
    UnreadableAnswer,
    WixError,
    refusal,
)  # fmt: skip
from tap_wix_users.wix.lookup import NameTooSlow
from tap_wix_users.wix.network import network_settings
from tap_wix_users.wix.redaction import Redactor
from tap_wix_users.wix.retries import Attempts, is_retryable, is_throttled, may_be_too_large
from tap_wix_users.wix.text import storable
from tap_wix_users.wix.transport import FencedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_TRUST = "If a proxy or a firewall uses certificates of its own, set `SSL_CERT_FILE` to those to trust"

_HEADER_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"""Loggers that write response headers at debug level, in one of which a server may echo the key."""

logger = logging.getLogger(__name__)


@dataclass
class Meter:
    """Counts the requests of one read. Shared by its threads.

    Attributes:
        requests: Requests sent, retries included.
        retries: Requests sent again after a failure.
        backed_off: Seconds between a failure and the next attempt, except after a 429.
        began: When the first request was sent, in the client's monotonic seconds.
    """

    requests: int = 0
    retries: int = 0
    backed_off: float = 0.0
    began: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, retry: bool) -> None:
        """Count one request."""
        with self._lock:
            self.requests += 1
            self.retries += retry

    def age(self, now: float) -> float:
        """Seconds since the first request."""
        with self._lock:
            if self.began is None:
                self.began = now
            return now - self.began

    def back_off(self, seconds: float) -> None:
        """Count a wait."""
        with self._lock:
            self.backed_off += seconds


@dataclass(frozen=True)
class Request:
    """One request of the API.

    Attributes:
        endpoint: Method, path and the permission that it needs.
        headers: Exactly one id header: ``wix-account-id`` or ``wix-site-id`` (docs/api-contract.md, section 1).
        params: Query parameters; a list repeats its key.
        body: JSON body of a POST.
        meter: Counts it.
        cancelled: Set when its answer is no longer needed: it is then not retried.
        shrinkable: Whether a smaller page can be requested instead, so that this one is retried less often.
    """

    endpoint: Endpoint
    headers: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    meter: Meter = field(default_factory=Meter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    shrinkable: bool = False


class WixClient:
    """Sends requests with an account-level API key, within one budget, and retries those that may succeed.

    As a context manager it closes its connections.

    Args:
        api_key: The bare key; sent in ``Authorization``, and only to ``base_url``.
        base_url: Scheme and host of the API.
        requests_per_minute: Budget for everything that uses this client.
        request_timeout: Seconds that one exchange may take, from connecting to the last byte of the answer.
        max_retry_seconds: Seconds for which one request may be retried, including waits.
        max_concurrency: Maximum number of requests in flight, where requests do not depend on each other.
        clock: Measures time and waits.

    Raises:
        BadNetworkSettings: A proxy or a certificate file that the environment names cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        requests_per_minute: int,
        request_timeout: float,
        max_retry_seconds: float,
        max_concurrency: int,
        clock: Clock | None = None,
    ) -> None:
        for name in _HEADER_LOGGERS:
            logging.getLogger(name).disabled = True
        # We log retries ourselves, with the time of the next attempt.
        stamina.instrumentation.set_on_retry_hooks([])
        self.meter = Meter()
        self._clock = clock or SystemClock()
        self._budget = RequestBudget(requests_per_minute, self._clock)
        network = network_settings(base_url)
        self._redactor = Redactor(api_key, *network.secrets)
        self._by_way_of = f" through the proxy of `{network.proxy_variable}`" if network.proxy else ""
        self._patience = max_retry_seconds
        # A slower pace than Wix's is allowed to take proportionally longer.
        self._max_seconds = fence.MAX_SECONDS * max(1, fence.WIX_PACE / requests_per_minute)
        self.max_concurrency = max_concurrency
        self._slots = threading.BoundedSemaphore(max_concurrency)
        self.pool = ThreadPoolExecutor(max_concurrency, thread_name_prefix="wix")
        self._timeout = request_timeout
        self._http = httpx.Client(
            base_url=base_url,
            headers={"authorization": api_key, "accept": "application/json", "accept-encoding": "gzip, deflate"},
            timeout=request_timeout,
            follow_redirects=False,
            event_hooks={"response": [_forget_location]},
            transport=FencedTransport(network.trust, network.proxy, max_concurrency),
            # The transport already has the proxy and the certificates of the environment.
            trust_env=False,
        )

        # httpx takes an address apart twice for each request.
        self._address = lru_cache(64)(lambda path: self._http.build_request("GET", path).url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After a failure, do not wait for requests in flight.
        self.close(wait=kind is None)

    @property
    def waits(self) -> dict[str, float]:
        """Seconds that requests waited for the budget, and before retries, summed over all threads."""
        throttled = self._budget.waited_closed
        return {"budget": self._budget.waited - throttled, "retries": self.meter.backed_off + throttled}

    def close(self, *, wait: bool = True) -> None:
        """Close the connections, and end the threads.

        Args:
            wait: Whether to wait for requests in flight.
        """
        self.pool.shutdown(wait=wait, cancel_futures=True)
        self._http.close()

    def send(self, request: Request, parse: Callable[[bytes], T]) -> T:
        """Send a request, retrying it until it is answered, and parse the body of the answer.

        Args:
            request: The request.
            parse: Turns the body into an object; raises ``UnreadableBody`` if it cannot.

        Raises:
            WixError: No attempt in time was answered with a readable 200, or the read as a whole took too long.
        """
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            raise Unreachable(request.endpoint, "it cannot be sent: an id has characters that no header can hold")
        attempts = Attempts(self._clock, self._patience)
        # stamina never waits itself: our clock does, so that a 429 holds back all threads together, no wait begins that
        # would end too late, and tests run in virtual time.
        for attempt in stamina.retry_context(
            on=lambda error: self._wait(error, request, attempts), attempts=None, timeout=None
        ):
            with attempt:
                self._budget.acquire(request.cancelled)
                if request.cancelled.is_set():
                    raise NoAnswer(request.endpoint, "the answer is no longer needed")
                if request.meter.age(self._clock.now()) > self._max_seconds:
                    raise TooLong(request.endpoint, self._max_seconds)
                attempts.begin()
                for meter in (self.meter, request.meter):
                    meter.count(retry=attempts.number > 1)
                return self._send_once(request, parse)
        raise AssertionError  # pragma: no cover  # retry_context returns or raises

    def _send_once(self, request: Request, parse: Callable[[bytes], T]) -> T:
        endpoint = request.endpoint
        failure: WixError | None = None
        response, body = None, b""
        try:
            with (
                self._slots,
                fence.Fence(self._timeout) as bounds,
                self._http.stream(
                    endpoint.method,
                    self._address(endpoint.path),
                    headers=request.headers,
                    params=request.params or None,
                    json=request.body,
                ) as response,
            ):
                body = bounds.body(response)
        except (httpx.RequestError, httpx.InvalidURL, fence.LimitExceeded, fence.ExchangeFailed) as error:
            failure = self._failure(endpoint, error)
        if response is not None and response.status_code != 200:
            # Its body may be cut short or badly encoded: the status decides.
            failure = refusal(endpoint, response, body, self._redactor)
        if failure is not None:
            # Raised outside the `except`, so that its context does not hold the request, and the key in it.
            raise failure
        if body.count(b",") > fence.MAX_VALUES:
            raise TooLarge(endpoint)
        try:
            return parse(storable(body))
        except UnreadableBody as error:
            raise UnreadableAnswer(endpoint, str(error), retryable=error.retryable) from None

    def _failure(self, endpoint: Endpoint, error: Exception) -> WixError:
        """The error for an exchange without an answer, with a message that names what is at fault."""
        if isinstance(error, fence.TooSlow | httpx.TimeoutException):
            return self._timed_out(endpoint, error)
        if isinstance(error, fence.TooLarge):
            return TooLarge(endpoint)
        if isinstance(error, fence.Undecodable):
            return UnreadableAnswer(endpoint, "the answer is not encoded as its headers say", retryable=True)
        said = self._redactor.text(str(error)) or "no details"
        if isinstance(error, fence.NotTrusted):
            return Unreachable(endpoint, f"no connection{self._by_way_of}: {said}", _TRUST)
        if isinstance(error, httpx.ProxyError):
            return Unreachable(endpoint, f"no connection{self._by_way_of}: it answers {said}")
        return NoAnswer(endpoint, f"no answer{self._by_way_of}: {type(error).__name__} ({said})")

    def _timed_out(self, endpoint: Endpoint, error: Exception) -> NoAnswer:
        if isinstance(error, NameTooSlow):
            what = f"the name {error.host} was not found within {self._timeout:g} s{self._by_way_of}"
            return NoAnswer(endpoint, what, "Check the DNS settings of this machine")
        return TimedOut(endpoint, self._timeout, self._by_way_of)

    def _wait(self, error: Exception, request: Request, attempts: Attempts) -> float | bool:
        """Whether to try again; waits before it returns, or, after a 429, closes the budget for that time."""
        if not is_retryable(error) or request.cancelled.is_set():
            return False
        if request.shrinkable and attempts.number > 1 and may_be_too_large(error):
            return False
        throttled, seconds = is_throttled(error), attempts.wait_after(error)
        if throttled:
            # Even when this request gives up, the next one must not run into the same limit. But never for longer than
            # requests are retried: Wix may ask for a day.
            self._budget.close_for(min(seconds, self._patience))
        if not attempts.has_patience_for(seconds):
            if isinstance(error, WixError):
                error.patience = attempts.summary()
            return False
        logger.warning("%s; attempt %d follows in %.1f s", error, attempts.number + 1, seconds)
        if not throttled:
            self.meter.back_off(seconds)
            self._clock.sleep(seconds, request.cancelled)
        return 0.0


class UnreadableBody(ValueError):
    """A body that a parser cannot read.

    Attributes:
        retryable: Whether another attempt may return a better one: it was cut short or is not JSON.
    """

    def __init__(self, what: str, *, retryable: bool) -> None:
        self.retryable = retryable
        super().__init__(what)


def _forget_location(response: httpx.Response) -> None:
    # httpx prepares the next request even if it follows no redirects, and fails if the address is malformed.
    response.headers.pop("location", None)
