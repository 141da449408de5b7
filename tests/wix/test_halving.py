"""Who holds which role, when the API only tells who holds one of several: exact, and with few questions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil, log2
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_wix_users.wix.halving import MOST_AT_ONCE, ContradictionError, holders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Held = dict[str, set[str]]
"""The roles of each contributor."""

PEOPLE = ("ann", "ben", "cleo", "dag", "eve")


def roles(number: int) -> list[str]:
    """So many roles, named after their place."""
    return [f"r{place}" for place in range(number)]


@dataclass
class Site:
    """A simulated site, whose contributors may change just before a question is answered.

    Attributes:
        held: Who holds what now.
        changes: By the number of a question: what somebody holds from then on.
        asked: Every question.
        told: Who held what, at each answer.
    """

    held: Held
    changes: Mapping[int, Held] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    told: list[Held] = field(default_factory=list)

    def ask(self, of: Sequence[str]) -> frozenset[str]:
        """Who holds at least one of some roles: without any role, the API tells everybody."""
        assert 0 < len(of) <= MOST_AT_ONCE
        self.held = self.held | self.changes.get(len(self.asked), {})
        self.asked.append(list(of))
        self.told.append(self.held)
        return frozenset(who for who, held in self.held.items() if not held.isdisjoint(of))

    @property
    def ever(self) -> set[tuple[str, str]]:
        """Who held what at some answer."""
        return set().union(*map(pairs, self.told))

    @property
    def throughout(self) -> set[tuple[str, str]]:
        """Who held what at every answer."""
        return set.intersection(*map(pairs, self.told)) if self.told else set()


def pairs(held: Held) -> set[tuple[str, str]]:
    """Each contributor with each of its roles."""
    return {(who, role) for who, some in held.items() for role in some}


def by_role(held: Held, order: Iterable[str]) -> dict[str, frozenset[str]]:
    """The contributors of each role that somebody holds."""
    found = {role: frozenset(who for who, some in held.items() if role in some) for role in order}
    return {role: who for role, who in found.items() if who}


def found_pairs(found: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
    """Each contributor with each of the roles that were found."""
    return {(who, role) for role, some in found.items() for who in some}


@st.composite
def sites(draw: st.DrawFn, most: int = 200) -> tuple[list[str], Held]:
    """A list of roles, and who holds which of them: a few, or many."""
    known = roles(draw(st.integers(0, most)))
    some = st.sets(st.sampled_from(known), max_size=8) if known else st.just(set())
    chosen = st.one_of(some, st.just(set(known)))
    return known, {who: set(draw(chosen)) for who in draw(st.sets(st.sampled_from(PEOPLE)))}


@settings(max_examples=80)
@given(sites())
@example((roles(200), {who: set(roles(200)) for who in PEOPLE}))
@example((roles(1), {"ann": {"r0"}}))
@example(([], {"ann": set()}))
@example((roles(MOST_AT_ONCE + 1), {"ann": {f"r{MOST_AT_ONCE}"}}))
def test_every_role_and_nothing_else(known_and_held):
    """Whoever holds whatever comes out, in the order of the roles, each role in one group of questions."""
    known, held = known_and_held
    site = Site(held)
    found = holders(known, site.ask)
    assert list(found.items()) == list(by_role(held, known).items())
    assert all(asked == [role for role in known if role in asked] for asked in site.asked)


@settings(max_examples=80)
@given(sites())
@example((roles(200), {who: set(roles(200)) for who in PEOPLE}))
@example((roles(MOST_AT_ONCE), {"ann": {"r0"}}))
def test_the_number_of_questions(known_and_held):
    """One for each group, two for each doubling and each role held there, and never two for each role."""
    known, held = known_and_held
    site = Site(held)
    holders(known, site.ask)
    groups = [known[start : start + MOST_AT_ONCE] for start in range(0, len(known), MOST_AT_ONCE)]
    asked: defaultdict[int, int] = defaultdict(int)
    for question in site.asked:
        asked[known.index(question[0]) // MOST_AT_ONCE] += 1
    for number, group in enumerate(groups):
        count = len([1 for _, role in pairs(held) if role in group])
        assert 1 <= asked[number] <= min(1 + 2 * count * ceil(log2(len(group))), 2 * len(group) - 1 or 1)
    assert len(site.asked) == sum(asked.values())


@pytest.mark.parametrize(("number", "most"), [(1, 1), (2, 3), (13, 8), (16, 9), (30, 10), (MOST_AT_ONCE, 13)])
def test_one_contributor_with_one_role(number, most):
    """One of 30 roles takes at most 10 questions instead of 30; nobody at all takes one."""
    counts = []
    for role in roles(number):
        site = Site({"ann": {role}})
        assert holders(roles(number), site.ask) == {role: {"ann"}}
        counts.append(len(site.asked))
    assert max(counts) <= most
    nobody = Site({"ann": set()})
    assert (holders(roles(number), nobody.ask), len(nobody.asked)) == ({}, 1)


def test_no_roles_no_questions():
    """Without a role to look for nothing is asked: the API would tell everybody."""
    site = Site({"ann": {"r0"}})
    assert (holders([], site.ask), site.asked) == ({}, [])


# Contributors who change between two questions.


CHANGES = st.dictionaries(
    st.integers(1, 12), st.dictionaries(st.sampled_from(PEOPLE[:2]), st.sets(st.sampled_from(roles(6))), max_size=2)
)
HELD = st.dictionaries(st.sampled_from(PEOPLE[:2]), st.sets(st.sampled_from(roles(6))), max_size=2)


@settings(max_examples=200)
@given(st.integers(1, 6), HELD, CHANGES)
@example(2, {"ann": {"r0", "r1"}}, {1: {"ann": {"r1"}}, 2: {"ann": {"r1", "r0"}}})
def test_no_role_is_lost(number, held, changes):
    """Somebody who holds a role from the first question to the last has it, or there is a contradiction."""
    site = Site(held, changes)
    try:
        found = holders(roles(number), site.ask)
    except ContradictionError:
        return
    known = set(roles(number))
    assert {(who, role) for who, role in site.throughout if role in known} <= found_pairs(found)


@settings(max_examples=200)
@given(st.integers(1, 6), HELD, CHANGES)
@example(2, {"ann": {"r0"}}, {1: {"ann": set()}})
def test_no_role_is_made_up(number, held, changes):
    """Nobody has a role that was not theirs at any question, or there is a contradiction."""
    site = Site(held, changes)
    try:
        found = holders(roles(number), site.ask)
    except ContradictionError:
        return
    assert found_pairs(found) <= site.ever


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(set(), id="holds nothing more"),
        pytest.param({"r1"}, id="holds one beside"),
        pytest.param({"r4"}, id="holds one of the other half"),
    ],
)
def test_a_role_that_is_given_up_on_the_way(then):
    """The one role that is given up after the first question is not taken for the last one of the list."""
    site = Site({"ann": {"r0"}}, {1: {"ann": then}})
    try:
        found = holders(roles(6), site.ask)
    except ContradictionError:
        return
    assert found_pairs(found) <= site.ever


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({1: {"ann": set()}}, id="one loses its roles"),
        pytest.param({1: {"cleo": {"r0"}}}, id="another one comes"),
        pytest.param({2: {"ben": set()}}, id="one loses its roles later"),
        pytest.param({2: {"cleo": {"r3"}}}, id="another one comes later"),
    ],
)
def test_answers_that_contradict_each_other(changes):
    """Halves that do not make up the whole are a contradiction, whether somebody is missing or too many."""
    with pytest.raises(ContradictionError):
        holders(roles(4), Site({"ann": {"r0"}, "ben": {"r1", "r3"}}, changes).ask)
