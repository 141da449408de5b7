"""Which failures to retry, or to cure by a smaller page, how long to wait before each attempt, and when to give up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tap_wix_users.wix.errors import (
    InvalidRequest,
    NoAnswer,
    Refusal,
    ServerFailure,
    TimedOut,
    TooLarge,
    Unreachable,
    UnreadableAnswer,
)  # fmt: skip
from tap_wix_users.wix.page_size import SAFE

if TYPE_CHECKING:
    from tap_wix_users.wix.budget import Clock
    from tap_wix_users.wix.errors import WixError

RETRIED = frozenset({429, 500, 502, 503, 504})
"""Statuses that are retried (docs/api-contract.md, section 1.1); 400, 401, 403, 404 and 428 never are."""

THROTTLE_SECONDS = 60.0
"""Back-off for a 429 without ``Retry-After``: the limit is one per minute (docs/api-contract.md, section 1.1)."""

LONGEST_BACKOFF = 60.0
"""The longest wait between two attempts, in seconds, unless Wix asks for a longer one."""


class Attempts:
    """The attempts at one request.

    Args:
        clock: Measures time.
        patience: Maximum seconds from the first attempt to the last, including waits.

    Attributes:
        number: How many attempts have begun.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self.number = 0
        self._clock = clock
        self._patience = patience
        self._started = clock.now()

    def begin(self) -> None:
        """Count one attempt. Time counts from the first one: waiting for the budget is not the server's fault."""
        if self.number == 0:
            self._started = self._clock.now()
        self.number += 1

    def wait_after(self, error: Exception) -> float:
        """Seconds to wait before the next attempt: as long as the server asks, or else longer after each failure."""
        if isinstance(error, Refusal) and error.retry_after is not None:
            return error.retry_after
        if is_throttled(error):
            return _jittered(THROTTLE_SECONDS)
        return min(LONGEST_BACKOFF, _jittered(2.0 ** min(self.number - 1, 10)))

    def has_patience_for(self, seconds: float) -> bool:
        """Whether a wait of this many seconds would end in time."""
        return self._clock.now() - self._started + seconds <= self._patience

    def summary(self) -> str:
        """How many attempts there were, and how long they took."""
        spent = self._clock.now() - self._started
        return f"gave up after {self.number} attempt{'s' if self.number > 1 else ''} in {spent:.0f} s"


def is_throttled(error: Exception) -> bool:
    """Whether Wix refused because of too many requests."""
    return isinstance(error, Refusal) and error.status == 429


def is_retryable(error: Exception) -> bool:
    """Whether another attempt may succeed."""
    if isinstance(error, Refusal):
        return error.status in RETRIED
    if isinstance(error, UnreadableAnswer):
        return error.retryable
    return isinstance(error, NoAnswer) and not isinstance(error, Unreachable)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1.0, 1.1)  # noqa: S311  # spreads clients, hides nothing


def smaller(error: WixError, size: int, least: int) -> int | None:
    """The page size to try after an error; None if the error has another cause, or there is no smaller size.

    Args:
        error: The error of a request.
        size: The size that it requested.
        least: The smallest size that is useful.
    """
    if isinstance(error, InvalidRequest):
        named = [violation.threshold for violation in error.violations if violation.field == "paging.limit"]
        if not named or size <= least:
            return None
        return max(least, named[0] if named[0] is not None and 0 < named[0] < size else size // 2)
    return max(SAFE, size // 4) if may_be_too_large(error) and size > SAFE else None


def may_be_too_large(error: Exception) -> bool:
    """Whether a smaller page may be answered where this one was not (docs/api-contract.md, section 1.2)."""
    slow = isinstance(error, ServerFailure) and error.status == 504
    return slow or isinstance(error, TimedOut | TooLarge)
