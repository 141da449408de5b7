"""Concurrent requests, where they do not depend on each other: several of them cost the latency of one."""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.walks import OffsetWalk

P = TypeVar("P")
T = TypeVar("T")

_NO_COUNTS = False


def in_order(api: AccountApi, ask: Callable[[AccountApi, T], P], items: Iterable[T]) -> Generator[P, None, None]:
    """Send a request for each item, as many at once as the client's pool has threads, and yield the answers in order.

    Args:
        api: The account; its requests are cancelled when the caller stops iterating.
        ask: Sends the request for an item.
        items: The items.

    Raises:
        WixError: A request failed.
    """
    rest, client, own = iter(items), api.client, api.cancellable()
    window = deque(client.pool.submit(ask, own, item) for item in islice(rest, client.max_concurrency))
    try:
        while window:
            answer = window.popleft().result()
            window.extend(client.pool.submit(ask, own, item) for item in islice(rest, 1))
            yield answer
    finally:
        own.cancelled.set()
        for asked in window:
            asked.cancel()


class _Asked(NamedTuple, Generic[P]):
    offset: int
    limit: int
    answer: Future[P]


class PagesAhead(Generic[P]):
    """Requests the pages that a walk will need next, while the walk still processes the one before.

    The walk itself takes one page after the other: a page that turns out not to be needed is dropped. The last request
    of a walk is never sent ahead, since its count has to be newer than every page.

    Args:
        api: The account; its client's pool requests as many pages at once as it has threads.
        walk: The walk.
        ask: Requests the page at an offset, with or without the API's counts.
    """

    def __init__(self, api: AccountApi, walk: OffsetWalk, ask: Callable[[AccountApi, int, bool], P]) -> None:
        self._api = api.cancellable()
        self._client = api.client
        self._walk = walk
        self._ask = partial(ask, self._api)
        self._window: deque[_Asked[P]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.cancelled.set()
        self._drop()

    def take(self) -> P:
        """The page that the walk needs now.

        Raises:
            WixError: It could not be read.
        """
        walk = self._walk
        if self._window and self._window[0][:2] != (walk.offset, walk.limit):
            self._drop()
        if not self._window:
            if self._client.max_concurrency == 1 or next(walk.upcoming(), None) is None:
                return self._ask(walk.offset, walk.needs_counts)
            self._submit(walk.offset)
        asked = len(self._window)
        for offset in islice(walk.upcoming(), asked - 1, self._client.max_concurrency - 1):
            self._submit(offset)
        return self._window.popleft().answer.result()

    def _submit(self, offset: int) -> None:
        self._window.append(_Asked(offset, self._walk.limit, self._client.pool.submit(self._ask, offset, _NO_COUNTS)))

    def _drop(self) -> None:
        while self._window:
            self._window.popleft().answer.cancel()
