"""Pages side by side, and whole reads of the team over real HTTP: whatever the server does, right or not proved."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typing_extensions import override

from tap_wix_users.wix import errors
from tap_wix_users.wix.ahead import PagesAhead, in_order
from tap_wix_users.wix.endpoints import AccountApi
from tap_wix_users.wix.fence import MAX_VALUES
from tap_wix_users.wix.page_size import PageSize
from tap_wix_users.wix.team import read_team
from tap_wix_users.wix.walks import Entry, OffsetWalk
from tests.crowds import Crowds
from tests.virtual import VirtualClock
from tests.wix.conftest import READ_OPTIONS, asked
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.records import Person, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_wix_users.wix.objects import TeamMember
    from tap_wix_users.wix.proving import ReadResult
    from wix_sandbox import Sandbox
    from wix_sandbox.account import Account

COUNTED = {"user": "count", "invite": "count"}
UNPROVED = {"user": None, "invite": None}


@dataclass
class Members:
    """Takes what a walk hands over."""

    items: list[TeamMember] = field(default_factory=list)

    def add(self, items: Sequence[TeamMember], /) -> None:
        """Take a page."""
        self.items += items

    @property
    def ids(self) -> list[str]:
        """Users' and invites' ids, in the order in which they came."""
        return [(member.user or member.invite).id for member in self.items]  # type: ignore[union-attr]


def team(account: Account) -> list[str]:
    """The ids of the account's team, in the order of the API."""
    people = sorted(account.people.values(), key=lambda one: ((one.joined or "").removesuffix("Z"), one.id))
    invites = sorted(account.invites.values(), key=lambda one: (one.created or "", one.id))
    return [one.id for one in (*people, *invites)]


