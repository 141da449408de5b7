"""What a walk through a team shows about roles, and where it shows less than another source.

A proof of users and invites proves nothing about the roles that they hold, which no count covers. Two sources are
compared instead: the facet ``Roles`` of the same search, if its values are role ids, and the last complete snapshot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from tap_wix_users.wix.errors import WixError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import Assignment, TeamMember
    from tap_wix_users.wix.proving import ReadOptions, ReadResult, S

ROLES_OF = {"user": "assignment", "invite": "invite assignment"}
"""The kinds of row that hold roles, and the kinds of row of those roles."""

_NAMED = 3
"""The number of roles that a message names."""

IF_EMPTY = (
    "If Wix leaves such a list out where it is empty, run once with `accept_repeat_proof: true`, and with `users`, "
    "`invites`, `roles` and `sites` selected"
)
"""What to do where a list was left out, and there is no snapshot yet that could tell what it held."""

KnownKeys: TypeAlias = Callable[[str], "Collection[tuple[str, ...]] | None"]
"""The keys of a kind in the last complete snapshot, in their parts; None where there is none, or it kept no keys.

Of owners, only those of the walk that the last snapshot of their roles was made from: it says nothing about others."""


@dataclass
class RoleTally:
    """The roles that the members of one walk hold.

    Attributes:
        held: The number of assignments of each role.
        silent: Members whose list of roles was left out, by kind: that is not an empty list.
        nameless: For users with at least one assignment without an id: the ids of their assignments.
    """

    held: Counter[str] = field(default_factory=Counter)
    silent: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in ROLES_OF})
    nameless: dict[str, set[str]] = field(default_factory=dict)

    def add(self, members: Sequence[TeamMember]) -> None:
        """Add the new members of a page."""
        roles: list[str] = []
        for member in members:
            owner = member.user or member.invite
            if owner is None:
                continue
            if owner.assignments is None:
                self.silent["user" if member.user else "invite"].add(owner.id)
                continue
            ids = [one.assignment_id for one in owner.assignments]
            if member.user and not all(ids):
                self.nameless[owner.id] = {str(one or "") for one in ids}
            roles += map(role_of, owner.assignments)
        self.held.update(roles)

    def doubts(
        self,
        counted: Mapping[str, int] | None,
        known: KnownKeys,
        role_ids: Callable[[], Collection[str]],
        *,
        twice: bool = False,
    ) -> dict[str, str]:
        """Why the proof of the members does not cover their roles, by kind.

        Args:
            counted: How many hold each role, as facet ``Roles`` counts them; None without such a facet.
            known: The last complete snapshot.
            role_ids: The ids of all roles, asked for only where neither a row nor the last snapshot has any that was
                counted.
            twice: Whether the same owners came without a list in the walk before, and that is to say that it is empty.
        """
        doubts = {kind: why for kind in ROLES_OF.values() for why in self._lost(kind, known)}
        unknown = {kind: found for kind in ROLES_OF if not twice and (found := self._unknown(kind, known))}
        more = [role for role, count in (counted or {}).items() if count > self.held[role]]
        if not more and not unknown:
            return doubts
        if counted is None or not self._is_understood(counted, known, role_ids):
            for kind, owners in unknown.items():
                why = f"{len(owners)} {kind}(s) came without the list of their roles, and nothing says that it is empty"
                doubts.setdefault(ROLES_OF[kind], f"{why}. {IF_EMPTY}")
        elif more:
            names = ", ".join(more[:_NAMED]) + (f" and {len(more) - _NAMED} more" if len(more) > _NAMED else "")
            why = f"Wix counts more holders of the role(s) {names} than its members and invites show"
            suspects = [kind for kind in ROLES_OF if self.silent[kind]] or ROLES_OF
            for kind in suspects:
                doubts.setdefault(ROLES_OF[kind], why)
        return doubts

    def _unknown(self, kind: str, known: KnownKeys) -> set[str]:
        """Owners without a list of their roles whom the last snapshot of roles did not see, with any or without."""
        silent = self.silent[kind]
        if not silent or known(ROLES_OF[kind]) is None:
            return silent
        return silent - {owner for (owner,) in known(kind) or ()}

    def _lost(self, kind: str, known: KnownKeys) -> Iterator[str]:
        owner_kind = next(owner for owner, roles in ROLES_OF.items() if roles == kind)
        silent, nameless = self.silent[owner_kind], self.nameless if owner_kind == "user" else {}
        if not silent and not nameless:
            return
        before: dict[str, set[str]] = {}
        for owner, rest in known(kind) or ():
            if owner in silent or owner in nameless:
                before.setdefault(owner, set()).add(rest)
        if lost := silent & before.keys():
            yield f"{len(lost)} {owner_kind}(s) came without a list of roles, but had roles before"
        renamed = [
            owner
            for owner, ids in nameless.items()
            # A key begins with the id of its assignment, if it has one; a role, an asset or a hash may follow.
            if any("@" not in rest and rest.split("/")[0].split("#")[0] not in ids for rest in before.get(owner, ()))
        ]
        if renamed:
            yield f"assignments of {len(renamed)} user(s) came without ids, but had ids before"

    def _is_understood(
        self, counted: Mapping[str, int], known: KnownKeys, role_ids: Callable[[], Collection[str]]
    ) -> bool:
        """Whether the facet's values are role ids at all, which is uncertain (docs/api-contract.md, section 6.4)."""
        if counted.keys() & self.held.keys() or not (counted or self.held):
            return True
        roles = {role for (role,) in known("role") or ()} or (set(role_ids()) if counted else set())
        return not counted.keys().isdisjoint(roles)


