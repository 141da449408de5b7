"""Finds out which contributor holds which role, from an API that only lists the holders of any of several roles.

(docs/api-contract.md, section 2.4.) One query per role would cost as many requests as there are roles, for every site.
Querying half of the roles, and then half of those where somebody was found, finds one role of 30 in five or six
queries; one more shows that nobody holds any of the others. If the last snapshot says what to expect, no search is
needed: one query for each role that was held, and one for all others, which has to return nobody.

The result depends only on answers of this read, whatever was expected:

- that somebody does not hold a role was answered by a query for this role, alone or among others;
- that somebody holds a role was answered by a query for this role alone, and confirmed by a second witness: another
  answer that nothing else explains, the same query repeated, or the last snapshot, if the result equals it;
- every answer agrees with the result. If one does not, somebody changed between two queries, or an answer is wrong:
  that is a contradiction, and there is no result.

Pure: the query is a function that the caller passes in.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from collections.abc import Set as AbstractSet

MAX_AT_ONCE = 64
"""Roles in one query: each makes its URL 36 characters longer."""

_FEW = 2
"""Most contributors hold at most this many roles. For those with more, roles are queried in small groups."""


class ContradictionError(Exception):
    """Two answers cannot both be true: the contributors changed between two queries."""


class UnfilteredError(Exception):
    """Every answer named everybody: either everybody holds every role, or the API ignored the roles."""


def holders(
    roles: Sequence[str],
    everybody: AbstractSet[str],
    ask: Callable[[Sequence[str]], AbstractSet[str]],
    expected: Collection[tuple[str, str]] = (),
) -> dict[str, frozenset[str]]:
    """Who holds each role.

    Args:
        roles: The roles to look for, each once.
        everybody: Those who may hold one.
        ask: Queries who holds at least one of some roles.
        expected: Who held which role in the last snapshot; decides what to query first.

    Returns:
        The holders of each role that somebody holds, in the order of the roles.

    Raises:
        ContradictionError: The answers contradict each other.
        UnfilteredError: No answer left anybody out.
    """
    known = {(who, role) for who, role in expected if who in everybody and role in roles}
    inquiry = _Inquiry(roles, everybody, ask)
    if known:
        held_before = {role for _, role in known}
        for group in _groups([role for role in roles if role not in held_before]):
            inquiry.query(group)
        for role in roles:
            if role in held_before:
                inquiry.query([role])
    while group := inquiry.next_query():
        inquiry.query(group)
    if inquiry.unfiltered:
        raise UnfilteredError
    if not known or known != inquiry.pairs:
        for role in inquiry.with_single_witness():
            inquiry.query([role])
    inquiry.check()
    return inquiry.holders()


class _Inquiry:
    """The queries about one site, and what their answers leave open."""

    def __init__(
        self,
        roles: Sequence[str],
        everybody: AbstractSet[str],
        ask: Callable[[Sequence[str]], AbstractSet[str]],
    ) -> None:
        self._roles = roles
        self._everybody = everybody
        self._ask = ask
        self._answers: list[tuple[frozenset[str], AbstractSet[str]]] = []
        self._unexplained: list[tuple[Sequence[str], str]] = []
        self._open = {role: set(everybody) for role in roles}
        self._held: dict[str, set[str]] = {who: set() for who in everybody}

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Who was found to hold which role."""
        return {(who, role) for who, some in self._held.items() for role in some}

    def holders(self) -> dict[str, frozenset[str]]:
        """The holders of each role that somebody was found to hold."""
        found: dict[str, set[str]] = {}
        for who, role in self.pairs:
            found.setdefault(role, set()).add(who)
        return {role: frozenset(found[role]) for role in self._roles if role in found}

    @property
    def unfiltered(self) -> bool:
        """Whether no answer left anybody out."""
        return bool(self._answers) and all(who == self._everybody for _, who in self._answers)

    def query(self, roles: Sequence[str]) -> None:
        """Query who holds at least one of some roles.

        Raises:
            ContradictionError: The answer names somebody who was not there before.
        """
        answer = self._ask(roles)
        if not answer <= self._everybody:
            raise ContradictionError
        self._answers.append((frozenset(roles), answer))
        for role in roles:
            self._open[role] &= answer
        if len(roles) > 1:
            self._unexplained += [(roles, who) for who in answer if self._held[who].isdisjoint(roles)]
            return
        self._open[roles[0]].clear()
        for who in answer:
            self._held[who].add(roles[0])
        self._unexplained = [
            (some, who) for some, who in self._unexplained if who not in answer or roles[0] not in some
        ]

    def next_query(self) -> Sequence[str]:
        """The roles to query next, so that both outcomes are about equally likely; empty when nothing is open.

        Raises:
            ContradictionError: Somebody holds one of several roles, but none of them alone.
        """
        if suspects := self._suspects():
            return suspects[: max(len(suspects) // 2, 1)]
        open_roles = [role for role in self._roles if self._open[role]]
        without = sum(not some for some in self._held.values())
        if not open_roles:
            return self._not_asked_together() if without else ()
        # Everybody usually holds some role: the more people still have none, the fewer roles to query together.
        most = max(map(len, self._held.values()))
        size = len(open_roles) // (1 + without) >> max(0, most - _FEW)
        return open_roles[: min(max(size, 1), MAX_AT_ONCE)]

    def _suspects(self) -> Sequence[str]:
        """The smallest group of roles of which one must be held, since nothing else explains an answer."""
        groups = ([role for role in roles if who in self._open[role]] for roles, who in self._unexplained)
        fewest = min(groups, key=len, default=None)
        if fewest == []:
            raise ContradictionError
        return fewest or ()

    def _not_asked_together(self) -> Sequence[str]:
        """Roles that were never queried together.

        Somebody without any role may have changed from one role to another between two queries.
        """
        return next(
            (group for group in _groups(self._roles) if not any(roles.issuperset(group) for roles, _ in self._answers)),
            (),
        )

    def with_single_witness(self) -> list[str]:
        """The roles that somebody was found to hold by a single answer."""
        witnesses: Counter[tuple[str, str]] = Counter()
        for roles, answer in self._answers:
            for who in answer:
                explained = self._held[who] & roles
                if len(explained) == 1:
                    witnesses[who, explained.pop()] += 1
        return [role for role, some in self.holders().items() if any(witnesses[who, role] == 1 for who in some)]

    def check(self) -> None:
        """Compare every answer with what was found.

        Raises:
            ContradictionError: One of them differs from what it should be.
        """
        for roles, answer in self._answers:
            if answer != {who for who, some in self._held.items() if not some.isdisjoint(roles)}:
                raise ContradictionError


def _groups(roles: Sequence[str]) -> list[Sequence[str]]:
    return [roles[start : start + MAX_AT_ONCE] for start in range(0, len(roles), MAX_AT_ONCE)]