def world(rows: int) -> World:
    """A team of so many rows, a tenth of them invites."""
    return World(Size(users=rows - rows // 10, invites=rows // 10, sites=3, folders=2, child_accounts=0))


def read(api: Any, **overrides: Any) -> ReadResult[Members]:
    """The team, as read a day after everybody has joined."""
    now = dt.datetime(2026, 11, 2, 8, tzinfo=dt.UTC)
    options: dict[str, Any] = {"page_size": 10, "now": lambda: now}
    return read_team(api, Members, replace(READ_OPTIONS, **options | overrides))


def pagings(sandbox: Sandbox) -> list[tuple[int, int]]:
    """Offset and limit of each request that was answered, in the order of offsets."""
    return sorted((seen.body["paging"]["offset"], seen.body["paging"]["limit"]) for seen in sandbox.requests)


class TestSideBySide:
    """A request's latency is paid once for several pages."""

    @pytest.mark.parametrize("concurrency", [2, 3, 8])
    def test_no_more_than_allowed(self, concurrency, serve, connect):
        """Several requests are in flight, but never more than `max_concurrency`."""
        sandbox = serve(world(200), options=ApiOptions(latency=0.03))
        crowds = Crowds(sandbox)
        outcome = read(connect(sandbox, max_concurrency=concurrency))
        assert outcome.sink.ids == team(sandbox.world.main)
        assert 1 < max(crowds.sizes) <= concurrency

    def test_the_first_and_the_last_request_are_alone(self, serve, connect):
        """Only they request counts, which are older, and newer, than every page."""
        sandbox = serve(world(200), options=ApiOptions(latency=0.03))
        crowds = Crowds(sandbox)
        read(connect(sandbox, max_concurrency=8))
        assert crowds.sizes[0] == crowds.sizes[-1] == 1
        assert crowds.sizes[1] == 1
        counted = ["facets" in seen.body for seen in sandbox.requests]
        assert counted == [True, *[False] * (len(counted) - 2), True]
        assert sandbox.requests[0].body["paging"]["offset"] == 0
        assert sandbox.requests[-1].body["paging"]["offset"] == 199

    def test_one_at_a_time(self, serve, connect):
        """With a concurrency of one, there is never a second request."""
        sandbox = serve(world(60), options=ApiOptions(latency=0.005))
        crowds = Crowds(sandbox)
        read(connect(sandbox, max_concurrency=1))
        assert set(crowds.sizes) == {1}

    @pytest.mark.parametrize("rows", [12, 20, 21, 100, 101, 230])
    @pytest.mark.parametrize(
        "options", [ApiOptions(), ApiOptions(page_cap=7), ApiOptions(facets=False)], ids=["", "cap", "no facets"]
    )
    def test_nothing_else_changes(self, rows, options, serve, connect):
        """The same requests, the same objects in the same order, and the same proof as one page after the other."""
        seen = []
        for concurrency in (1, 8):
            sandbox = serve(world(rows), options=options)
            outcome = read(connect(sandbox, max_concurrency=concurrency))
            objects = [msgspec.json.encode(member) for member in outcome.sink.items]
            bodies = sorted((request.body for request in sandbox.requests), key=repr)
            seen.append((objects, outcome.proofs, outcome.attempts, bodies))
            assert outcome.sink.ids == team(sandbox.world.main)
        assert seen[0] == seen[1]

    def test_they_really_are_under_way_at_once(self, serve, connect):
        """Four pages wait for each other, which they could not do one after another."""
        sandbox = serve(world(100))
        api = connect(sandbox, max_concurrency=4)
        walk = OffsetWalk(("user", "invite"), "", limit=10)
        meeting = threading.Barrier(4)

        def ask(own: AccountApi, offset: int, facets: bool) -> Any:
            if 0 < offset <= 36:
                meeting.wait(60)
            return own.search_team(limit=10, offset=offset, facets=facets)

        with PagesAhead(api, walk, ask) as ahead:
            while not walk.done:
                take(walk, ahead.take())
        assert walk.rows == 100
        assert walk.flaw is None

    def test_what_is_not_wanted_is_not_asked(self, serve, connect):
        """Pages that have not been begun when the walk fails are cancelled, and those that were are forgotten."""
        sandbox = serve(world(100))
        api = connect(sandbox, max_concurrency=4)
        walk = OffsetWalk(("user", "invite"), "", limit=10)
        asked_for: list[int] = []
        busy = threading.Event()
        others = [api.client.pool.submit(busy.wait, 10) for _ in range(3)]

        def ask(own: AccountApi, offset: int, facets: bool) -> Any:
            asked_for.append(offset)
            if offset == 9:
                raise errors.NoAnswer(errors.Endpoint("GET", "/"), "no answer")
            if offset > 9:
                # Holds the only thread that is left, so that no page after it can be begun before the walk has ended.
                busy.wait(60)
            return own.search_team(limit=10, offset=offset, facets=facets)

        with PagesAhead(api, walk, ask) as ahead:
            take(walk, ahead.take())
            with pytest.raises(errors.NoAnswer):
                ahead.take()
        busy.set()
        assert all(other.result(10) for other in others)
        api.client.pool.shutdown(wait=True)
        assert set(asked_for) <= {0, 9, 18}

    def test_what_is_not_wanted_any_more_is_not_tried_again(self, serve, connect):
        """A page that fails after the walk has ended ends, too, and does not hold up the process for minutes."""
        sandbox = serve(world(100), faults=[Fault.of("status", status=503, nth=2, times=0)])
        clock = _Held()
        api = connect(sandbox, max_concurrency=2, clock=clock)
        walk = OffsetWalk(("user", "invite"), "", limit=10)

        def ask(own: AccountApi, offset: int, facets: bool) -> Any:
            if offset == 9:
                assert clock.begun.wait(60)
                raise errors.NoAnswer(errors.Endpoint("GET", "/"), "no answer")
            return own.search_team(limit=10, offset=offset, facets=facets)

        with PagesAhead(api, walk, ask) as ahead:
            take(walk, ahead.take())
            with pytest.raises(errors.NoAnswer):
                ahead.take()
        clock.go_on.set()
        api.client.pool.shutdown(wait=True)
        assert asked(sandbox) == 2

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"status": 400}, errors.InvalidRequest),
            ({"status": 401}, errors.Unauthorized),
            ({"status": 403}, errors.Forbidden),
            ({"kind": "wrong_types", "path": "teamMembers"}, errors.UnreadableAnswer),
            ({"kind": "revoke_key"}, errors.Unauthorized),
        ],
    )
    @pytest.mark.parametrize("nth", [1, 2, 5, 12])
    def test_an_error_of_any_page_is_the_walks(self, nth, fault, error, concurrency, serve, connect):
        """Whichever page fails, the read fails with its error."""
        sandbox = serve(world(100), faults=[Fault.of(**{"kind": "status", "nth": nth} | fault)])
        with pytest.raises(error):
            read(connect(sandbox, max_concurrency=concurrency))

    @pytest.mark.parametrize(
        ("kind", "options"), [("reset", {}), ("truncate", {}), ("not_json", {}), ("status", {"status": 503})]
    )
    def test_a_page_that_is_asked_again_is_the_same_page(self, kind, options, serve, connect):
        """Retries among several pages leave their order as it is."""
        sandbox = serve(world(200), faults=[Fault.of(kind, nth=nth, **options) for nth in (1, 3, 4, 9, 20)])
        api = connect(sandbox)
        outcome = read(api)
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts, api.meter.retries) == (COUNTED, 1, 5)

    def test_a_server_that_throttles_is_read_to_the_end(self, serve, connect, clock):
        """A lower limit than our budget costs minutes, but no row."""
        sandbox = serve(world(200), options=ApiOptions(requests_per_minute=9), clock=clock.now)
        outcome = read(connect(sandbox, max_retry_seconds=3600))
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 1)
        assert sandbox.stats()["throttled"] > 0


