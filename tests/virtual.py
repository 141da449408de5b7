"""Time that passes only when somebody waits for it, so that tests of waiting take none."""

from __future__ import annotations

import threading


class VirtualClock:
    """A clock of `tap_wix_users.wix.budget` for tests.

    Threads that wait at the same moment wait side by side: a wait begins when its thread last looked at the clock, as
    the waits of real threads do, and not when another thread's wait is over.

    Attributes:
        waits: Every wait, in seconds, in the order in which they began.
    """

    def __init__(self, start: float = 1000.0) -> None:
        self.waits: list[float] = []
        self._start = self._now = start
        self._lock = threading.Lock()
        self._seen = threading.local()

    @property
    def elapsed(self) -> float:
        """Seconds that have passed since the beginning."""
        return self._now - self._start

    def now(self) -> float:
        """Seconds since some fixed moment."""
        self._seen.moment = self._now
        return self._now

    def sleep(self, seconds: float, wake: threading.Event) -> None:  # noqa: ARG002  # it wakes at once anyway
        """Let this many seconds pass, and remember that somebody waited for them; a wait takes no real time to wake."""
        assert seconds >= 0, "nobody can wait for the past"
        with self._lock:
            self.waits.append(seconds)
            self._now = max(self._now, getattr(self._seen, "moment", self._now) + seconds)

    def turn_to(self, elapsed: float) -> None:
        """Let time pass without anybody waiting, until this many seconds after the beginning."""
        with self._lock:
            self._now = max(self._now, self._start + elapsed)
