"""Whole reads over an account that lives in memory: which requests they make, and what they return."""

from __future__ import annotations

import datetime as dt
import json
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import httpx
import pytest
from typing_extensions import override

from tap_wix_users.wix import lists
from tap_wix_users.wix.endpoints import CHILD_ACCOUNT_PAGE, FOLDER_PAGE, SEARCH_TEAM, SITE_PAGE
from tap_wix_users.wix.errors import Forbidden, InvalidRequest, NotFound, WixError
from tap_wix_users.wix.objects import (
    Account,
    ChildAccount,
    ChildAccountPage,
    Facet,
    Folder,
    FolderPage,
    Role,
    RoleList,
    Site,
    SitePage,
    TeamMember,
    TeamPage,
)
from tap_wix_users.wix.proving import MARGIN
from tap_wix_users.wix.reading import as_came, parse
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


# Requests: as many as the proof needs


def test_a_small_team_is_one_request():
    """A page that its facets confirm is the whole team."""
    api = FakeApi(members=[*users(3), invite("i")])
    outcome = read(lists.read_team, api)
    assert api.requests == [(100, 0, True)]
    assert outcome.sink.keys == ["u0", "u1", "u2", "i"]
    assert (outcome.proofs, outcome.attempts) == ({"user": "count", "invite": "count"}, 1)


def test_a_large_team_overlaps_and_is_counted_first_and_last():
    """250 members are four requests, two of them with facets."""
    api = FakeApi(members=users(250))
    outcome = read(lists.read_team, api)
    assert api.requests == [(100, 0, True), (100, 99, False), (100, 198, False), (100, 249, True)]
    assert outcome.sink.keys == [f"u{place}" for place in range(250)]
    assert (outcome.proofs, outcome.attempts) == ({"user": "count", "invite": "count"}, 1)


def test_one_page_of_sites_is_one_request():
    """60 sites come in one answer, and are not counted."""
    api = FakeApi(sites=sites(60))
    outcome = read(lists.read_sites, api)
    assert api.requests == [None]
    assert (len(outcome.sink.items), outcome.proofs) == (60, {"site": "whole"})


def test_many_sites_are_counted_around_the_walk():
    """250 sites: the first page says that there are more, so they are counted before it, and after the last."""
    api = FakeApi(sites=sites(250))
    outcome = read(lists.read_sites, api)
    assert api.requests == [None, "count", None, "100", "200", "count"]
    assert outcome.sink.keys == [f"s{place}" for place in range(250)]
    assert (outcome.proofs, outcome.attempts) == ({"site": "count"}, 1)


def test_sites_that_are_not_counted_are_read_twice():
    """If a count cannot be read, there is a second walk, which requests it again."""
    api = FakeApi(sites=sites(150), site_count=lambda: None)
    outcome = read(lists.read_sites, api)
    assert api.requests == [None, *["count", None, "100", "count"] * 2]
    assert (outcome.proofs, outcome.attempts) == ({"site": "repeat"}, 2)


class EmptyFirst(FakeApi):
    """An API whose first page of sites is empty, with a cursor to the others."""

    @override
    def query_sites(self, *, cursor: str | None) -> SitePage:
        if cursor is not None:
            return super().query_sites(cursor=cursor)
        self._asked(None)
        return made(SitePage, {"metadata": {"hasNext": True, "cursors": {"next": "0"}}})


def test_sites_are_counted_before_the_first_page_also_when_it_is_empty():
    """The first count is older than every page."""
    api = EmptyFirst(sites=sites(3))
    read(lists.read_sites, api)
    assert api.requests == [None, "count", None, "0", "count"]


@pytest.mark.parametrize(("number", "offsets"), [(1, [0, 1] * 2), (3, [0, 2]), (1500, [0, 999, 1499] * 2)])
def test_folders_are_not_counted(number: int, offsets: list[int]):
    """A page of folders is confirmed; one folder leaves no room for an overlap, and several pages are read twice."""
    api = FakeApi(folders=folders(number))
    outcome = read(lists.read_folders, api)
    assert api.requests == offsets
    assert outcome.sink.keys == [f"f{place}" for place in range(number)]
    assert outcome.proofs == {"folder": "whole" if 1 < number < FOLDER_PAGE else "repeat"}


