"""An account that lives in memory, and reads of it."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx

from tap_wix_users.wix.endpoints import CHILD_ACCOUNT_PAGE, FOLDER_PAGE, SEARCH_TEAM, SITE_PAGE
from tap_wix_users.wix.errors import InvalidRequest, WixError
from tap_wix_users.wix.objects import (
    Account,
    ChildAccount,
    ChildAccountPage,
    Facet,
    Folder,
    FolderPage,
    RoleList,
    Site,
    SitePage,
    TeamMember,
    TeamPage,
)
from tap_wix_users.wix.redaction import Redactor
from tests.wix.conftest import READ_OPTIONS
from tests.wix.made import made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import WixObject
    from tap_wix_users.wix.proving import ReadResult

NOW = dt.datetime(2024, 11, 24, 12, tzinfo=dt.UTC)
LONG_AGO = "2020-01-01T00:00:00.000Z"
JUST_NOW = "2024-11-24T11:59:00.000Z"


def user(key: str, born: str | None = LONG_AGO) -> TeamMember:
    """A team member."""
    return made(TeamMember, {"user": {"id": key, "joinedTeamAt": born}})


def invite(key: str, status: str = "Pending") -> TeamMember:
    """An invite."""
    return made(TeamMember, {"invite": {"id": key, "status": status, "dateCreated": LONG_AGO}})


def users(number: int) -> list[TeamMember]:
    """So many team members, named after their place."""
    return [user(f"u{place}") for place in range(number)]


def site(key: str, born: str | None = LONG_AGO) -> Site:
    """A site."""
    return made(Site, {"id": key, "createdDate": born})


def sites(number: int) -> list[Site]:
    """So many sites, named after their place."""
    return [site(f"s{place}") for place in range(number)]


def folders(number: int) -> list[Folder]:
    """So many folders, named after their place."""
    return [made(Folder, {"id": f"f{place}", "createdDate": LONG_AGO}) for place in range(number)]


def facets_of(members: Sequence[TeamMember]) -> list[Facet]:
    """Facets as Wix counts them: what there is none of is left out."""
    statuses = [member.invite.status for member in members if member.invite]
    number = sum(member.user is not None for member in members)
    counted: dict[str, dict[Any, int]] = {
        "Users": {"Users": number},
        "InviteStatus": {status: statuses.count(status) for status in statuses},
    }
    return [
        made(Facet, {"facetType": kind, "values": [{"value": v, "count": n} for v, n in values.items() if n]})
        for kind, values in counted.items()
        if any(values.values())
    ]


def refused(violation_field: str, **data: Any) -> InvalidRequest:
    """A 400 that refuses a field."""
    violation = {"field": violation_field, "description": "is too large", "data": data}
    body = {"details": {"validationError": {"fieldViolations": [violation]}}}
    response = httpx.Response(400, json=body)
    return InvalidRequest(SEARCH_TEAM, response, response.content, Redactor("secret-of-the-key"))


@dataclass
class FakeApi:
    """What `AccountApi` asks Wix, answered from memory, one after the other. `requests` says what was asked."""

    members: list[TeamMember] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    children: int = 0
    roles: RoleList = field(default_factory=RoleList)
    paging: dict[str, Any] | None = None
    facets: Callable[[Sequence[TeamMember]], list[Facet] | None] = facets_of
    site_count: Callable[[], int | None] | None = None
    greatest: int = 10_000
    refusal: WixError | None = None
    meanwhile: Callable[[FakeApi], None] = lambda _api: None
    account_id: str = "acc"
    cancelled: threading.Event = field(default_factory=threading.Event)
    client: Any = field(default_factory=lambda: SimpleNamespace(max_concurrency=1))
    requests: list[Any] = field(default_factory=list)

    def cancellable(self) -> FakeApi:
        """Its requests are never cancelled."""
        return self

    def _asked(self, *request: Any) -> None:
        if self.requests:
            self.meanwhile(self)
        self.requests.append(request if len(request) > 1 else request[0])

    def search_team(self, *, limit: int, offset: int, facets: bool) -> TeamPage:
        """A page of the team."""
        self._asked(limit, offset, facets)
        if limit > self.greatest:
            raise self.refusal or refused("paging.limit")
        page = self.members[offset : offset + limit]
        return made(TeamPage, {"teamMembers": page, "facets": self.facets(self.members) if facets else None})

    def query_sites(self, *, cursor: str | None) -> SitePage:
        """A page of sites."""
        self._asked(cursor)
        begin = int(cursor or 0)
        end = begin + SITE_PAGE
        more = end < len(self.sites)
        metadata = {"hasNext": more, "cursors": {"next": str(end)} if more else {}}
        return made(SitePage, {"sites": self.sites[begin:end], "metadata": metadata})

    def count_sites(self) -> int | None:
        """The number of sites."""
        self._asked("count")
        return self.site_count() if self.site_count else len(self.sites)

    def query_folders(self, *, offset: int) -> FolderPage:
        """A page of folders."""
        self._asked(offset)
        return made(FolderPage, {"folders": self.folders[offset : offset + FOLDER_PAGE]})

    def list_child_accounts(self, *, offset: int) -> ChildAccountPage:
        """A page of child accounts."""
        self._asked(offset)
        end = min(self.children, offset + CHILD_ACCOUNT_PAGE)
        page = [{"accountId": f"c{place}"} for place in range(offset, end)]
        return made(ChildAccountPage, {"childAccounts": page, "pagingMetadata": self.paging})

    def get_roles(self, *, locale: str) -> RoleList:
        """The roles."""
        self._asked(locale)
        return self.roles

    def get_account(self) -> Account:
        """The account."""
        self._asked("account")
        if self.refusal:
            raise self.refusal
        return made(Account, {"accountId": self.account_id, "slug": "acme"})


@dataclass
class Sink:
    """Keeps what it is given, page by page."""

    pages: list[list[Any]] = field(default_factory=list)

    def add(self, items: Sequence[Any], /) -> None:
        """Take a page."""
        self.pages.append(list(items))

    @property
    def items(self) -> list[Any]:
        """Everything, in its order."""
        return [item for page in self.pages for item in page]

    @property
    def keys(self) -> list[str]:
        """The ids of everything."""
        return [_key(item) for item in self.items]


def _key(item: WixObject) -> str:
    if isinstance(item, TeamMember):
        return (item.user.id if item.user else "") or (item.invite.id if item.invite else "")
    return str(item.account_id if isinstance(item, ChildAccount) else cast("Any", item).id)


@dataclass
class Reading:
    """A read of the fake account, and every sink that it made."""

    api: FakeApi
    sinks: list[Sink] = field(default_factory=list)

    def run(self, read: Callable[..., ReadResult[Sink]], **overrides: Any) -> ReadResult[Sink]:
        """Read a list."""
        return read(
            cast("AccountApi", self.api), self._sink, replace(READ_OPTIONS, **{"now": lambda: NOW, **overrides})
        )

    def _sink(self) -> Sink:
        self.sinks.append(Sink())
        return self.sinks[-1]


def read(read_list: Callable[..., ReadResult[Sink]], api: FakeApi, **overrides: Any) -> ReadResult[Sink]:
    """Read a list of the fake account."""
    return Reading(api).run(read_list, **overrides)