class TestInOrder:
    """Questions that do not depend on each other."""

    @pytest.mark.parametrize("concurrency", [1, 3, 8])
    def test_answers_come_in_the_order_of_the_questions(self, concurrency, serve, connect):
        """Whichever is answered first, and never more in flight than allowed."""
        sandbox = serve(options=ApiOptions(latency=0.01))
        crowds = Crowds(sandbox, "query_contributors", concurrency)
        api = connect(sandbox, max_concurrency=concurrency)
        sites = [*sandbox.world.main.sites.values()]
        answers = in_order(api, AccountApi.query_contributors, [site.id for site in sites])
        assert [len(answer.contributors) for answer in answers] == [len(site.contributors) for site in sites]
        assert asked(sandbox) == len(sites)
        assert max(crowds.sizes) <= concurrency
        assert (max(crowds.sizes) > 1) == (concurrency > 1)

    def test_nothing_to_ask(self, serve, connect):
        """Nothing is answered."""
        assert list(in_order(connect(serve()), AccountApi.query_contributors, [])) == []

    def test_an_error_ends_it(self, serve, connect):
        """Answers before it were yielded, and requests that had not begun are not sent."""
        sandbox = serve(faults=[Fault.of("status", endpoint="query_contributors", nth=2, times=0, status=403)])
        api = connect(sandbox, max_concurrency=1)
        sites = [*sandbox.world.main.sites]
        answers = in_order(api, AccountApi.query_contributors, sites)
        next(answers)
        with pytest.raises(errors.Forbidden):
            next(answers)
        api.client.pool.shutdown(wait=True)
        assert 2 <= asked(sandbox) <= 3

    def test_whoever_stops_early_has_the_rest_cancelled(self, serve, connect):
        """Closing the generator cancels them."""
        sandbox = serve()
        api = connect(sandbox, max_concurrency=2)
        answers = in_order(api, AccountApi.query_contributors, [*sandbox.world.main.sites])
        next(answers)
        answers.close()
        api.client.pool.shutdown(wait=True)
        assert asked(sandbox) <= 3