def test_an_empty_answer_is_asked_for_again():
    """No folders at all look like an outage, and are believed the second time."""
    api = FakeApi()
    outcome = read(lists.read_folders, api)
    assert api.requests == [0, 0]
    assert (outcome.proofs, outcome.attempts) == ({"folder": "repeat"}, 2)


@pytest.mark.parametrize(
    ("paging", "offsets", "proof"),
    [
        ({"total": 60}, [0, 49, 59], "count"),
        ({"total": 60, "tooManyToCount": True}, [0, 49, 59] * 2, "repeat"),
        ({"total": 61}, [0, 49, 59] * 3, None),
        (None, [0, 49, 59] * 2, "repeat"),
    ],
)
def test_child_accounts_are_counted_by_their_paging(
    paging: dict[str, Any] | None, offsets: list[int], proof: str | None
):
    """The total counts, unless there are too many to count."""
    api = FakeApi(children=60, paging=paging)
    outcome = read(lists.read_child_accounts, api)
    assert api.requests == offsets
    assert (outcome.proofs, outcome.walk.rows) == ({"child": proof}, 60)


def test_roles_are_one_answer():
    """Each role comes with the list that it was in."""
    own, custom = made(Role, {"id": "1"}), made(Role, {"id": 2**60})
    api = FakeApi(roles=made(RoleList, {"predefinedRoles": [own], "customRoles": [custom]}))
    outcome = read(partial(lists.read_roles, locale="de"), api)
    assert api.requests == ["de"]
    assert outcome.sink.items == [(own, "predefined"), (custom, "custom")]
    assert outcome.proofs == {"role": "whole"}


def test_a_role_that_comes_twice_proves_nothing():
    """An id has one role, in whichever list and JSON type it comes."""
    roles = made(RoleList, {"predefinedRoles": [{"id": "1"}], "customRoles": [{"id": 1}]})
    api = FakeApi(roles=roles)
    outcome = read(partial(lists.read_roles, locale="en"), api)
    assert (outcome.proofs, outcome.attempts, len(outcome.sink.items)) == ({"role": None}, 3, 1)


def test_an_account_is_its_record_and_its_parent():
    """One answer, which is whole."""
    result = read(partial(lists.read_account, parent_account_id="parent"), FakeApi())
    [(account, parent)] = result.sink.items
    assert (account.account_id, parent, result.proofs) == ("acc", "parent", {"account": "whole"})


@pytest.mark.parametrize("told", [{}, {"slug": None, "accountProperties": None}, {"status": "", "color": "red"}])
def test_a_record_of_nothing_but_an_id_proves_nothing(told: dict[str, Any]):
    """Every account has an address and an owner: what was left out is unknown, and no reason to forget it."""

    class Bare(FakeApi):
        @override
        def get_account(self) -> Account:
            return made(Account, {"accountId": self.account_id, **told})

    result = read(partial(lists.read_account, parent_account_id="parent"), Bare())
    assert (result.walk.flaw, result.proofs) == ("the record holds nothing but its id", {"account": None})


@pytest.mark.parametrize("refusal", [Forbidden, NotFound])
def test_an_account_out_of_reach_is_no_account_without_a_record(refusal: type[Forbidden | NotFound]):
    """What the key may not see is unknown, and not empty."""
    error = refusal(SEARCH_TEAM, httpx.Response(403), b"", Redactor("secret-of-the-key"))
    with pytest.raises(refusal):
        read(partial(lists.read_account, parent_account_id="parent"), FakeApi(refusal=error))


# What proves nothing by itself


class OneAnswer(FakeApi):
    """An API whose first page of sites is chosen by the test, once or always."""

    page: ClassVar[dict[str, Any]] = {}
    lying: ClassVar[int] = 1

    @override
    def query_sites(self, *, cursor: str | None) -> SitePage:
        lies = cursor is None and self.requests.count(None) < self.lying
        answer = super().query_sites(cursor=cursor)
        if not lies:
            return answer
        return made(SitePage, {**as_came(answer), **self.page})


