"""Who holds which role, when the API only says who holds one of several: exact, and with few questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, log2
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tap_wix_users.wix.halving import MAX_AT_ONCE, ContradictionError, UnfilteredError, holders

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

Held = dict[str, set[str]]
"""The roles of each contributor."""

NOTHING: Held = {}

PEOPLE = ("ann", "ben", "cleo", "dag", "eve")


def roles(number: int) -> list[str]:
    """So many roles, named after their place."""
    return [f"r{place}" for place in range(number)]


@dataclass
class Site:
    """A simulated site, whose contributors may change just before a query is answered, and whose answers may be wrong.

    Attributes:
        held: Who holds what now.
        changes: By the number of a question: what somebody holds from then on.
        ignores: The questions, by their number, in which the roles are not looked at: everybody is named.
        fails: The question, by its number, that is not answered.
        asked: Every question.
        told: Who held what, at each answer.
    """

    held: Held
    changes: Mapping[int, Held] = field(default_factory=dict)
    ignores: Container[int] = ()
    fails: int | None = None
    asked: list[list[str]] = field(default_factory=list)
    told: list[Held] = field(default_factory=list)

    def ask(self, of: Sequence[str]) -> frozenset[str]:
        """Who holds at least one of some roles: without any role, the API answers with everybody."""
        assert 0 < len(of) <= MAX_AT_ONCE
        number = len(self.asked)
        self.held = self.held | self.changes.get(number, {})
        self.asked.append(list(of))
        self.told.append(self.held)
        if number == self.fails:
            raise TimeoutError
        return frozenset(who for who, held in self.held.items() if not held.isdisjoint(of) or number in self.ignores)

    def search(self, known: Sequence[str], expected: Held | None = None) -> Mapping[str, frozenset[str]]:
        """Who holds which of these roles, as the tap finds it out."""
        return holders(known, set(self.held), self.ask, pairs(expected or {}))

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
def sites(draw: st.DrawFn, most: int = 80) -> tuple[list[str], Held]:
    """A list of roles, and who holds which of them: a few, or many."""
    known = roles(draw(st.integers(0, most)))
    some = st.sets(st.sampled_from(known), max_size=8) if known else st.just(set())
    chosen = st.one_of(some, st.just(set(known)))
    return known, {who: set(draw(chosen)) for who in draw(st.sets(st.sampled_from(PEOPLE)))}


def is_plain(known: Sequence[str], held: Held) -> bool:
    """Whether some answer has to leave somebody out."""
    return not known or not held or any(not some.issuperset(known) for some in held.values())


# Contributors who stay what they are.


@settings(max_examples=150)
@given(sites(), sites())
@example((roles(1), {"ann": set()}), ([], {}))
@example(([], {"ann": set()}), ([], {}))
@example((roles(MAX_AT_ONCE + 1), {"ann": {f"r{MAX_AT_ONCE}"}}), ([], {}))
@example((roles(9), {"ann": {"r3"}, "ben": set()}), (roles(9), {"ann": {"r3"}, "ben": {"r4"}, "eve": {"r5"}}))
def test_every_role_and_nothing_else(known_and_held, before):
    """The result is who holds what, in the order of the roles, whatever the last snapshot led to expect."""
    known, held = known_and_held
    assume(is_plain(known, held))
    for expected in (NOTHING, before[1], held):
        site = Site(held)
        assert list(site.search(known, expected).items()) == list(by_role(held, known).items())
        assert all(asked == [role for role in known if role in asked] for asked in site.asked)


@settings(max_examples=80)
@given(sites())
@example((roles(70), {who: set(roles(69)) for who in PEOPLE}))
@example((roles(MAX_AT_ONCE), {"ann": {"r0"}}))
def test_the_number_of_questions(known_and_held):
    """A few for each doubling and each role that is held, and at most three for each role."""
    known, held = known_and_held
    assume(is_plain(known, held))
    site = Site(held)
    found = site.search(known)
    doublings = ceil(log2(max(2, len(known))))
    count = len(found_pairs(found)) + len(held)
    assert len(site.asked) <= 4 + min((doublings + 3) * count, 3 * len(known))


@settings(max_examples=80)
@given(sites())
def test_the_number_of_questions_where_nothing_changed(known_and_held):
    """One query for each role that is held, and one for each group of the others."""
    known, held = known_and_held
    assume(is_plain(known, held) and held and all(held.values()))
    site = Site(held)
    found = site.search(known, held)
    others = len(known) - len(found)
    assert len(site.asked) == len(found) + ceil(others / MAX_AT_ONCE)


@pytest.mark.parametrize(("number", "most"), [(2, 3), (13, 6), (16, 6), (30, 7), (MAX_AT_ONCE, 8)])
def test_one_contributor_with_one_role(number, most):
    """One of 30 roles takes at most 7 questions instead of 30, and two of them where it was expected."""
    counts = []
    for role in roles(number):
        site = Site({"ann": {role}})
        assert site.search(roles(number)) == {role: {"ann"}}
        counts.append(len(site.asked))
        again = Site({"ann": {role}})
        assert again.search(roles(number), {"ann": {role}}) == {role: {"ann"}}
        assert len(again.asked) == 2
    assert max(counts) <= most


def test_a_contributor_without_a_role():
    """That somebody holds none is asked once more of all roles together: nobody changes between two questions then."""
    site = Site({"ann": set()})
    assert site.search(roles(13)) == {}
    assert site.asked[-1] == roles(13)


def test_a_role_that_is_new():
    """A role that was not there at the last snapshot is one of the others, which have to be nobody's."""
    site = Site({"ann": {"r0", "r5"}})
    assert site.search(roles(6), {"ann": {"r0"}}) == {"r0": {"ann"}, "r5": {"ann"}}