class _Held(VirtualClock):
    """Waits do not end before they may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go_on = threading.Event()

    @override
    def sleep(self, seconds: float, wake: threading.Event) -> None:
        self.begun.set()
        assert self.go_on.wait(60)
        super().sleep(seconds, wake)


def take(walk: OffsetWalk, page: Any) -> None:
    """Let a walk take a page of the team, with its counts when it has them."""
    entries = [
        Entry("user", member.user.id) if member.user else Entry("invite", member.invite.id)
        for member in page.team_members
    ]
    counts = None
    if page.facets is not None:
        told = {facet.facet_type: sum(value.count for value in facet.values) for facet in page.facets}
        counts = {"user": told["Users"], "invite": told["InviteStatus"]}
    walk.take(entries, counts)


def refuse_limit(field: str = "paging.limit", **data: Any) -> dict[str, Any]:
    """A 400 about a field of the request."""
    violation = {"field": field, "description": "is too large", "violatedRule": "MAX", "data": data}
    return {"message": "no", "details": {"validationError": {"fieldViolations": [violation]}}}


class TestPageSize:
    """The API documents no page size: it is found out."""

    def test_a_refused_size_is_lowered_to_the_one_that_the_refusal_names(self, serve, connect, caplog):
        """The walk goes on where it is, and the log says how to spare the request."""
        sandbox = serve(world(350), options=ApiOptions(max_page_size=100))
        outcome = read(connect(sandbox), page_size=1000)
        assert outcome.page_size == PageSize(1000, 100)
        assert pagings(sandbox) == [(0, 100), (0, 1000), (99, 100), (198, 100), (297, 100), (349, 100)]
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 1)
        said = [record.getMessage() for record in caplog.records if record.name == "tap_wix_users.wix.team"]
        assert said == ["Wix refuses pages of 1000 rows; going on with 100 (see `page_size`)"]

    @pytest.mark.parametrize(
        "data", [{}, {"threshold": None}, {"threshold": "40"}, {"threshold": 0}, {"threshold": -3}, {"threshold": 100}]
    )
    def test_without_a_usable_bound_it_is_halved(self, data, serve, connect):
        """A bound that is none, or not below the refused size, leads nowhere."""
        fault = Fault.of("status", status=400, body=refuse_limit(**data))
        sandbox = serve(world(120), faults=[fault])
        outcome = read(connect(sandbox), page_size=100)
        assert pagings(sandbox) == [(0, 50), (0, 100), (49, 50), (98, 50), (119, 50)]
        assert outcome.sink.ids == team(sandbox.world.main)

    def test_it_is_lowered_until_it_fits(self, serve, connect):
        """Down to one row at a time, if need be, and the next walk begins with what fits."""
        faults = [Fault.of("status", status=400, nth=1, times=6, body=refuse_limit())]
        sandbox = serve(world(20), faults=faults)
        outcome = read(connect(sandbox), page_size=64)
        limits = [seen.body["paging"]["limit"] for seen in sandbox.requests]
        assert limits[:7] == [64, 32, 16, 8, 4, 2, 1]
        assert set(limits[7:]) == {1}
        assert outcome.sink.ids == team(sandbox.world.main)

    def test_a_size_of_one_cannot_be_lowered(self, serve, connect):
        """Then the refusal is the end."""
        sandbox = serve(world(20), faults=[Fault.of("status", status=400, times=0, body=refuse_limit())])
        with pytest.raises(errors.InvalidRequest):
            read(connect(sandbox), page_size=4)
        assert [seen.body["paging"]["limit"] for seen in sandbox.requests] == [4, 2, 1]

    @pytest.mark.parametrize("body", [None, refuse_limit("paging.offset"), refuse_limit("orderBy", threshold=5)])
    def test_another_refusal_lowers_nothing(self, body, serve, connect):
        """It is the read's error, after one request."""
        sandbox = serve(world(20), faults=[Fault.of("status", status=400, body=body)])
        with pytest.raises(errors.InvalidRequest):
            read(connect(sandbox))
        assert asked(sandbox) == 1

    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param({"kind": "status", "status": 504, "times": 2}, id="504"),
            pytest.param({"kind": "stall", "seconds": 60, "times": 2}, id="time-out"),
            pytest.param({"kind": "status", "status": 200, "body": "[" + "," * (MAX_VALUES + 1)}, id="too large"),
        ],
    )
    def test_a_size_that_is_not_answered(self, fault, serve, connect, caplog):
        """It is tried twice where that may help, and lowered long before the patience is over."""
        sandbox = serve(world(350), faults=[Fault.of(**fault)])
        outcome = read(connect(sandbox, request_timeout=2), page_size=1000)
        assert {limit for _, limit in pagings(sandbox)} - {1000} == {250}
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts, outcome.page_size) == (COUNTED, 1, PageSize(1000, 250))
        assert "Wix does not answer to pages of 1000 rows; going on with 250 (see `page_size`)" in caplog.text

    def test_a_server_that_fails_at_any_size(self, serve, connect, clock):
        """No failure is put down to a page of a hundred rows: there is the patience for it that there always was."""
        sandbox = serve(world(20), faults=[Fault.of("status", status=504, times=0)])
        with pytest.raises(errors.ServerFailure, match="gave up after"):
            read(connect(sandbox, max_retry_seconds=60), page_size=1000)
        limits = [seen.body["paging"]["limit"] for seen in sandbox.requests]
        assert limits[:5] == [1000, 1000, 250, 250, 100]
        assert set(limits[5:]) == {100}
        assert clock.elapsed < 90

    def test_a_failure_that_goes_away(self, serve, connect):
        """A size that is answered at the second attempt holds."""
        sandbox = serve(world(20), faults=[Fault.of("status", status=504)])
        assert read(connect(sandbox), page_size=1000).page_size is None

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_another_failure_lowers_nothing(self, status, serve, connect):
        """What is not about the size is waited out."""
        sandbox = serve(world(20), faults=[Fault.of("status", status=status, times=3)])
        assert read(connect(sandbox), page_size=1000).page_size is None
        assert {seen.body["paging"]["limit"] for seen in sandbox.requests} == {1000}

    @pytest.mark.parametrize(
        ("wanted", "begins", "after"),
        [
            pytest.param(1000, 100, PageSize(1000, 100), id="as before"),
            pytest.param(500, 100, PageSize(1000, 100), id="lower, and still too much"),
            pytest.param(50, 50, PageSize(1000, 100), id="lower than what holds"),
            pytest.param(2000, 2000, PageSize(2000, 100), id="raised: it is tried again"),
        ],
    )
    def test_what_was_learnt(self, wanted, begins, after, serve, connect):
        """A run begins with what holds, unless more is wanted than was ever tried."""
        sandbox = serve(world(20), options=ApiOptions(max_page_size=100))
        outcome = read_team(
            connect(sandbox), Members, replace(READ_OPTIONS, page_size=wanted), learnt=PageSize(wanted=1000, holds=100)
        )
        assert sandbox.requests[0].body["paging"]["limit"] == begins
        assert outcome.page_size == after

    def test_what_was_learnt_and_does_not_hold_any_more(self, serve, connect):
        """The size is lowered again, and a raised one that holds leaves nothing to know."""
        learnt = PageSize(wanted=1000, holds=500)
        sandbox = serve(world(20), options=ApiOptions(max_page_size=100))
        lower = read_team(connect(sandbox), Members, replace(READ_OPTIONS, page_size=1000), learnt=learnt)
        assert lower.page_size == PageSize(1000, 100)
        free = serve(world(20), options=ApiOptions(max_page_size=5000))
        assert read_team(connect(free), Members, replace(READ_OPTIONS, page_size=2000), learnt=learnt).page_size is None

    @pytest.mark.parametrize("facets", [True, False])
    def test_a_silent_cap_of_a_hundred(self, facets, serve, connect):
        """A hundred rows are not a short page, although a thousand were requested: it alone proves nothing."""
        sandbox = serve(world(100), options=ApiOptions(page_cap=100, facets=facets))
        outcome = read(connect(sandbox), page_size=1000)
        assert (outcome.sink.ids, outcome.attempts) == (team(sandbox.world.main), 1)
        assert pagings(sandbox) == [(0, 1000), (99, 1000)]

    @pytest.mark.parametrize("nth", [2, 3, 5, 9])
    def test_a_size_that_is_refused_half_way(self, nth, serve, connect):
        """Pages that were requested with the old size are dropped, and nothing is lost."""
        fault = Fault.of("status", status=400, nth=nth, body=refuse_limit(threshold=6))
        sandbox = serve(world(150), faults=[fault])
        outcome = read(connect(sandbox))
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 1)

    def test_a_silent_cap(self, serve, connect):
        """A server that returns forty rows where a hundred are requested is read in steps of forty."""
        sandbox = serve(world(350), options=ApiOptions(page_cap=40))
        outcome = read(connect(sandbox), page_size=100)
        assert pagings(sandbox) == [(offset, 100) for offset in (*range(0, 349, 39), 349)]
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 1)

    @pytest.mark.parametrize(("cap", "proof"), [(1, "repeat"), (2, "count"), (3, "count")])
    def test_a_cap_so_small_that_pages_hardly_overlap(self, cap, proof, serve, connect):
        """One row at a time is slow, and right: pages without an overlap are proved by a second walk."""
        sandbox = serve(world(30), options=ApiOptions(page_cap=cap))
        outcome = read(connect(sandbox), page_size=100)
        assert outcome.sink.ids == team(sandbox.world.main)
        assert outcome.proofs == {"user": proof, "invite": proof}

    @pytest.mark.parametrize("caps", [{4: 7}, {3: 30, 8: 3}, {2: 1}, {5: 2, 6: 20}])
    def test_a_cap_that_changes_on_the_way(self, caps, serve, connect):
        """Pages that were requested too far ahead are dropped, and nothing is lost."""
        sandbox = serve(world(150), options=ApiOptions(page_cap=20))

        def change(_endpoint: str, number: int) -> None:
            sandbox.api.endpoints._page_cap = caps.get(number, sandbox.api.endpoints._page_cap)

        sandbox.before_request = change
        outcome = read(connect(sandbox), page_size=100)
        assert outcome.sink.ids == team(sandbox.world.main)
        assert None not in outcome.proofs.values()