@pytest.mark.parametrize("number", [100, 101, 150])
def test_a_full_page_of_sites_proves_nothing(number: int):
    """A page at the API's limit that says it is all is counted, before and behind."""
    kind = type("Full", (OneAnswer,), {"page": {"metadata": {"hasNext": False}}})
    result = read(lists.read_sites, kind(sites=sites(number)))
    assert (len(result.sink.items), result.proofs) == (number, {"site": "count"})
    stubborn = type("Stubborn", (kind,), {"lying": 99})
    assert read(lists.read_sites, stubborn(sites=sites(number))).proofs == {"site": "count" if number == 100 else None}


@pytest.mark.parametrize(
    "page",
    [
        {"metadata": None},
        {"metadata": {}},
        {"metadata": {"hasNext": None}},
        {"metadata": {"hasNext": False, "cursors": {"next": "60"}}},
        {"metadata": {"hasNext": False, "count": 61}},
        {"metadata": {"hasNext": True}},
        {"metadata": {"hasNext": True, "cursors": {"next": ""}}},
    ],
    ids=str,
)
def test_a_page_of_sites_that_does_not_say_that_it_is_all_is_counted(page: dict[str, Any]):
    """Whatever is missing or contradictory about the next page: Count Sites decides, in one walk."""
    kind = type("Vague", (OneAnswer,), {"page": page})
    result = read(lists.read_sites, api := kind(sites=sites(60)))
    assert api.requests == [None, "count", None, "count"]
    assert (len(result.sink.items), result.proofs, result.attempts) == (60, {"site": "count"}, 1)


def test_fewer_sites_than_before_are_counted():
    """A page that is below its limit may be cut, too: what it lacks is only gone if Count Sites says so."""
    api = FakeApi(sites=sites(60))
    assert read(partial(lists.read_sites, before=60), api).proofs == {"site": "whole"}
    assert read(partial(lists.read_sites, before=61), api).proofs == {"site": "count"}
    assert api.requests == [None, None, "count", None, "count"]
    short = FakeApi(sites=sites(60), site_count=lambda: 61)
    assert read(partial(lists.read_sites, before=61), short).proofs == {"site": None}


@pytest.mark.parametrize(
    ("count", "proof", "told"), [(0, "count", {"site"}), (None, "repeat", set()), (1, None, set())]
)
def test_no_sites(count: int | None, proof: str | None, told: set[str]):
    """An empty list needs two witnesses or two walks; only a count of zero reports that there are none."""
    api = FakeApi(site_count=lambda: count)
    result = read(lists.read_sites, api)
    assert (result.proofs, result.walk.reported_empty) == ({"site": proof}, told)
    assert (api.requests == [None, "count"]) is (proof == "count")


@pytest.mark.parametrize("answer", [{}, {"predefinedRoles": [], "customRoles": []}, {"customRoles": [{"id": "1"}]}])
def test_roles_are_never_none(answer: dict[str, Any]):
    """Every account has the predefined roles."""
    api = FakeApi(roles=made(RoleList, answer))
    result = read(partial(lists.read_roles, locale="en"), api)
    assert (result.proofs, result.attempts) == ({"role": None}, 3)
    assert result.walk.flaw == "the answer holds no predefined roles, which every account has"


def test_custom_roles_that_are_left_out():
    """An account may have none; but a missing list does not show that its earlier ones are gone."""
    own = {"predefinedRoles": [{"id": "1"}]}
    for answer, partly in (({**own, "customRoles": []}, False), (own, True)):
        result = read(partial(lists.read_roles, locale="en"), FakeApi(roles=made(RoleList, answer)))
        assert (result.proofs, bool(result.walk.partly)) == ({"role": "whole"}, partly)


class Silent(FakeApi):
    """An API that answers with members of its own, but without the list."""

    @override
    def search_team(self, *, limit: int, offset: int, facets: bool) -> TeamPage:
        page = super().search_team(limit=limit, offset=offset, facets=facets)
        return made(TeamPage, {"facets": page.facets})

    @override
    def query_sites(self, *, cursor: str | None) -> SitePage:
        super().query_sites(cursor=cursor)
        return made(SitePage, {"metadata": {"hasNext": False}})

    @override
    def query_folders(self, *, offset: int) -> FolderPage:
        super().query_folders(offset=offset)
        return made(FolderPage, {"metadata": {}})

    @override
    def list_child_accounts(self, *, offset: int) -> ChildAccountPage:
        super().list_child_accounts(offset=offset)
        return made(ChildAccountPage, {"pagingMetadata": self.paging})


