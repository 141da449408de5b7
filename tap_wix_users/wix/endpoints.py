"""The endpoints that the tap reads, each a method that sends one request. None of them changes anything in Wix.

Section numbers are those of docs/api-contract.md, where every path, parameter and permission comes from.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_wix_users.wix import objects, page_size, reading
from tap_wix_users.wix.client import Meter, Request, WixClient
from tap_wix_users.wix.errors import Endpoint, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_wix_users.wix.reading import A

SITE_PAGE = 100
FOLDER_PAGE = 1000
CHILD_ACCOUNT_PAGE = 50

SEARCH_TEAM = Endpoint(
    "POST", "/roles-management/v3/team/search", "to manage team members (Wix documents no name for it)"
)
GET_ROLES = Endpoint("GET", "/roles-management/roles", "`ACCOUNT_ROLES.GET_ROLES` (`SCOPE.ACCOUNT.BASIC_TEAM_MEMBER`)")
QUERY_SITES = Endpoint("POST", "/site-list/v2/sites/query", "Read Site Data (`SITE_LIST.READ`)")
COUNT_SITES = Endpoint("POST", "/site-list/v2/sites/count", "Read Site Data (`SITE_LIST.READ`)")
LIST_CHILD_ACCOUNTS = Endpoint(
    "GET", "/accounts/v1/account/child-accounts", "Get Sub Accounts (`ACCOUNT.CHILD_ACCOUNTS_LIST`; contract customers)"
)
QUERY_FOLDERS = Endpoint("POST", "/site-folders/v2/folders/query", "Manage Folders or Read Folder Data")
GET_ACCOUNT_PERMISSION = "Manage Team Members (`SCOPE.IDENTITY.MANAGE-TEAM-MEMBERS`)"

QUERY_CONTRIBUTORS = Endpoint(
    "GET",
    "/roles-management/v2/contributors/query",
    "Manage Contributors (`SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS`), and to cover this site",
)

_ALL_NAMESPACES = {"namespace": {"$in": ["WIX", "HEADLESS"]}}
"""Without this filter, headless sites are silently missing (section 2.3)."""


@dataclass(frozen=True)
class AccountApi:
    """The API as one account sees it.

    Attributes:
        client: Sends the requests.
        account_id: Goes into ``wix-account-id``.
        meter: Counts this read's requests.
        cancelled: Set when answers are no longer needed.
    """

    client: WixClient
    account_id: str
    meter: Meter = field(default_factory=Meter)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancellable(self) -> AccountApi:
        """The same account, with requests that can be cancelled without those of others."""
        return replace(self, cancelled=threading.Event())

    def search_team(self, *, limit: int, offset: int, facets: bool) -> objects.TeamPage:
        """One page of team members and invites, the longest-standing members first (section 2.1)."""
        body: dict[str, Any] = {
            "orderBy": [{"fieldName": "JoinedAt", "direction": "ASC"}],
            "paging": {"limit": limit, "offset": offset},
        }
        if facets:
            body["facets"] = ["Users", "InviteStatus", "Roles"]
        return self._ask(SEARCH_TEAM, objects.TeamPage, body=body, shrinkable=limit > page_size.SAFE)

    def get_roles(self, *, locale: str) -> objects.RoleList:
        """All roles, predefined titles in this language (section 2.2)."""
        return self._ask(GET_ROLES, objects.RoleList, params={"locale": locale})

    def query_sites(self, *, cursor: str | None) -> objects.SitePage:
        """One page of sites, the oldest first; a cursor includes the filter and the order (section 2.3)."""
        if cursor is not None:
            query: dict[str, Any] = {"cursorPaging": {"limit": SITE_PAGE, "cursor": cursor}}
        else:
            query = {
                "filter": _ALL_NAMESPACES,
                "sort": [{"fieldName": "createdDate", "order": "ASC"}],
                "cursorPaging": {"limit": SITE_PAGE},
            }
        return self._ask(QUERY_SITES, objects.SitePage, body={"query": query})

    def count_sites(self) -> int | None:
        """How many sites Query Sites returns in total; None if the answer does not say (section 2.3)."""
        return self._ask(COUNT_SITES, objects.SiteCount, body={"filter": _ALL_NAMESPACES}).count

    def query_folders(self, *, offset: int) -> objects.FolderPage:
        """One page of site folders (section 2.7)."""
        body = {"query": {"paging": {"limit": FOLDER_PAGE, "offset": offset}}}
        return self._ask(QUERY_FOLDERS, objects.FolderPage, body=body)

    def list_child_accounts(self, *, offset: int) -> objects.ChildAccountPage:
        """One page of child accounts (section 2.5)."""
        params = {"paging.limit": CHILD_ACCOUNT_PAGE, "paging.offset": offset}
        return self._ask(LIST_CHILD_ACCOUNTS, objects.ChildAccountPage, params=params)

    def query_site(self, site_id: str) -> objects.Site | None:
        """One site's record; None when the answer does not hold it (section 2.3)."""
        query = {"filter": {**_ALL_NAMESPACES, "id": {"$eq": site_id}}, "cursorPaging": {"limit": SITE_PAGE}}
        page = self._ask(QUERY_SITES, objects.SitePage, body={"query": query})
        # Wix silently ignores a filter that it does not know (section 6.17).
        return next((site for site in page.sites if site.id == site_id), None)

    def query_contributors(self, site_id: str, *, role_ids: Sequence[str] = ()) -> objects.ContributorList:
        """The contributors of a site, or those who hold at least one of some roles (section 2.4)."""
        params = {"filter.policyIds": list(role_ids)} if role_ids else {}
        request = Request(QUERY_CONTRIBUTORS, {"wix-site-id": site_id}, params, None, self.meter, self.cancelled)
        return self.client.send(request, partial(reading.parse, objects.ContributorList))

    def get_account(self) -> objects.Account:
        """The account's own record (section 2.6).

        Raises:
            UnreadableAnswer: It is another account's.
        """
        endpoint = Endpoint("GET", f"/accounts/v1/accounts/{self.account_id}", GET_ACCOUNT_PERMISSION)
        account = self._ask(endpoint, objects.AccountAnswer).account
        if account.account_id.casefold() != self.account_id.casefold():
            raise UnreadableAnswer(endpoint, "the answer is the record of another account", retryable=False)
        return account

    def _ask(
        self,
        endpoint: Endpoint,
        kind: type[A],
        *,
        params: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        shrinkable: bool = False,
    ) -> A:
        headers = {"wix-account-id": self.account_id}
        request = Request(endpoint, headers, params or {}, body, self.meter, self.cancelled, shrinkable)
        return self.client.send(request, partial(reading.parse, kind))