class TestOddAnswers:
    """Pages and counts that contradict each other: noticed, and read again."""

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize("nth", [2, 3, 7])
    @pytest.mark.parametrize("kind", ["empty_page", "repeat_page"])
    def test_a_page_that_is_wrong_once(self, kind, nth, concurrency, serve, connect):
        """A second walk is whole and proved."""
        sandbox = serve(world(100), faults=[Fault.of(kind, nth=nth)])
        outcome = read(connect(sandbox, max_concurrency=concurrency))
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 2)

    @pytest.mark.parametrize("kind", ["empty_page", "repeat_page"])
    def test_a_page_that_stays_wrong(self, kind, serve, connect):
        """After three walks there is no proof, and no end without one."""
        sandbox = serve(world(100), faults=[Fault.of(kind, nth=3, times=0)])
        outcome = read(connect(sandbox))
        assert (outcome.proofs, outcome.attempts) == (UNPROVED, 3)

    @pytest.mark.parametrize(
        ("fault", "attempts", "proof"),
        [
            pytest.param({"kind": "drop_facets", "times": 0}, 2, "repeat", id="never counted"),
            pytest.param({"kind": "drop_facets"}, 2, "count", id="not counted at the beginning"),
            pytest.param({"kind": "wrong_facets", "delta": 3}, 2, "count", id="counted as more at the beginning"),
            pytest.param({"kind": "wrong_facets", "delta": -3}, 2, "count", id="counted as fewer at the beginning"),
            pytest.param({"kind": "wrong_facets", "delta": -1, "times": 0}, 2, "repeat", id="always counted as fewer"),
            pytest.param({"kind": "wrong_facets", "delta": 1, "times": 0}, 3, None, id="always counted as more"),
        ],
    )
    @pytest.mark.parametrize("concurrency", [1, 8])
    def test_counts(self, fault, attempts, proof, concurrency, serve, connect):
        """Every row is read whatever the API counts; a count of more than there are proves nothing, ever."""
        sandbox = serve(world(100), faults=[Fault.of(**fault)])
        outcome = read(connect(sandbox, max_concurrency=concurrency))
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == ({"user": proof, "invite": proof}, attempts)

    def test_a_count_that_means_something_else(self, serve, connect):
        """With `accept_repeat_proof`, two equal walks are a proof."""
        sandbox = serve(world(100), faults=[Fault.of("wrong_facets", delta=1, times=0)])
        outcome = read(connect(sandbox), accept_repeat_proof=True)
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts) == ({"user": "repeat", "invite": "repeat"}, 2)

    def test_everything_in_one_page(self, serve, connect):
        """A first page that its own counts confirm is one request."""
        sandbox = serve(world(30))
        outcome = read(connect(sandbox), page_size=100)
        assert outcome.sink.ids == team(sandbox.world.main)
        assert (outcome.proofs, outcome.attempts, asked(sandbox)) == (COUNTED, 1, 1)

    def test_a_connection_test_reads_little(self, serve, connect):
        """A connection test requests no more than it needs."""
        sandbox = serve(world(100))
        outcome = read(connect(sandbox), stop_after=1)
        assert outcome.sink.ids == team(sandbox.world.main)[:10]
        assert asked(sandbox) == 1

    def test_the_progress_is_told(self, serve, connect):
        """Rows seen and expected, after each page."""
        told: list[tuple[int, int | None]] = []
        sandbox = serve(world(50))
        read(connect(sandbox), progress=lambda seen, expected: told.append((seen, expected)))
        assert told == [(10, 50), (19, 50), (28, 50), (37, 50), (46, 50), (50, 50), (50, 50)]


