"""Reads of the team, over an account that lives in memory: which requests they make, and what they return."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from tap_wix_users.wix.endpoints import SEARCH_TEAM
from tap_wix_users.wix.errors import Forbidden, InvalidRequest
from tap_wix_users.wix.objects import (
    Facet,
    TeamMember,
    TeamPage,
)
from tap_wix_users.wix.proving import MARGIN
from tap_wix_users.wix.reading import parse
from tap_wix_users.wix.redaction import Redactor
from tap_wix_users.wix.team import read_team
from tests.wix.fake_account import (
    JUST_NOW,
    NOW,
    FakeApi,
    Reading,
    facets_of,
    invite,
    read,
    refused,
    user,
    users,
)
from tests.wix.made import made

# Requests: as many as the proof needs


def test_a_small_team_is_one_request():
    """A page that its facets confirm is the whole team."""
    api = FakeApi(members=[*users(3), invite("i")])
    outcome = read(read_team, api)
    assert api.requests == [(100, 0, True)]
    assert outcome.sink.keys == ["u0", "u1", "u2", "i"]
    assert (outcome.proofs, outcome.attempts) == ({"user": "count", "invite": "count"}, 1)


def test_a_large_team_overlaps_and_is_counted_first_and_last():
    """250 members are four requests, two of them with facets."""
    api = FakeApi(members=users(250))
    outcome = read(read_team, api)
    assert api.requests == [(100, 0, True), (100, 99, False), (100, 198, False), (100, 249, True)]
    assert outcome.sink.keys == [f"u{place}" for place in range(250)]
    assert (outcome.proofs, outcome.attempts) == ({"user": "count", "invite": "count"}, 1)


# Walks that are repeated


def test_what_is_returned_was_seen_by_one_walk():
    """Someone leaves between two pages: the walk is begun again with a new sink, and only that one counts."""

    def first_leaves(api: FakeApi) -> None:
        if len(api.requests) == 1:
            del api.members[0]

    api = FakeApi(members=users(5), meanwhile=first_leaves)
    reading = Reading(api)
    outcome = reading.run(read_team, page_size=2)
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
    outcome = reading.run(read_team, page_size=3)
    offsets = [offset for _, offset, _ in api.requests]
    assert offsets[:4] == [0, 2, 0, 2], "a walk that contradicts itself ends at once"
    assert len(reading.sinks) == outcome.attempts == 3
    assert (outcome.proofs["user"], outcome.walk.done) == (None, True)
    assert outcome.sink is reading.sinks[2]
    assert len(outcome.sink.keys) == len(set(outcome.sink.keys)) == outcome.walk.rows


@pytest.mark.parametrize(
    ("age", "attempts", "proof"), [(dt.timedelta(seconds=1), 1, "count"), (dt.timedelta(), 2, "repeat")]
)
def test_a_member_younger_than_the_margin_costs_a_second_walk(age: dt.timedelta, attempts: int, proof: str):
    """A member who joined up to five minutes before a walk may have joined during it."""
    born = (NOW - MARGIN - age).isoformat()
    outcome = read(read_team, FakeApi(members=[*users(3), user("new", born)]), page_size=2)
    assert (outcome.attempts, outcome.proofs["user"]) == (attempts, proof)


# Page sizes


def test_a_refused_page_size_is_lowered_to_the_one_that_the_refusal_names(caplog: pytest.LogCaptureFixture):
    """The walk goes on where it is, and the next walk begins with the size that was accepted."""
    members = [*users(3), user("new", JUST_NOW)]
    api = FakeApi(members=members, greatest=2, refusal=refused("paging.limit", threshold=2))
    reading = Reading(api)
    outcome = reading.run(read_team)
    limits = [limit for limit, _, _ in api.requests]
    assert limits == [100] + [2] * 8
    assert outcome.attempts == 2
    assert reading.sinks[0].keys == reading.sinks[1].keys == ["u0", "u1", "u2", "new"]
    assert "Wix refuses pages of 100 rows; going on with 2" in caplog.text


@pytest.mark.parametrize("data", [{}, {"threshold": 0}, {"threshold": -1}, {"threshold": 100}, {"threshold": "30"}])
def test_a_refusal_that_names_no_smaller_size_halves_it(data: dict[str, Any]):
    """Each refusal is another half, down to a size that Wix takes."""
    api = FakeApi(members=users(3), greatest=30, refusal=refused("paging.limit", **data))
    outcome = read(read_team, api)
    assert api.requests == [(100, 0, True), (50, 0, True), (25, 0, True)]
    assert outcome.proofs["user"] == "count"


def test_pages_of_one_row_are_the_smallest():
    """When one row is too many, the refusal is the read's failure."""
    api = FakeApi(members=users(3), greatest=0)
    with pytest.raises(InvalidRequest, match="is too large"):
        read(read_team, api, page_size=4)
    assert [limit for limit, _, _ in api.requests] == [4, 2, 1]


