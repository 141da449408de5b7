"""The endpoints: where each listens, and how it answers a request that is let in (docs/api-contract.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from wix_sandbox import requests, wire
from wix_sandbox.filters import compiled, ordered
from wix_sandbox.problems import Problem, Violation, too_large
from wix_sandbox.records import Invite, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from wix_sandbox.account import Account
    from wix_sandbox.exchange import ApiRequest
    from wix_sandbox.records import Json
    from wix_sandbox.world import World

_SITE_FILTERS = {
    *("id", "name", "displayName", "folderId", "published", "premium"),
    *("editorType", "namespace", "domainConnected", "blocked"),
}
_SITE_SORTS = {"displayName", "createdDate", "updatedDate", "trashedDate"}
_SITE_LIMIT, _CHILD_LIMIT, _FOLDER_LIMIT = 100, 50, 1000
_DEFAULT_LIMIT = 50
_ROLE_LEVELS = {"ALL": None, "SITE_LEVEL": "Site", "ACCOUNT_LEVEL": "Account"}
_EDITOR_TYPES = {"UNINITIALIZED", "EDITORX", "BLOCKS", "STUDIO"}


class Operation(NamedTuple):
    """One endpoint: what it listens to, and the method that answers."""

    method: str
    path: str
    answer: Callable[[Endpoints, Any, ApiRequest], bytes]
    by_site: bool
    """Whether a request is about one site, which its header names, and not about an account."""


OPERATIONS: dict[str, Operation] = {}
"""The endpoints by name, as the methods below declare them."""

_Answers = TypeVar("_Answers", bound="Callable[[Endpoints, Any, ApiRequest], bytes]")


def _serves(method: str, path: str, *, by_site: bool = False) -> Callable[[_Answers], _Answers]:
    """The method below answers requests to this path."""

    def keep(answer: _Answers) -> _Answers:
        OPERATIONS[answer.__name__] = Operation(method, path, answer, by_site)
        return answer

    return keep


class Endpoints:
    """The account-level API over a world.

    Args:
        world: The accounts.
        max_page_size: Refuse a greater limit on Search Team.
        page_cap: Silently return at most this many rows per page of Search Team.
        facets: Whether Search Team counts.
    """

    def __init__(
        self, world: World, *, max_page_size: int = 1000, page_cap: int | None = None, facets: bool = True
    ) -> None:
        self._world = world
        self._max_page_size = max_page_size
        self._page_cap = page_cap
        self._facets = facets
        accounts = world.accounts.values()
        self._teams = {account.id: wire.TeamIndex(account) for account in accounts}
        self._site_lists = {account.id: wire.SiteList(account) for account in accounts}

    @_serves("POST", "/roles-management/v3/team/search")
    def search_team(self, account: Account, request: ApiRequest) -> bytes:
        """Users and invites, mixed, by offset. There is no paging metadata."""
        asked = requests.decoded(request.body or b"{}", requests.SearchTeam)
        limit, offset = requests.page(asked.paging, _DEFAULT_LIMIT, self._max_page_size)
        limit = min(limit, self._page_cap or limit)
        order = asked.order_by[0] if asked.order_by else requests.OrderBy("JoinedAt")
        how = order.field_name, order.direction == "DESC"
        key = how, asked.query, repr(asked.filter)
        team = self._teams[account.id].search(key, how, _member_test(asked))
        members = b",".join(map(wire.member_bytes, team.members[offset : offset + limit]))
        answer = b'{"teamMembers":[' + members + b"]"
        if asked.facets and self._facets:
            answer += b',"facets":' + wire.encode([team.facets[name] for name in dict.fromkeys(asked.facets)])
        return answer + b"}"

    @_serves("GET", "/roles-management/roles")
    def get_roles(self, account: Account, request: ApiRequest) -> bytes:
        """All roles."""
        level = request.value("filter.roleLevel") or "ALL"
        if level not in _ROLE_LEVELS:
            raise Violation("filter.roleLevel", f"must be one of {', '.join(_ROLE_LEVELS)}", "ENUM")
        editors = set(request.values("filter.editorTypes"))
        if not editors <= _EDITOR_TYPES:
            raise Violation("filter.editorTypes", f"must be of {', '.join(sorted(_EDITOR_TYPES))}", "ENUM")
        kept = [
            role
            for role in account.roles.values()
            if (level == "ALL" or role.level != _ROLE_LEVELS[level])
            and (not editors or not role.editor_types or role.editor_types & editors)
        ]
        locale = request.value("locale") or "en"
        parts = {
            name: [wire.role_json(role, locale) for role in kept if role.custom is custom]
            for name, custom in (("predefinedRoles", False), ("customRoles", True))
        }
        return wire.encode(parts)

    @_serves("POST", "/site-list/v2/sites/query")
    def query_sites(self, account: Account, request: ApiRequest) -> bytes:
        """Sites by cursor; without a filter on the namespace, only those in WIX."""
        query = requests.decoded(request.body or b"{}", requests.QuerySites).query
        paging = query.cursor_paging or requests.CursorPaging()
        limit = paging.limit or _DEFAULT_LIMIT
        if limit > _SITE_LIMIT:
            raise too_large("query.cursorPaging.limit", _SITE_LIMIT)
        at = requests.Position(0, None, query.filter, query.sort)
        if paging.cursor:
            if query.filter is not None or query.sort is not None:
                raise Violation("query.cursorPaging.cursor", "cannot be sent with filter or sort, which it holds")
            at = requests.from_cursor(paging.cursor)
        sites = self._sites(account, at.filter, "query.filter")
        sort = [(one.field_name, one.order) for one in at.sort or []]
        sites = ordered(sites, sort, _SITE_SORTS, "query.sort")
        start = _start(sites, at)
        page = sites[start : start + limit]
        more = start + limit < len(sites)
        cursors: Json = {}
        if more:
            following = requests.Position(start + limit, page[-1]["id"], at.filter, at.sort)
            cursors["next"] = requests.to_cursor(following)
        return wire.encode({"sites": page, "metadata": {"hasNext": more, "cursors": cursors}})

    @_serves("POST", "/site-list/v2/sites/count")
    def count_sites(self, account: Account, request: ApiRequest) -> bytes:
        """How many sites match a filter."""
        asked = requests.decoded(request.body or b"{}", requests.CountSites)
        return wire.encode({"count": len(self._sites(account, asked.filter, "filter"))})

    def _sites(self, account: Account, expression: Json | None, where: str) -> list[Json]:
        expression = expression or {}
        test = compiled(expression, _SITE_FILTERS, where)
        every = "namespace" in expression
        sites = self._site_lists[account.id].get()
        return [site for site in sites if (every or site["namespace"] == "WIX") and test(site)]

    @_serves("GET", "/roles-management/v2/contributors/query", by_site=True)
    def query_contributors(self, site: Site, request: ApiRequest) -> bytes:
        """The outside accounts of a site, or those with at least one of some roles. The answer does not say which."""
        wanted = set(request.values("filter.policyIds"))
        contributors = [
            {"accountId": one.account_id, "accountOwnerId": one.owner_user_id}
            for one in site.contributors
            if not wanted or wanted & set(one.role_ids)
        ]
        return wire.encode({"contributors": contributors})

    @_serves("GET", "/accounts/v1/account/child-accounts")
    def list_child_accounts(self, account: Account, request: ApiRequest) -> bytes:
        """Ids of the child accounts, by offset."""
        limit, offset = (requests.number(request.value(name), name) for name in ("paging.limit", "paging.offset"))
        limit, offset = requests.page(requests.Paging(limit, offset), 20, _CHILD_LIMIT)
        children = [{"accountId": child.id} for child in self._world.children if child.parent_id == account.id]
        page = children[offset : offset + limit]
        about = {"count": len(page), "offset": offset, "total": len(children), "tooManyToCount": False}
        return wire.encode({"childAccounts": page, "pagingMetadata": about})

    @_serves("GET", "/accounts/v1/accounts/{account_id}")
    def get_account(self, account: Account, request: ApiRequest) -> bytes:
        """The account in the id header, or one of its children. `my_account` means the former."""
        wanted = request.path["account_id"]
        found = account if wanted == "my_account" else self._world.accounts.get(wanted)
        if found is None or account.id not in {found.id, found.parent_id}:
            raise Problem(404)
        return wire.encode({"account": wire.account_json(found)})

    @_serves("POST", "/site-folders/v2/folders/query")
    def query_folders(self, account: Account, request: ApiRequest) -> bytes:
        """Folders by offset. `metadata.count` is the number of folders on the page."""
        query = requests.decoded(request.body or b"{}", requests.QueryFolders).query
        limit, offset = requests.page(query.paging, _FOLDER_LIMIT, _FOLDER_LIMIT, "query.paging.limit")
        test = compiled(query.filter, {"id", "name", "parentId"}, "query.filter")
        found = [one for folder in account.folders.values() if test(one := wire.folder_json(account, folder))]
        sort = [(one.field_name, one.order) for one in query.sort or []]
        page = ordered(found, sort, {"name", "createdDate", "updatedDate"}, "query.sort")[offset : offset + limit]
        return wire.encode({"folders": page, "metadata": {"count": len(page), "offset": offset}})


ENDPOINTS = tuple(OPERATIONS)
"""The endpoints' names."""


def _member_test(asked: requests.SearchTeam) -> Callable[[wire.Member], bool]:
    """A test for members that match the search. A role matches when any assignment has it."""
    text = (asked.query or "").casefold()
    test = compiled(asked.filter, {"inviteType", "roleId"}, "filter") if asked.filter else None

    def keep(member: wire.Member) -> bool:
        if text and text not in _text(member):
            return False
        status = member.status if isinstance(member, Invite) else None
        roles = [grant.role_id for grant in member.grants or ()] or [None]
        return test is None or any(test({"inviteType": status, "roleId": role}) for role in roles)

    return keep


def _text(member: wire.Member) -> str:
    names = () if isinstance(member, Invite) else (member.first_name, member.last_name)
    return " ".join(filter(None, (*names, member.email))).casefold()


def _start(sites: list[Json], at: requests.Position) -> int:
    """Where a cursor continues: after the site that it names, or at its offset if that site is gone."""
    return next((index + 1 for index, site in enumerate(sites) if site["id"] == at.after), at.offset)