def leave(account: Account, place: int) -> None:
    """The member at this position of the list leaves."""
    account.leave(team(account)[place])


def join(account: Account, place: int = -1) -> None:
    """Somebody joins now, which is behind all other users and before the invites."""
    number = account.revision
    account.join(Person(account.new_id(), email=f"new{number}@example.com", joined=stamp(account.clock.now)))


def forget(account: Account, place: int) -> None:
    """An invite vanishes."""
    account.forget(list(account.invites.values())[place])


Event = tuple["Callable[[Account, int], None]", int]
STORIES: dict[str, dict[int, list[Event]]] = {
    "nothing happens": {},
    "one of the first leaves early": {2: [(leave, 0)]},
    "one of the first leaves late": {10: [(leave, 0)]},
    "one of the last leaves early": {3: [(leave, 80)]},
    "one leaves before the last request": {13: [(leave, 5)]},
    "one joins": {5: [(join, 0)]},
    "one joins at the end": {12: [(join, 0)]},
    "one leaves and one joins": {4: [(leave, 0)], 6: [(join, 0)]},
    "one leaves and one joins at once": {6: [(leave, 0), (join, 0)]},
    "two leave and two join at once": {6: [(leave, 0), (leave, 0), (join, 0), (join, 0)]},
    "two leave and two join in each walk": {n: [(leave, 0), (leave, 0), (join, 0), (join, 0)] for n in (6, 18, 30)},
    "one joins and leaves again": {3: [(join, 0)], 8: [(leave, 90)]},
    "an invite vanishes": {5: [(forget, 0)]},
    "a whole page leaves": {5: [(leave, 0)] * 9},
    "a whole page and its overlap leave": {5: [(leave, 0)] * 10},
    "somebody leaves in each of two walks": {4: [(leave, 0)], 16: [(leave, 0)]},
    "somebody leaves in each walk": {number: [(leave, 0)] for number in range(3, 60, 6)},
    "somebody joins in each walk": {number: [(join, 0)] for number in range(3, 60, 6)},
    "a coming and going": {number: [(leave, 1), (join, 0)] for number in range(2, 60, 3)},
}