class HeldRoles:
    """The roles of the team, over all walks of one read.

    Args:
        api: The account.
        options: How the list is read.
        wanted: The kinds of roles that are selected.
        known: Returns the keys of a kind of row in the last complete snapshot.
    """

    def __init__(self, api: AccountApi, options: ReadOptions, wanted: Collection[str], known: KnownKeys) -> None:
        self._api = api
        self._options = options
        self._wanted = wanted
        self._known = known
        self._tally = RoleTally()
        self._silent_before: Mapping[str, set[str]] | None = None

    def begin(self) -> None:
        """Begin a walk."""
        self._tally = RoleTally()

    def add(self, members: Sequence[TeamMember]) -> None:
        """Add the new members of a page."""
        if self._wanted:
            self._tally.add(members)

    def doubts(self, counted: Mapping[str, int] | None) -> dict[str, str]:
        """Why the roles of a finished walk are not proved with their owners, by kind.

        Args:
            counted: How many hold each role, as facet ``Roles`` counts them; None without such a facet.
        """
        if not self._wanted:
            return {}
        twice, self._silent_before = self._tally.silent == self._silent_before, self._tally.silent
        if self._options.accept_repeat_proof:
            # The counts mean something else: that somebody holds the role is all that they say.
            counted = counted and dict.fromkeys(counted, 1)
        found = self._tally.doubts(
            counted, self._known, self._role_ids, twice=twice and self._options.accept_repeat_proof
        )
        return {kind: why for kind, why in found.items() if kind in self._wanted}

    def proved(self, result: ReadResult[S]) -> ReadResult[S]:
        """The result with the proofs of the roles: each is that of the members, unless there is a doubt."""
        of = {kind: roles for kind, roles in ROLES_OF.items() if roles in self._wanted}
        proofs = {roles: None if roles in result.doubts else result.proofs[kind] for kind, roles in of.items()}
        result.walk.reported_empty |= {roles for kind, roles in of.items() if kind in result.walk.reported_empty}
        return replace(result, proofs={**result.proofs, **proofs})

    def _role_ids(self) -> set[str]:
        try:
            listed = self._api.get_roles(locale="en")
        except WixError:
            return set()
        return {str(role.id) for role in (*listed.predefined_roles, *listed.custom_roles)}


def role_of(assignment: Assignment) -> str:
    """The role id of an assignment in either form (docs/api-contract.md, section 6.3); empty if it has none."""
    if assignment.policy_id:
        return str(assignment.policy_id)
    policy = assignment.unknown.get("policy")
    full = policy.get("policyId") if isinstance(policy, dict) else None
    return str(full or "")
