"""Checks that come before every endpoint: the key, the id headers, the permissions and the request limit."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from wix_sandbox.problems import HTML, Problem, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from wix_sandbox.account import Account
    from wix_sandbox.exchange import ApiRequest
    from wix_sandbox.records import Site
    from wix_sandbox.world import World

_HTML_403 = {"query_sites", "count_sites"}
"""A third party saw HTML instead of JSON from the site list."""


class Gate:
    """Checks a request before any endpoint sees it.

    Args:
        world: The accounts and the key.
        denied: Endpoints that the key has no permission for.
    """

    def __init__(self, world: World, denied: Collection[str] = ()) -> None:
        self._world = world
        self._denied = frozenset(denied)
        self.revoked = False
        """Whether the key is no longer valid."""

    def account(self, request: ApiRequest) -> Account:
        """The account that an account-level request is about.

        Raises:
            Problem: The key, the headers or the permission are not valid.
        """
        self._check_key(request)
        account_id = _id_header(request, "wix-account-id")
        if account_id is None:
            raise Problem(403, "missing header wix-account-id")
        account = self._world.accounts.get(account_id)
        if account is None:
            raise Problem(403)
        self._check_permission(request)
        return account

    def site(self, request: ApiRequest) -> Site:
        """The site that a site-level request is about.

        Raises:
            Problem: The key, the headers or the permission are not valid.
        """
        self._check_key(request)
        site_id = _id_header(request, "wix-site-id")
        if site_id is None:
            raise Problem(428)
        self._check_permission(request)
        for account in self._world.accounts.values():
            if site_id in account.sites:
                return account.sites[site_id]
        raise Problem(403)

    def _check_key(self, request: ApiRequest) -> None:
        if self.revoked or request.headers.get("authorization") != self._world.key:
            raise Problem(401)

    def _check_permission(self, request: ApiRequest) -> None:
        if request.endpoint in self._denied:
            raise Problem(403, body=HTML if request.endpoint in _HTML_403 else None)


def _id_header(request: ApiRequest, name: str) -> str | None:
    if "wix-account-id" in request.headers and "wix-site-id" in request.headers:
        raise Violation("wix-site-id", "cannot be sent together with wix-account-id", "EXCLUSIVE")
    return request.headers.get(name)


class Throttle:
    """Limits the number of requests within a sliding minute.

    Args:
        per_minute: The limit; 0 for none.
        clock: Monotonic seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._admitted: deque[float] = deque()
        self._lock = threading.Lock()
        self.refused = 0
        """How many requests were answered with 429."""

    def check(self) -> None:
        """Admit one request.

        Raises:
            Problem: 429, when the last minute is full.
        """
        if not self._per_minute:
            return
        with self._lock:
            now = self._clock()
            while self._admitted and self._admitted[0] <= now - 60:
                self._admitted.popleft()
            if len(self._admitted) >= self._per_minute:
                self.refused += 1
                raise Problem(429)
            self._admitted.append(now)