class TestPeopleComeAndGo:
    """Offset paging shifts when somebody leaves: every row that exists throughout must still be seen."""

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize("story", STORIES)
    def test_between_two_pages(self, story, concurrency, serve, connect):
        """A proved walk has everybody who was there throughout, and nobody who never was."""
        sandbox = serve(world(110))
        main = sandbox.world.main
        ever = set(team(main))
        always = set(ever)

        def happen(_endpoint: str, number: int) -> None:
            for what, place in STORIES[story].get(number, ()):
                with sandbox.lock:
                    what(main, place)
                    ever.update(team(main))
                    always.intersection_update(team(main))

        sandbox.before_request = happen
        outcome = read(connect(sandbox, max_concurrency=concurrency), now=lambda: main.clock.now)
        seen = set(outcome.sink.ids)
        assert seen <= ever
        assert len(seen) == len(outcome.sink.items)
        missed = always - seen
        wrongly_proved = {
            kind: missed & set(rows)
            for kind, rows in (("user", main.people), ("invite", main.invites))
            if outcome.proofs[kind] is not None and missed & set(rows)
        }
        assert wrongly_proved == {}

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize("story", ["nothing happens", "one of the first leaves early", "an invite vanishes"])
    def test_when_it_is_quiet_again(self, story, concurrency, serve, connect):
        """One change in the first walk is made good by the second, which has the team as it is."""
        sandbox = serve(world(110))
        main = sandbox.world.main
        events = dict(STORIES[story])

        def happen(_endpoint: str, number: int) -> None:
            for what, place in events.get(number, ()):
                with sandbox.lock:
                    what(main, place)

        sandbox.before_request = happen
        outcome = read(connect(sandbox, max_concurrency=concurrency))
        assert outcome.sink.ids == team(main)
        assert (outcome.proofs, outcome.attempts) == (COUNTED, 2 if events else 1)
