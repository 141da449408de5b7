"""Which contributor holds which role, where the API tells who holds one of several (docs/api-contract.md, section 2.4).

Asking once for each role costs as many requests as there are roles, for every site. Asking for halves, and halving on
where somebody was found, finds one role of 30 in five or six; one more question then shows that none of the others is
held. Where the last snapshot tells what to expect there is nothing to search for: one question for each role that was
held, and one for all others, whose answer has to be empty.

What comes out rests on answers of this read alone, whatever was expected:

- that somebody does not hold a role was answered, for this role by itself or among others;
- that somebody holds a role was answered for this role by itself, and by a second witness: another answer that nothing
  else explains, the same question once more, or the last snapshot, where nothing is otherwise than there;
- every answer is what these roles would make it. Where one is not, somebody changed between two questions, or an answer
  is wrong: that is a contradiction, and nothing is concluded.

Pure: the question is a function.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from collections.abc import Set as AbstractSet

MAX_AT_ONCE = 64
"""Roles in one question: each makes the address 36 characters longer."""

_FEW = 2
"""So many roles are usual for a contributor. Of one who holds more, the rest is not taken for empty at once."""


class ContradictionError(Exception):
    """Two answers cannot both be true: the contributors changed while they were asked for."""


class UnfilteredError(Exception):
    """Every answer named everybody: either everybody holds every role, or the roles were not looked at."""


def holders(
    roles: Sequence[str],
    everybody: AbstractSet[str],
    ask: Callable[[Sequence[str]], AbstractSet[str]],
    expected: Collection[tuple[str, str]] = (),
) -> dict[str, frozenset[str]]:
    """Who holds each role.

    Args:
        roles: The roles to look for, each once.
        everybody: Who may hold one.
        ask: Tells who holds at least one of some roles.
        expected: Who held which role in the last snapshot: what to ask first.

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
            inquiry.put(group)
        for role in roles:
            if role in held_before:
                inquiry.put([role])
    while group := inquiry.next_question():
        inquiry.put(group)
    if inquiry.unfiltered:
        raise UnfilteredError
    if not known or known != inquiry.pairs:
        for role in inquiry.with_single_witness():
            inquiry.put([role])
    inquiry.check()
    return inquiry.holders()


class _Inquiry:
    """The questions that were asked about one site, and what their answers leave open."""

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

    def put(self, roles: Sequence[str]) -> None:
        """Ask who holds at least one of some roles.

        Raises:
            ContradictionError: Somebody does who was not there before.
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

    def next_question(self) -> Sequence[str]:
        """The roles to ask for next, so that either answer is about as likely; none when nothing is open.

        Raises:
            ContradictionError: Somebody holds one of several roles, and none of them.
        """
        if suspects := self._suspects():
            return suspects[: max(len(suspects) // 2, 1)]
        open_roles = [role for role in self._roles if self._open[role]]
        without = sum(not some for some in self._held.values())
        if not open_roles:
            return self._not_asked_together() if without else ()
        # Everybody holds some role, as a rule: the more of them are looked for, the fewer roles hold none.
        most = max(map(len, self._held.values()))
        size = len(open_roles) // (1 + without) >> max(0, most - _FEW)
        return open_roles[: min(max(size, 1), MAX_AT_ONCE)]

    def _suspects(self) -> Sequence[str]:
        """The fewest roles of which one must be held, since nothing else explains an answer."""
        groups = ([role for role in roles if who in self._open[role]] for roles, who in self._unexplained)
        fewest = min(groups, key=len, default=None)
        if fewest == []:
            raise ContradictionError
        return fewest or ()

    def _not_asked_together(self) -> Sequence[str]:
        """Roles that no one question was about.

        Somebody without any role may have changed from one role to another between two questions.
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
            ContradictionError: One is another than it should be.
        """
        for roles, answer in self._answers:
            if answer != {who for who, some in self._held.items() if not some.isdisjoint(roles)}:
                raise ContradictionError


def _groups(roles: Sequence[str]) -> list[Sequence[str]]:
    return [roles[start : start + MAX_AT_ONCE] for start in range(0, len(roles), MAX_AT_ONCE)]