@pytest.mark.parametrize(
    ("read_list", "api", "proofs"),
    [
        (lists.read_team, Silent(members=users(3)), {"user": None, "invite": "repeat"}),
        (lists.read_sites, Silent(sites=sites(3)), {"site": None}),
        (lists.read_sites, Silent(), {"site": "count"}),
        (lists.read_folders, Silent(folders=folders(3)), {"folder": "repeat"}),
        (lists.read_child_accounts, Silent(children=3, paging={"total": 3}), {"child": None}),
        (lists.read_child_accounts, Silent(children=3), {"child": "repeat"}),
    ],
)
def test_a_list_that_is_left_out(read_list: Callable[..., Any], api: FakeApi, proofs: dict[str, str | None]):
    """A count of zero says that it is empty; else the walk says that it was left out, for others to judge."""
    result = read(read_list, api)
    assert (result.proofs, result.walk.left_out, result.walk.rows) == (proofs, True, 0)


# Walks that are repeated


def test_what_is_returned_was_seen_by_one_walk():
    """Someone leaves between two pages: the walk is begun again with a new sink, and only that one counts."""

    def first_leaves(api: FakeApi) -> None:
        if len(api.requests) == 1:
            del api.members[0]

    api = FakeApi(members=users(5), meanwhile=first_leaves)
    reading = Reading(api)
    outcome = reading.run(lists.read_team, page_size=2)
    offsets = [offset for _, offset, _ in api.requests]
    assert offsets == [0, 1, 0, 1, 2, 3]
    assert [sink.keys for sink in reading.sinks] == [["u0", "u1", "u2", "u3"], ["u1", "u2", "u3", "u4"]]
    assert outcome.sink is reading.sinks[1]
    assert (outcome.walk.flaw, outcome.attempts) == (None, 2)
    assert (outcome.proofs, outcome.walk.rows) == ({"user": "count", "invite": "count"}, 4)


def test_a_team_that_changes_all_the_time_is_not_proved():
    """After the last attempt the read ends with what its last walk saw to the end."""

    def first_leaves(api: FakeApi) -> None:
        del api.members[0]

    api = FakeApi(members=users(20), meanwhile=first_leaves)
    reading = Reading(api)
    outcome = reading.run(lists.read_team, page_size=3)
    offsets = [offset for _, offset, _ in api.requests]
    assert offsets[:4] == [0, 2, 0, 2], "a walk that contradicts itself ends at once"
    assert len(reading.sinks) == outcome.attempts == 3
    assert (outcome.proofs["user"], outcome.walk.done) == (None, True)
    assert outcome.sink is reading.sinks[2]
    assert len(outcome.sink.keys) == len(set(outcome.sink.keys)) == outcome.walk.rows


def test_sites_that_change_all_the_time_are_not_proved():
    """Two counts that never agree with the walk prove nothing, however often it is repeated."""
    api = FakeApi(sites=sites(150), meanwhile=lambda api: api.sites.append(site(f"n{len(api.requests)}", JUST_NOW)))
    outcome = read(lists.read_sites, api)
    assert api.requests == [None, *["count", None, "100", "count"] * 3]
    assert (outcome.proofs, outcome.attempts) == ({"site": None}, 3)


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_are_bounded(attempts: int):
    """No list is walked more often than the setting says."""
    api = FakeApi(children=3, paging={"total": 4})
    outcome = read(lists.read_child_accounts, api, attempts=attempts)
    assert (api.requests, outcome.attempts) == ([0, 2] * attempts, attempts)
    assert outcome.proofs == {"child": None}


def test_a_list_that_is_counted_as_longer_may_be_accepted():
    """`accept_repeat_proof` says that the count means something else."""
    api = FakeApi(children=3, paging={"total": 4})
    outcome = read(lists.read_child_accounts, api, accept_repeat_proof=True)
    assert (outcome.proofs, outcome.attempts) == ({"child": "repeat"}, 2)


@pytest.mark.parametrize(
    ("age", "attempts", "proof"), [(dt.timedelta(seconds=1), 1, "count"), (dt.timedelta(), 2, "repeat")]
)
def test_a_member_younger_than_the_margin_costs_a_second_walk(age: dt.timedelta, attempts: int, proof: str):
    """A member who joined up to five minutes before a walk may have joined during it."""
    born = (NOW - MARGIN - age).isoformat()
    outcome = read(lists.read_team, FakeApi(members=[*users(3), user("new", born)]), page_size=2)
    assert (outcome.attempts, outcome.proofs["user"]) == (attempts, proof)


