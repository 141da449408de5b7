"""Reads of the other lists, over an account that lives in memory: which requests they make, and what they return."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from typing_extensions import override

from tap_wix_users.wix import lists
from tap_wix_users.wix.endpoints import FOLDER_PAGE, SEARCH_TEAM
from tap_wix_users.wix.errors import Forbidden, NotFound
from tap_wix_users.wix.objects import (
    Account,
    ChildAccountPage,
    FolderPage,
    Role,
    RoleList,
    SitePage,
    TeamPage,
)
from tap_wix_users.wix.reading import as_came
from tap_wix_users.wix.redaction import Redactor
from tests.wix.made import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_wix_users.wix.proving import ReadResult

from tap_wix_users.wix.team import read_team
from tests.wix.fake_account import (
    JUST_NOW,
    NOW,
    FakeApi,
    Sink,
    folders,
    read,
    site,
    sites,
    users,
)

# Requests: as many as the proof needs


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


MORE = [
    pytest.param({"pagingMetadata": {"hasNext": True}}, True, id="a next page"),
    pytest.param({"metadata": {"count": 2, "cursors": {"next": "abc"}}}, True, id="a cursor"),
    pytest.param({"nextPageToken": "abc"}, True, id="a token"),
    pytest.param({"pagingMetadata": {"count": 2, "total": 3}}, True, id="a greater total"),
    pytest.param(
        {"pagingMetadata": {"count": 2, "total": 2, "hasNext": False, "cursors": {"next": ""}}}, False, id="all"
    ),
    pytest.param({"pages": [{"hasNext": True}], "total": "3"}, False, id="something else"),
]


@pytest.mark.parametrize(("more", "tells"), MORE)
def test_roles_of_which_there_are_more(more: dict[str, Any], *, tells: bool):
    """No page is known to follow: an answer that says so itself is not the whole list."""
    answer = {"predefinedRoles": [{"id": "1"}], "customRoles": [{"id": "2"}], **more}
    result = read(partial(lists.read_roles, locale="en"), FakeApi(roles=made(RoleList, answer)))
    assert (result.proofs, result.walk.rows) == ({"role": None if tells else "whole"}, 2)


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
        (read_team, Silent(members=users(3)), {"user": None, "invite": "repeat"}),
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


def test_the_outcome_began_when_its_walk_did():
    """A repeated read is as old as its last walk."""
    moments = [NOW, NOW + dt.timedelta(hours=1)]
    clock = iter(moments)
    outcome = read(lists.read_folders, FakeApi(), now=lambda: next(clock))
    assert (outcome.started_at, outcome.attempts) == (moments[1], 2)


# Counts of another kind, tests of the connection


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


@pytest.mark.parametrize(("read_list", "requests"), [(read_team, [(100, 0, True)]), (lists.read_sites, [None])])
def test_enough_is_one_page_and_proves_nothing(read_list: Callable[..., ReadResult[Sink]], requests: list[Any]):
    """A connection test only requests the first page, and does not count."""
    api = FakeApi(members=users(250), sites=sites(250))
    outcome = read(read_list, api, stop_after=1)
    assert api.requests == requests
    assert (outcome.walk.rows, outcome.attempts, set(outcome.proofs.values())) == (100, 1, {None})
