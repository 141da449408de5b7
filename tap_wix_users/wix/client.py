"""Transport: the key, the request budget, retries, and errors instead of odd answers."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
from tap_wix_users.wix.network import network_settings
from tap_wix_users.wix.page_size import may_be_too_large
from tap_wix_users.wix.redaction import Redactor
from tap_wix_users.wix.retries import Attempts, is_retryable, is_throttled
from tap_wix_users.wix.text import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_TRUST = "`SSL_CERT_FILE` names the certificates to trust, where a proxy or a firewall brings its own"

_HEADER_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"""Loggers that write the headers of answers at debug level: a server may echo the key in one."""

logger = logging.getLogger(__name__)


@dataclass
class Meter:
    """Counts the requests of one read. Shared by its threads.

    Attributes:
        requests: Requests sent, retries included.
        retries: Requests sent again after a failure.
        backed_off: Seconds between a failure and the next attempt, those after a 429 left out.
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
        cancelled: Set when nobody waits for its answer any more: it is then not tried again.
        shrinkable: Whether a smaller page can be asked for, so that patience with this one is short.
    """

    endpoint: Endpoint
    headers: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    meter: Meter = field(default_factory=Meter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    shrinkable: bool = False


class WixClient:
    """Sends requests with an account-level API key, within one budget, and retries what can be cured.

    As a context manager it closes its connections.

    Args:
        api_key: Raw key; sent in ``Authorization`` to ``base_url`` alone.
        base_url: Scheme and host of the API.
        requests_per_minute: Budget of everything that uses this client.
        request_timeout: Seconds that one exchange may take, from the connection to the answer's last byte.
        max_retry_seconds: Total patience per request, its waits included.
        max_concurrency: Requests in flight at once, where requests do not depend on each other.
        clock: What waits are measured with.

    Raises:
        BadNetworkSettings: A proxy or a file of certificates that the environment names cannot be used.
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
        # Our own log line reports a retry, and when it comes.
        stamina.instrumentation.set_on_retry_hooks([])
        self.meter = Meter()
        self._clock = clock or SystemClock()
        self._budget = RequestBudget(requests_per_minute, self._clock)
        network = network_settings(base_url)
        self._redactor = Redactor(api_key, *network.secrets)
        self._by_way_of = f" through the proxy of `{network.proxy_variable}`" if network.proxy else ""
        self._patience = max_retry_seconds
        # Whoever asks for a slower pace waits for longer.
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
            transport=fence.FencedTransport(network.trust, network.proxy, max_concurrency),
            # What the environment says is in the transport.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After a failure, nobody waits for requests that are under way.
        self.close(wait=kind is None)

    @property
    def waits(self) -> dict[str, float]:
        """Seconds that requests waited for the budget, and for another attempt; those of all threads together."""
        asked = self._budget.waited_closed
        return {"budget": self._budget.waited - asked, "retries": self.meter.backed_off + asked}

    def close(self, *, wait: bool = True) -> None:
        """Close the connections, and end the threads.

        Args:
            wait: Whether to wait for requests that are under way.
        """
        self.pool.shutdown(wait=wait, cancel_futures=True)
        self._http.close()

    def send(self, request: Request, parse: Callable[[bytes], T]) -> T:
        """Send a request until it is answered, and parse the answer's body.

        Args:
            request: What to ask.
            parse: Turns the body into an object; its ``ValueError`` means that the body is unreadable.

        Raises:
            WixError: No attempt within the patience was answered with a readable 200, or the read as a whole took too
                long.
        """
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            raise Unreachable(request.endpoint, "it cannot be asked: an id holds letters that no header can")
        attempts = Attempts(self._clock, self._patience)
        # stamina decides nothing about time: every wait is one of our clock's, so that a 429 holds back all threads
        # once, a wait beyond the patience is never begun, and tests run in virtual time.
        for attempt in stamina.retry_context(
            on=lambda error: self._wait(error, request, attempts), attempts=None, timeout=None
        ):
            with attempt:
                self._budget.acquire(request.cancelled)
                if request.cancelled.is_set():
                    raise NoAnswer(request.endpoint, "nobody waits for the answer any more")
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
                    endpoint.method, endpoint.path, headers=request.headers, params=request.params, json=request.body
                ) as response,
            ):
                body = bounds.body(response)
        except (httpx.RequestError, httpx.InvalidURL, fence.LimitExceeded, fence.ExchangeFailed) as error:
            failure = self._failure(endpoint, error)
        if response is not None and response.status_code != 200:
            # Its body may be cut or oddly encoded: the status counts.
            failure = refusal(endpoint, response, body, self._redactor)
        if failure is not None:
            # Out here, so that no context of the error holds the request, and the key in it.
            raise failure
        if body.count(b",") > fence.MAX_VALUES:
            raise TooLarge(endpoint)
        try:
            return parse(storable(body))
        except UnreadableBody as error:
            raise UnreadableAnswer(endpoint, str(error), retryable=error.retryable) from None

    def _failure(self, endpoint: Endpoint, error: Exception) -> WixError:
        """The error for an exchange that brought no answer, in words that name what is at fault."""
        if isinstance(error, fence.TooSlow | httpx.TimeoutException):
            return TimedOut(endpoint, self._timeout, self._by_way_of)
        if isinstance(error, fence.TooLarge):
            return TooLarge(endpoint)
        if isinstance(error, fence.Undecodable):
            return UnreadableAnswer(endpoint, "the answer is not encoded as it says", retryable=True)
        said = self._redactor.text(str(error)) or "no details"
        if isinstance(error, fence.NotTrusted):
            return Unreachable(endpoint, f"no connection{self._by_way_of}: {said}", _TRUST)
        if isinstance(error, httpx.ProxyError):
            return Unreachable(endpoint, f"no way{self._by_way_of}: it answers {said}")
        return NoAnswer(endpoint, f"no answer{self._by_way_of}: {type(error).__name__} ({said})")

    def _wait(self, error: Exception, request: Request, attempts: Attempts) -> float | bool:
        """Whether to try again; the wait before it is over, or laid on the budget, when this returns."""
        if not is_retryable(error) or request.cancelled.is_set():
            return False
        if request.shrinkable and attempts.number > 1 and may_be_too_large(error):
            return False
        throttled, seconds = is_throttled(error), attempts.wait_after(error)
        if throttled:
            # Also when this request gives up: the next one must not run into the same limit. Never for longer than the
            # patience, though: what Wix asks for may be a day.
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
        retryable: Whether another attempt may bring a better one: it was cut short or is no JSON.
    """

    def __init__(self, what: str, *, retryable: bool) -> None:
        self.retryable = retryable
        super().__init__(what)


def _forget_location(response: httpx.Response) -> None:
    # httpx prepares the next request even though it follows no redirect, and stumbles over an odd address.
    response.headers.pop("location", None)
