"""The request budget: never more in a minute than it may, never slower than it must, one wait for everybody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_wix_users.wix.budget import RequestBudget, SystemClock
from tests.virtual import VirtualClock
from wix_sandbox import ApiOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

NEVER = threading.Event()
"""Nobody gives up."""
TICK = 0.002
"""The budget counts in milliseconds: a request may be held back by so much longer than the minute."""


def admitted(budget: RequestBudget, clock: VirtualClock, arrivals: Iterable[float]) -> list[float]:
    """When requests that arrive at these moments are let pass, one after another."""
    moments = []
    for arrival in arrivals:
        clock.turn_to(arrival)
        budget.acquire(NEVER)
        moments.append(clock.elapsed)
    return moments


def test_a_burst_passes_at_once(clock):
    """A whole minute's budget may be spent in one moment, and then again once the minute is over."""
    moments = admitted(RequestBudget(3, clock), clock, [0.0] * 7)
    assert moments == pytest.approx([0, 0, 0, 60, 60, 60, 120], abs=2 * TICK)


def test_the_window_slides(clock):
    """Requests that are spread over a minute make room one by one, a minute after each."""
    moments = admitted(RequestBudget(3, clock), clock, [0, 20, 40, 41, 41, 41, 41])
    assert moments == pytest.approx([0, 20, 40, 60, 80, 100, 120], abs=3 * TICK)


gaps = st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 30), st.floats(55, 65))


@given(st.integers(1, 8), st.lists(gaps, max_size=40), st.floats(0, 1e7))
@example(1, [60.0, 0.0, 59.9995], 0.0005)
def test_no_minute_holds_more_than_it_may(limit, between, start):
    """Whenever requests arrive, any sixty seconds hold `limit` at most, and none is held back without need."""
    clock = VirtualClock(start)
    budget = RequestBudget(limit, clock)
    arrivals: list[float] = []
    moments: list[float] = []
    for gap in between:
        arrivals.append(clock.elapsed + gap)
        moments += admitted(budget, clock, arrivals[-1:])
    assert all(later >= earlier for earlier, later in pairwise(moments))
    for number, moment in enumerate(moments):
        free = moments[number - limit] + 60 if number >= limit else 0.0
        assert moment >= free - 1e-6
        assert moment <= max(arrivals[number], free + TICK) + 1e-6
    assert budget.waited == pytest.approx(sum(clock.waits))


@given(st.lists(st.tuples(st.sampled_from(["ask", "close", "pass"]), st.floats(0.001, 90)), max_size=30))
def test_nothing_passes_while_it_is_closed(steps):
    """However often it is closed, the longest closing counts, and closings do not add up."""
    clock = VirtualClock()
    budget = RequestBudget(10_000, clock)
    closed_until = 0.0
    for step, seconds in steps:
        if step == "close":
            closed_until = max(closed_until, clock.elapsed + seconds)
            budget.close_for(seconds)
        elif step == "pass":
            clock.turn_to(clock.elapsed + seconds)
        else:
            due = max(clock.elapsed, closed_until)
            budget.acquire(NEVER)
            assert clock.elapsed == pytest.approx(due)


def test_threads_share_it(clock):
    """Sixty requests of six threads take five minutes more than the first ten, whichever thread sends them."""
    budget = RequestBudget(10, clock)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: budget.acquire(NEVER), range(60)))
    assert clock.elapsed == pytest.approx(300, abs=60 * TICK)


def test_everybody_waits_once(clock):
    """Five threads that are held back wait at the same time, not one after another."""
    budget = RequestBudget(100, clock)
    for _ in range(5):
        budget.close_for(60)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: budget.acquire(NEVER), range(5)))
    assert clock.elapsed == pytest.approx(60)
    budget.acquire(NEVER)
    assert clock.elapsed == pytest.approx(60)


def test_what_was_waited_is_counted(clock):
    """The seconds that requests were held back, by a closing or by the budget, in total."""
    budget = RequestBudget(2, clock)
    assert budget.waited == 0
    budget.close_for(7)
    admitted(budget, clock, [0, 0, 0])
    assert budget.waited == pytest.approx(7 + 60, abs=TICK)
    assert clock.elapsed == pytest.approx(7 + 60, abs=TICK)


def test_a_server_with_the_same_limit_refuses_nothing(serve, connect, clock):
    """A client with the server's own budget is never throttled, however long it goes on."""
    sandbox = serve(options=ApiOptions(requests_per_minute=20), clock=clock.now)
    api = connect(sandbox, requests_per_minute=20)
    for _ in range(70):
        api.count_sites()
    assert sandbox.stats()["throttled"] == 0
    assert (api.meter.requests, api.meter.retries) == (70, 0)
    assert clock.elapsed == pytest.approx(180, abs=4 * TICK)


def test_a_server_with_a_lower_limit_is_survived(serve, connect, clock):
    """Where the server allows fewer than the budget, each refusal costs a minute, and no request is lost."""
    sandbox = serve(options=ApiOptions(requests_per_minute=10), clock=clock.now)
    api = connect(sandbox, requests_per_minute=1000)
    for _ in range(35):
        api.count_sites()
    assert sandbox.stats()["throttled"] == 3
    assert (api.meter.requests, api.meter.retries) == (38, 3)
    assert 180 <= clock.elapsed <= 198


def test_the_machines_clock():
    """Outside of tests seconds are real."""
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.01, NEVER)
    assert 0.01 <= clock.now() - before < 5
