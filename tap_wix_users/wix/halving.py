"""Which contributor holds which role, where the API tells who holds one of several (docs/api-contract.md, section 2.4).

Asking once for each role costs as many requests as there are roles, for every site. Asking for halves of the roles, and
halving on only where somebody was found, costs about two requests for each doubling: 10 instead of 30 for one
contributor with one of 30 roles. Pure: the question is a function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST_AT_ONCE = 64
"""Roles in one question: each makes the address 36 characters longer."""


class ContradictionError(Exception):
    """Two answers cannot both be true: the contributors changed while they were asked for."""


def holders(roles: Sequence[str], ask: Callable[[Sequence[str]], frozenset[str]]) -> dict[str, frozenset[str]]:
    """Who holds each role.

    Args:
        roles: The roles to look for, each once.
        ask: Tells who holds at least one of some roles.

    Returns:
        The holders of each role that somebody holds.

    Raises:
        ContradictionError: The answers contradict each other.
    """
    found: dict[str, frozenset[str]] = {}
    for start in range(0, len(roles), MOST_AT_ONCE):
        group = roles[start : start + MOST_AT_ONCE]
        found.update(_halve(group, ask(group), ask, sure=True))
    return found


def _halve(
    roles: Sequence[str], somebody: frozenset[str], ask: Callable[[Sequence[str]], frozenset[str]], *, sure: bool
) -> Iterator[tuple[str, frozenset[str]]]:
    """The holders of each of these roles, of which it is known who holds at least one.

    Args:
        roles: The roles.
        somebody: Who holds at least one of them.
        ask: Tells who holds at least one of some roles.
        sure: Whether that was answered, and not concluded from other answers.
    """
    if not somebody:
        return
    if len(roles) == 1:
        # A conclusion from answers of different moments may say of somebody what was never true.
        if not sure and ask(roles) != somebody:
            raise ContradictionError
        yield roles[0], somebody
        return
    middle = len(roles) // 2
    left, right = roles[:middle], roles[middle:]
    in_left = ask(left)
    # Whoever holds none of the left half holds one of the right: that needs no question when it is everybody.
    in_right = ask(right) if in_left else somebody
    if in_left | in_right != somebody:
        raise ContradictionError
    yield from _halve(left, in_left, ask, sure=True)
    yield from _halve(right, in_right, ask, sure=bool(in_left))