def test_another_refusal_is_not_about_the_page_size():
    """If an order or a facet is refused, the read fails immediately."""
    api = FakeApi(greatest=1, refusal=refused("orderBy"))
    with pytest.raises(InvalidRequest, match="orderBy"):
        read(read_team, api)
    assert api.requests == [(100, 0, True)]


# Facets, unknown rows, progress


def test_facets_are_summed_over_their_values():
    """Invites are counted status by status, and what there is none of is left out."""
    api = FakeApi(members=[invite("a"), invite("b", "Declined"), invite("c")])
    outcome = read(read_team, api)
    assert outcome.walk.counts_first == {"user": 0, "invite": 3}
    assert (len(api.requests), outcome.proofs) == (1, {"user": "count", "invite": "count"})


def test_a_team_without_facets_is_not_counted():
    """An answer without facets says nothing about how many there are."""
    api = FakeApi(members=users(3), facets=lambda _members: None)
    outcome = read(read_team, api)
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
    walk = read(read_team, api).walk
    assert (walk.counts_first, walk.reported_empty) == (counts, none)


def test_facet_roles_tells_of_holders():
    """What its values are is for others to find out."""
    values = [{"value": "1", "count": 2}, {"value": "2", "count": 0}, {"value": None, "count": 3}, {"value": "4"}]
    facet = made(Facet, {"facetType": "Roles", "values": values})
    api = FakeApi(members=users(1), facets=lambda members: [*facets_of(members), facet])
    assert read(read_team, api).walk.holders == {"1": 2}


def test_rows_of_an_unknown_kind_are_told_and_stepped_over(caplog: pytest.LogCaptureFixture):
    """A row that is neither a user nor an invite takes its place in the paging, and is handed on."""
    members = [*users(2), made(TeamMember, {"robot": {"id": "r2"}}), user("u2")]
    no_invites = made(Facet, {"facetType": "InviteStatus", "values": []})
    api = FakeApi(members=members, facets=lambda members: [*facets_of(members), no_invites])
    outcome = read(read_team, api, page_size=3)
    assert api.requests == [(3, 0, True), (3, 2, True), (3, 3, True)]
    assert (outcome.proofs, len(outcome.sink.items)) == ({"user": "count", "invite": "count"}, 4)
    # Where the facet is missing, it may be an invite: Wix does not say that there are none.
    assert read(read_team, FakeApi(members=members)).proofs == {"user": "count", "invite": None}
    assert "In the team, 1 member(s) are neither a user nor an invite, as far as they can be read" in caplog.text


def test_rows_of_an_unknown_kind_may_be_users():
    """Where Wix does not count, it may be a user in a form that this release cannot read."""
    api = FakeApi(members=[*users(2), made(TeamMember, {"userV2": {"id": "u2"}})], facets=lambda _members: None)
    assert set(read(read_team, api).proofs.values()) == {None}


def test_a_member_is_one_of_two():
    """One that is a user and an invite at once would be counted as one, and be rows of two tables."""
    both = {"user": {"id": "u2", "assignments": []}, "invite": {"id": "i2", "assignments": []}}
    api = FakeApi(members=[*users(2), made(TeamMember, both)])
    result = read(read_team, api)
    assert (result.walk.flaw, set(result.proofs.values())) == ("a member is a user and an invite at once", {None})


def test_progress_is_told_after_each_page():
    """With the number of rows so far, and the API's count."""
    told: list[tuple[int, int | None]] = []
    read(read_team, FakeApi(members=users(5)), page_size=3, progress=lambda *rows: told.append(rows))
    assert told == [(3, 5), (5, 5), (5, 5)]


def test_a_failure_ends_the_read():
    """What no request can answer is not walked again."""
    api = FakeApi(greatest=0, refusal=Forbidden(SEARCH_TEAM, httpx.Response(403), b"", Redactor("secret-of-the-key")))
    with pytest.raises(Forbidden):
        read(read_team, api)
    assert len(api.requests) == 1
