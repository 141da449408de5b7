"""A plain httpx client of the sandbox: what any program would do, without the tap."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx

from wix_sandbox.endpoints import OPERATIONS

if TYPE_CHECKING:
    from wix_sandbox import Sandbox

PATHS = {name: (operation.method, operation.path) for name, operation in OPERATIONS.items()}
"""Method and path of each endpoint; `test_openapi` holds them against the API description."""

ALL_SITES = {"namespace": {"$in": ["WIX", "HEADLESS"]}}

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The sandbox speaks plain HTTP; reading the certificates of the system would take longer than a test."""


class Client:
    """Requests endpoints by name, as the main account or its first site, unless other headers are given."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(base_url=sandbox.url, timeout=60, verify=_NO_TLS)

    def ask(
        self,
        endpoint: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        params: Any = None,
        account_id: str | None = None,
    ) -> httpx.Response:
        """One request."""
        method, path = PATHS[endpoint]
        path = path.format(account_id=account_id or self.sandbox.world.main.id)
        sent = self.headers(endpoint) if headers is None else headers
        if method == "GET":
            return self.http.get(path, headers=sent, params=params)
        return self.http.post(path, headers=sent, json={} if body is None else body)

    def headers(self, endpoint: str) -> dict[str, str]:
        """The headers that the endpoint requires."""
        headers = dict(self.sandbox.headers)
        if endpoint == "query_contributors":
            headers["wix-site-id"] = next(iter(self.sandbox.world.main.sites))
            del headers["wix-account-id"]
        return headers

    def members(self, limit: int = 100, **search: Any) -> list[dict[str, Any]]:
        """Every entry of Search Team, by offset until a page is empty."""
        found: list[dict[str, Any]] = []
        while page := self._members(search | {"paging": {"limit": limit, "offset": len(found)}}):
            found += page
        return found

    def _members(self, search: dict[str, Any]) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.ask("search_team", search).json()["teamMembers"]
        return answer

    def sites(self, limit: int = 100, **query: Any) -> list[dict[str, Any]]:
        """Every site, by cursor."""
        asked: dict[str, Any] = {"filter": ALL_SITES} | query | {"cursorPaging": {"limit": limit}}
        found: list[dict[str, Any]] = []
        while True:
            answer = self.ask("query_sites", {"query": asked}).json()
            found += answer["sites"]
            if not answer["metadata"]["hasNext"]:
                return found
            asked = {"cursorPaging": {"limit": limit, "cursor": answer["metadata"]["cursors"]["next"]}}