def test_a_role_that_is_no_more():
    """A role that is not in the list is not queried, whoever held it."""
    site = Site({"ann": {"r0"}})
    assert site.search(roles(3), {"ann": {"r0", "r9"}}) == {"r0": {"ann"}}
    assert not any("r9" in asked for asked in site.asked)


@pytest.mark.parametrize(("known", "held"), [([], {"ann": {"r0"}}), (roles(3), {})])
def test_no_questions(known, held):
    """Without roles nothing is queried, since the API would return everybody; nor is it without contributors."""
    site = Site(held)
    assert (site.search(known), site.asked) == ({}, [])


# Roles that are not looked at.


@settings(max_examples=80)
@given(sites(), sites())
def test_a_filter_that_is_ignored(known_and_held, before):
    """Answers that name everybody, whatever role is queried, are never believed, whatever was expected."""
    known, held = known_and_held
    assume(known and held)
    for expected in (NOTHING, before[1], held, {who: set(known) for who in held}):
        with pytest.raises(UnfilteredError):
            Site(held, ignores=range(10_000)).search(known, expected)


@settings(max_examples=200)
@given(sites(12), sites(12), st.integers(0, 30))
@example((roles(4), {"ann": {"r1"}}), ([], {}), 1)
@example((roles(4), {"ann": {"r1"}}), (roles(4), {"ann": {"r2"}}), 0)
def test_a_filter_that_is_ignored_once(known_and_held, before, number):
    """One answer that names everybody changes nothing, or is a contradiction, unless all is as it was expected."""
    known, held = known_and_held
    for expected in (NOTHING, before[1], held):
        site = Site(held, ignores={number})
        try:
            found = site.search(known, expected)
        except (ContradictionError, UnfilteredError):
            continue
        assert found in (by_role(held, known), by_role({who: expected.get(who, set()) for who in held}, known))


def test_everybody_holds_every_role():
    """It looks no other than a filter that is ignored."""
    with pytest.raises(UnfilteredError):
        Site({who: set(roles(3)) for who in PEOPLE}).search(roles(3))


@settings(max_examples=80)
@given(sites(12), sites(12), st.integers(0, 8))
def test_a_question_that_fails(known_and_held, before, number):
    """It ends the search: what the other answers say is not taken for all."""
    known, held = known_and_held
    assume(is_plain(known, held))
    for expected in (NOTHING, before[1], held):
        site = Site(held, fails=number)
        try:
            found = site.search(known, expected)
        except TimeoutError:
            continue
        assert (found, len(site.asked) <= number) == (by_role(held, known), True)


# Contributors who change between two questions.


CHANGES = st.dictionaries(
    st.integers(1, 12), st.dictionaries(st.sampled_from(PEOPLE[:2]), st.sets(st.sampled_from(roles(6))), max_size=2)
)
HELD = st.dictionaries(st.sampled_from(PEOPLE[:2]), st.sets(st.sampled_from(roles(6))), max_size=2)


@settings(max_examples=300)
@given(st.integers(1, 6), HELD, CHANGES, st.one_of(st.none(), HELD))
@example(2, {"ann": {"r0", "r1"}}, {1: {"ann": {"r1"}}, 2: {"ann": {"r1", "r0"}}}, None)
@example(2, {"ann": {"r0"}}, {1: {"ann": set()}}, None)
@example(6, {"ann": {"r0"}}, {1: {"ann": {"r5"}}}, {"ann": {"r0"}})
def test_no_role_is_lost_or_made_up(number, held, changes, before):
    """Who holds a role throughout has it, nobody has one that was not theirs at any question, or the search says so."""
    known = roles(number)
    site = Site(held, changes)
    try:
        found = site.search(known, held if before is None else before)
    except (ContradictionError, UnfilteredError):
        return
    assert {(who, role) for who, role in site.throughout if role in known} <= found_pairs(found)
    assert found_pairs(found) <= site.ever


@pytest.mark.parametrize("expected", [{}, {"ann": {"r0"}}], ids=["first", "later"])
@pytest.mark.parametrize("to", range(1, 6))
@pytest.mark.parametrize("at", range(6))
def test_a_role_that_moves(at, to, expected):
    """Somebody who has one role after the other is never without any."""
    site = Site({"ann": {"r0"}}, {at: {"ann": {f"r{to}"}}})
    try:
        found = site.search(roles(6), expected)
    except ContradictionError:
        return
    assert set() < found_pairs(found) <= {("ann", "r0"), ("ann", f"r{to}")}


@pytest.mark.parametrize("then", [set(), {"r1"}, {"r9"}], ids=["nothing more", "one beside", "one far away"])
@pytest.mark.parametrize("at", range(1, 6))
def test_a_role_that_is_given_up_on_the_way(at, then):
    """The one role that is revoked is not mistaken for the last one of its group."""
    site = Site({"ann": {"r0"}}, {at: {"ann": then}})
    try:
        found = site.search(roles(16))
    except ContradictionError:
        return
    assert found_pairs(found) <= site.ever


@pytest.mark.parametrize("expected", [{}, {"ann": {"r0"}, "ben": {"r1", "r3"}}], ids=["first", "later"])
def test_somebody_who_comes(expected):
    """Somebody who was not among the contributors at first is a contradiction."""
    site = Site({"ann": {"r0"}, "ben": {"r1", "r3"}}, {1: {"cleo": {"r0", "r2"}}})
    with pytest.raises(ContradictionError):
        site.search(roles(4), expected)