def test_the_outcome_began_when_its_walk_did():
    """A repeated read is as old as its last walk."""
    moments = [NOW, NOW + dt.timedelta(hours=1)]
    clock = iter(moments)
    outcome = read(lists.read_folders, FakeApi(), now=lambda: next(clock))
    assert (outcome.started_at, outcome.attempts) == (moments[1], 2)


# Page sizes


def test_a_refused_page_size_is_lowered_to_the_one_that_the_refusal_names(caplog: pytest.LogCaptureFixture):
    """The walk goes on where it is, and the next walk begins with the size that was accepted."""
    members = [*users(3), user("new", JUST_NOW)]
    api = FakeApi(members=members, greatest=2, refusal=refused("paging.limit", threshold=2))
    reading = Reading(api)
    outcome = reading.run(lists.read_team)
    limits = [limit for limit, _, _ in api.requests]
    assert limits == [100] + [2] * 8
    assert outcome.attempts == 2
    assert reading.sinks[0].keys == reading.sinks[1].keys == ["u0", "u1", "u2", "new"]
    assert "Wix refuses pages of 100 rows; going on with 2" in caplog.text


@pytest.mark.parametrize("data", [{}, {"threshold": 0}, {"threshold": -1}, {"threshold": 100}, {"threshold": "30"}])
def test_a_refusal_that_names_no_smaller_size_halves_it(data: dict[str, Any]):
    """Each refusal is another half, down to a size that Wix takes."""
    api = FakeApi(members=users(3), greatest=30, refusal=refused("paging.limit", **data))
    outcome = read(lists.read_team, api)
    assert api.requests == [(100, 0, True), (50, 0, True), (25, 0, True)]
    assert outcome.proofs["user"] == "count"


def test_pages_of_one_row_are_the_smallest():
    """When one row is too many, the refusal is the read's failure."""
    api = FakeApi(members=users(3), greatest=0)
    with pytest.raises(InvalidRequest, match="is too large"):
        read(lists.read_team, api, page_size=4)
    assert [limit for limit, _, _ in api.requests] == [4, 2, 1]


def test_another_refusal_is_not_about_the_page_size():
    """If an order or a facet is refused, the read fails immediately."""
    api = FakeApi(greatest=1, refusal=refused("orderBy"))
    with pytest.raises(InvalidRequest, match="orderBy"):
        read(lists.read_team, api)
    assert api.requests == [(100, 0, True)]


# Facets, unknown rows, tests of the connection


def test_facets_are_summed_over_their_values():
    """Invites are counted status by status, and what there is none of is left out."""
    api = FakeApi(members=[invite("a"), invite("b", "Declined"), invite("c")])
    outcome = read(lists.read_team, api)
    assert outcome.walk.counts_first == {"user": 0, "invite": 3}
    assert (len(api.requests), outcome.proofs) == (1, {"user": "count", "invite": "count"})


def test_a_team_without_facets_is_not_counted():
    """An answer without facets says nothing about how many there are."""
    api = FakeApi(members=users(3), facets=lambda _members: None)
    outcome = read(lists.read_team, api)
    assert api.requests == [(100, 0, True), (100, 2, True)]
    assert outcome.proofs == {"user": "whole", "invite": "whole"}


@pytest.mark.parametrize(
    ("users", "invites", "counts", "none"),
    [
        ({"values": []}, {"values": []}, {"user": 0, "invite": 0}, {"user", "invite"}),
        ({"values": [{"value": "x", "count": 0}]}, {}, {"user": 0, "invite": 0}, {"user"}),
        ({"values": None}, None, {"user": 0, "invite": 0}, set()),
        ({"values": [{"value": "x"}]}, {"values": [{"count": 1}]}, {"invite": 1}, set()),
        ({"values": [{"count": "3"}, {"count": 2}]}, {"values": []}, {"invite": 0}, {"invite"}),
    ],
)
def test_facets_that_are_not_as_they_should_be(
    users: dict[str, Any], invites: dict[str, Any] | None, counts: dict[str, int], none: set[str]
):
    """A facet that is missing counts none, but does not say so; a value whose number cannot be read counts nothing."""
    facets = [{"facetType": "Users", **users}, *([] if invites is None else [{"facetType": "InviteStatus", **invites}])]
    page = parse(TeamPage, json.dumps({"teamMembers": [], "facets": facets}).encode())
    api = FakeApi(facets=lambda _members: page.facets)
    walk = read(lists.read_team, api).walk
    assert (walk.counts_first, walk.reported_empty) == (counts, none)


