"""How many requests are under way at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wix_sandbox import Sandbox

_PATIENCE = 10.0
"""Seconds after which the rest of a crowd is not waited for any more."""


class Crowds:
    """Counts how many requests are under way whenever one arrives.

    With a size, no request to the endpoint is answered until so many of them are under way. A latency in place of that
    would have to outlast whatever a busy machine does between two requests.

    Attributes:
        sizes: So many requests were under way, that one included.
    """

    def __init__(self, sandbox: Sandbox, endpoint: str = "", size: int = 0) -> None:
        self.sizes: list[int] = []
        self._sandbox, self._endpoint, self._missing = sandbox, endpoint, size
        self._together = asyncio.Event()
        sandbox.before_request = self._arrived

    async def _arrived(self, endpoint: str, _number: int) -> None:
        self.sizes.append(sum(self._sandbox.stats()["requests"].values()) - len(self._sandbox.requests))
        if endpoint == self._endpoint and not self._together.is_set():
            self._missing -= 1
            if self._missing <= 0:
                self._together.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._together.wait(), _PATIENCE)
