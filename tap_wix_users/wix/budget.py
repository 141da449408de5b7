"""One request budget for the whole process, and the one clock that everything waits on."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol, cast

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

_LOGGED_FROM = 5.0
"""Waits of this many seconds or more are logged."""

logger = logging.getLogger(__name__)


class Clock(Protocol):
    """Monotonic time in seconds, and a way to wait. Tests use one whose time is virtual."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float, wake: threading.Event) -> None:
        """Let this many seconds pass, or fewer when the event is set meanwhile."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float, wake: threading.Event) -> None:
        """Let this many seconds pass, or fewer when the event is set meanwhile."""
        wake.wait(seconds)


class RequestBudget:
    """Limits the requests per minute, and holds all of them back after a 429.

    A sliding window: a run may spend a whole minute's budget in a burst, which Wix's limit of 200 requests a minute
    (docs/api-contract.md, section 1.1) allows.
    """

    def __init__(self, requests_per_minute: int, clock: Clock) -> None:
        self._bucket = InMemoryBucket([Rate(requests_per_minute, Duration.MINUTE)])
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self.waited = 0.0
        """Seconds that requests were held back, in total."""
        self.waited_closed = 0.0
        """Those of them that Wix asked for, by a 429."""

    def acquire(self, cancelled: threading.Event) -> None:
        """Wait until one more request may be sent, or it is cancelled."""
        while not cancelled.is_set() and (wait := self._admit()) > 0:
            if wait >= _LOGGED_FROM:
                logger.info("The request budget is used up: the next request follows in %.0f s", wait)
            self._clock.sleep(wait, cancelled)

    def close_for(self, seconds: float) -> None:
        """Let no request pass for this many seconds: Wix has asked to slow down."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock.now() + seconds)

    def _admit(self) -> float:
        """0 when the request is admitted, else the seconds to wait before trying again."""
        with self._lock:
            now = self._clock.now()
            wait = self._closed_until - now
            if wait > 0:
                self.waited_closed += wait
            else:
                milliseconds = int(now * 1000)
                self._bucket.leak(milliseconds)
                item = RateItem("wix", milliseconds)
                wait = 0.0 if self._bucket.put(item) else max(1, cast("int", self._bucket.waiting(item))) / 1000
            self.waited += wait
            return wait
