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
    from tap_wix_users.wix.objects import Assignment, Invite, TeamMember, User
    from tap_wix_users.wix.proving import ReadOptions, ReadResult, S

ROLES_OF = {"user": "assignment", "invite": "invite assignment"}
"""The kinds of row that hold roles, and the kinds of row of those roles."""

_NAMED = 3
"""The number of roles that a message names."""

KnownKeys: TypeAlias = Callable[[str], "Collection[tuple[str, ...]]"]
"""Returns the keys of a kind of row in the last complete snapshot, split into parts; empty if there is none."""


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
        for member in members:
            if member.user is not None:
                self._add("user", member.user)
                if not all(one.assignment_id for one in member.user.assignments or ()):
                    ids = {str(one.assignment_id or "") for one in member.user.assignments or ()}
                    self.nameless[member.user.id] = ids
            elif member.invite is not None:
                self._add("invite", member.invite)

    def _add(self, kind: str, owner: User | Invite) -> None:
        if owner.assignments is None:
            self.silent[kind].add(owner.id)
        else:
            self.held.update([role_of(assignment) for assignment in owner.assignments])

    def doubts(
        self, counted: Mapping[str, int], known: KnownKeys, role_ids: Callable[[], Collection[str]]
    ) -> dict[str, str]:
        """Why the proof of the members does not cover their roles, by kind.

        Args:
            counted: How many hold each role, as facet ``Roles`` counts them.
            known: Returns the keys of a kind of row in the last complete snapshot.
            role_ids: Requests the ids of all roles; called only if neither a row nor the last snapshot has any role
                that was counted.
        """
        doubts = {kind: why for kind in ROLES_OF.values() for why in self._lost(kind, known)}
        missing = self._missing(counted, known, role_ids)
        if missing:
            names = ", ".join(missing[:_NAMED]) + (
                f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            )
            why = f"Wix counts more holders of the role(s) {names} than its members and invites show"
            suspects = [kind for kind in ROLES_OF if self.silent[kind]] or ROLES_OF
            for kind in suspects:
                doubts.setdefault(ROLES_OF[kind], why)
        return doubts

    def _lost(self, kind: str, known: KnownKeys) -> Iterator[str]:
        owner_kind = next(owner for owner, roles in ROLES_OF.items() if roles == kind)
        silent, nameless = self.silent[owner_kind], self.nameless if owner_kind == "user" else {}
        if not silent and not nameless:
            return
        before: dict[str, set[str]] = {}
        for owner, rest in known(kind):
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

    def _missing(
        self, counted: Mapping[str, int], known: KnownKeys, role_ids: Callable[[], Collection[str]]
    ) -> list[str]:
        """Roles of which the facet counts more holders than there are assignments, if its values are role ids."""
        more = [role for role, count in counted.items() if count > self.held[role]]
        if not more:
            return []
        # What the values are is uncertain (docs/api-contract.md, section 6.4).
        if counted.keys() & self.held.keys():
            return more
        roles = {role for (role,) in known("role")} or set(role_ids())
        return more if counted.keys() & roles else []


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

    def begin(self) -> None:
        """Begin a walk."""
        self._tally = RoleTally()

    def add(self, members: Sequence[TeamMember]) -> None:
        """Add the new members of a page."""
        if self._wanted:
            self._tally.add(members)

    def doubts(self, counted: Mapping[str, int]) -> dict[str, str]:
        """Why the proof of a finished walk's members does not cover their roles, by kind.

        Args:
            counted: How many hold each role, as facet ``Roles`` counts them.
        """
        if not self._wanted:
            return {}
        if self._options.accept_repeat_proof:
            # The user says that the counts mean something else: they only show that somebody holds the role.
            counted = dict.fromkeys(counted, 1)
        found = self._tally.doubts(counted, self._known, self._role_ids)
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