def test_facet_roles_tells_of_holders():
    """What its values are is for others to find out."""
    values = [{"value": "1", "count": 2}, {"value": "2", "count": 0}, {"value": None, "count": 3}, {"value": "4"}]
    facet = made(Facet, {"facetType": "Roles", "values": values})
    api = FakeApi(members=users(1), facets=lambda members: [*facets_of(members), facet])
    assert read(lists.read_team, api).walk.holders == {"1": 2}


class CountingFolders(FakeApi):
    """An API that counts four folders."""

    @override
    def query_folders(self, *, offset: int) -> FolderPage:
        page = super().query_folders(offset=offset)
        return made(FolderPage, {"folders": page.folders, "metadata": {"count": 4}})


@pytest.mark.parametrize(("number", "proof"), [(3, None), (4, "whole"), (5, "whole")])
def test_folders_that_tell_of_more(number: int, proof: str | None):
    """`metadata.count` may be a page's or the list's: either way that many of them were there."""
    assert read(lists.read_folders, CountingFolders(folders=folders(number))).proofs == {"folder": proof}


def test_rows_of_an_unknown_kind_are_told_and_stepped_over(caplog: pytest.LogCaptureFixture):
    """A row that is neither a user nor an invite takes its place in the paging, and is handed on."""
    unknown = made(TeamMember, {"robot": {"id": "r2"}})
    api = FakeApi(members=[*users(2), unknown, user("u2")])
    outcome = read(lists.read_team, api, page_size=3)
    assert api.requests == [(3, 0, True), (3, 2, True), (3, 3, True)]
    assert (outcome.proofs["user"], len(outcome.sink.items)) == ("count", 4)
    assert "In the team, 1 member(s) are neither a user nor an invite, as far as they can be read" in caplog.text


def test_rows_of_an_unknown_kind_may_be_users():
    """Where Wix does not count, it may be a user in a form that this release cannot read."""
    api = FakeApi(members=[*users(2), made(TeamMember, {"userV2": {"id": "u2"}})], facets=lambda _members: None)
    assert set(read(lists.read_team, api).proofs.values()) == {None}


def test_a_member_is_one_of_two():
    """One that is a user and an invite at once would be counted as one, and be rows of two tables."""
    both = {"user": {"id": "u2", "assignments": []}, "invite": {"id": "i2", "assignments": []}}
    api = FakeApi(members=[*users(2), made(TeamMember, both)])
    result = read(lists.read_team, api)
    assert (result.walk.flaw, set(result.proofs.values())) == ("a member is a user and an invite at once", {None})


@pytest.mark.parametrize(("read_list", "requests"), [(lists.read_team, [(100, 0, True)]), (lists.read_sites, [None])])
def test_enough_is_one_page_and_proves_nothing(read_list: Callable[..., ReadResult[Sink]], requests: list[Any]):
    """A connection test only requests the first page, and does not count."""
    api = FakeApi(members=users(250), sites=sites(250))
    outcome = read(read_list, api, stop_after=1)
    assert api.requests == requests
    assert (outcome.walk.rows, outcome.attempts, set(outcome.proofs.values())) == (100, 1, {None})


def test_progress_is_told_after_each_page():
    """With the number of rows so far, and the API's count."""
    told: list[tuple[int, int | None]] = []
    read(lists.read_team, FakeApi(members=users(5)), page_size=3, progress=lambda *rows: told.append(rows))
    assert told == [(3, 5), (5, 5), (5, 5)]


def test_a_failure_ends_the_read():
    """What no request can answer is not walked again."""
    api = FakeApi(greatest=0, refusal=Forbidden(SEARCH_TEAM, httpx.Response(403), b"", Redactor("secret-of-the-key")))
    with pytest.raises(Forbidden):
        read(lists.read_team, api)
    assert len(api.requests) == 1
