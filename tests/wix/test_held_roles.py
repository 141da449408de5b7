"""The roles of a team: what proves its members does not prove what they hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.wix.held_roles import IF_EMPTY, ROLES_OF, RoleTally
from tap_wix_users.wix.objects import TeamMember
from tap_wix_users.wix.team import read_team
from tests.wix.conftest import READ_OPTIONS
from tests.wix.made import made
from wix_sandbox import Fault, Size, World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

OWNER, ADMIN, INTERN = "6601492336091027458", "6642345101181663232", "7046409866117489206"
EVERY_ROLE = (OWNER, ADMIN, INTERN)
WANTED = tuple(ROLES_OF.values())


def user(key: str, *roles: str | None, **more: Any) -> dict[str, Any]:
    """A user with these roles, without a list of them when the first is None."""
    grants = [{"policyId": role, "assignmentId": f"{key}-{place}"} for place, role in enumerate(roles)]
    return {"user": {"id": key, **({} if roles[:1] == (None,) else {"assignments": grants}), **more}}


def invite(key: str, *roles: str | None) -> dict[str, Any]:
    """An invite that grants these roles, without a list of them when the first is None."""
    grants = [{"policyId": role} for role in roles]
    return {"invite": {"id": key, **({} if roles[:1] == (None,) else {"assignments": grants})}}


def doubts(
    members: Sequence[dict[str, Any]],
    told: dict[str, int] | None = None,
    known: Mapping[str, Collection[str]] | None = None,
    catalogue: Collection[str] = (),
) -> dict[str, str]:
    """Why the roles of these members are not proved with them."""
    tally = RoleTally()
    tally.add([made(TeamMember, member) for member in members])
    keys = {kind: [tuple(key.split("|")) for key in found] for kind, found in (known or {}).items()}
    return tally.doubts(told, keys.get, lambda: catalogue)


def silent(kind: str, owners: int) -> dict[str, str]:
    """Why roles are not proved of which neither a list, nor the facet, nor the last snapshot tells."""
    why = f"{owners} {kind}(s) came without the list of their roles, and nothing says that it is empty. {IF_EMPTY}"
    return {ROLES_OF[kind]: why}


ASSIGNMENTS = {"assignment": ["a|a-0", "b|b-0", "b|b-1/site:x", "c|c-0#0123"]}


class TestAgainstTheLastSnapshot:
    """A list that was left out is not an empty one."""

    @pytest.mark.parametrize("known", [{"assignment": [], "user": ["a"]}, {"assignment": ["z|1"], "user": ["a", "z"]}])
    def test_a_member_that_had_no_roles(self, known):
        """It need not have any now."""
        assert doubts([user("a", None), user("b", OWNER)], known=known) == {}

    @pytest.mark.parametrize("known", [{}, {"user": ["a"]}, {"assignment": ["z|1"], "user": ["z"]}, {"assignment": []}])
    @pytest.mark.parametrize("told", [None, {"Roles": 2}], ids=["no facet", "a facet of something else"])
    def test_a_member_that_nobody_knew(self, told, known):
        """In a first sync, of who is new, or without a table of users, nothing says that a missing list is empty."""
        assert doubts([user("a", None), user("b", OWNER)], told, known, EVERY_ROLE) == silent("user", 1)
        assert doubts([user("b", OWNER), invite("i", None)], told, {}, EVERY_ROLE) == silent("invite", 1)

    @pytest.mark.parametrize("told", [{OWNER: 1}, {OWNER: 2, ADMIN: 1}])
    def test_a_member_of_whom_the_facet_tells(self, told):
        """It counts the holders of each role: as many as there are, or more."""
        found = doubts([user("a", None), user("b", OWNER)], told, {})
        assert list(found) == ([] if len(told) == 1 else ["assignment"])
        assert doubts([user("a", None)], {}, {}) == {}

    @pytest.mark.parametrize(
        ("members", "lost"),
        [
            ([user("a", None), user("b", OWNER)], 1),
            ([user("a", None), user("b", None), user("c", None)], 3),
            ([{"user": {"id": "a", "assignments": None}}], 1),
        ],
    )
    def test_a_member_that_had_some(self, members, lost):
        """They are not known to be gone, whether the list is missing or null."""
        why = f"{lost} user(s) came without a list of roles, but had roles before"
        assert doubts(members, known=ASSIGNMENTS) == {"assignment": why}

    def test_a_list_that_is_empty(self):
        """It came."""
        assert doubts([user("a"), user("b", OWNER)], known=ASSIGNMENTS) == {}

    def test_a_member_that_is_gone(self):
        """Its roles are gone with it: users are counted."""
        assert doubts([user("b", OWNER)], known=ASSIGNMENTS) == {}

    def test_invites(self):
        """They have a table of their own, and a proof of their own."""
        why = "1 invite(s) came without a list of roles, but had roles before"
        known = {"invite assignment": [f"i|{OWNER}@account"]}
        assert doubts([user("a", OWNER), invite("i", None)], known=known) == {"invite assignment": why}
        known |= {"invite": ["j"], "user": ["i"], "assignment": []}
        assert doubts([user("i", None), invite("j", None)], known=known) == {}

    @pytest.mark.parametrize("missing", [{}, {"assignmentId": None}, {"assignmentId": ""}])
    def test_an_assignment_that_lost_its_id(self, missing):
        """It is the same role under another key: none is gone, and none is new."""
        members = [{"user": {"id": "a", "assignments": [{"policyId": OWNER, **missing}]}}]
        why = "assignments of 1 user(s) came without ids, but had ids before"
        assert doubts(members, known=ASSIGNMENTS) == {"assignment": why}

    @pytest.mark.parametrize(
        "members",
        [
            [{"user": {"id": "a", "assignments": [{"policyId": OWNER}, {"policyId": ADMIN, "assignmentId": "a-0"}]}}],
            [{"user": {"id": "b", "assignments": [{}, {"assignmentId": "b-0"}, {"assignmentId": "b-1"}]}}],
            [{"user": {"id": "c", "assignments": [{}, {"assignmentId": "c-0"}]}}],
            [{"user": {"id": "new", "assignments": [{}]}}],
        ],
    )
    def test_an_assignment_that_never_had_an_id(self, members):
        """The contract allows it; every id of before is still there."""
        assert doubts(members, known=ASSIGNMENTS) == {}

    def test_roles_of_which_no_id_is_known_may_go(self):
        """Keys made of the role and its asset are taken from the list itself."""
        known = {"assignment": [f"a|{OWNER}@account", f"a|{ADMIN}@site:x"]}
        assert doubts([{"user": {"id": "a", "assignments": [{"policyId": OWNER}]}}], known=known) == {}


class TestAgainstTheFacet:
    """Facet ``Roles`` speaks where its values are role ids (docs/api-contract.md, section 6.4)."""

    BOTH = "Wix counts more holders of the role(s) {} than its members and invites show"

    @pytest.mark.parametrize(
        "told",
        [
            {OWNER: 1, ADMIN: 1},
            {OWNER: 1},
            {"Owner": 1, "Admin": 1, "Intern": 7},
            {"Roles": 2},
            {},
        ],
    )
    def test_it_tells_nothing_else(self, told):
        """It counts as many, or fewer, or something else."""
        assert doubts([user("a", OWNER), user("b", ADMIN)], told, catalogue=EVERY_ROLE) == {}

    @pytest.mark.parametrize(
        ("told", "named"),
        [
            ({OWNER: 1, ADMIN: 1}, ADMIN),
            ({OWNER: 2}, OWNER),
            ({OWNER: 1, "2": 1, "3": 1, "4": 1, "5": 2}, "2, 3, 4 and 1 more"),
        ],
    )
    def test_it_tells_of_more(self, told, named):
        """For a role without rows, or with more holders than rows, it is unknown whose list is too short."""
        why = self.BOTH.format(named)
        assert doubts([user("a", OWNER), invite("i")], told) == dict.fromkeys(WANTED, why)

    def test_who_is_silent_is_the_suspect(self):
        """Only the table of those without a list is doubted."""
        members = [user("a", None), user("b", OWNER), invite("i", ADMIN)]
        assert doubts(members, {OWNER: 2, ADMIN: 1}) == {"assignment": self.BOTH.format(OWNER)}
        members = [user("b", OWNER), invite("i", None)]
        assert doubts(members, {OWNER: 1, ADMIN: 1}) == {"invite assignment": self.BOTH.format(ADMIN)}

    def test_several_grants_of_one_role(self):
        """It may count members or assignments: fewer than assignments is no contradiction."""
        assert doubts([user("a", OWNER, OWNER)], {OWNER: 1}) == {}
        assert doubts([user("a", OWNER, OWNER)], {OWNER: 2}) == {}

    def test_nobody_has_a_list(self):
        """Whether its values are role ids is decided by the last snapshot or the list of roles."""
        members = [user("a", None), user("b", None)]
        why = {"assignment": self.BOTH.format(f"{OWNER}, {ADMIN}")}
        told = {OWNER: 1, ADMIN: 1}
        assert doubts(members, told, catalogue=EVERY_ROLE) == why
        assert doubts(members, told, known={"role": EVERY_ROLE}) == why
        assert doubts(members, told) == silent("user", 2)
        assert doubts(members, {"Owner": 1}, catalogue=EVERY_ROLE) == silent("user", 2)

    def test_the_full_form(self):
        """A role id may come inside of a policy (docs/api-contract.md, section 6.3)."""
        members = [{"user": {"id": "a", "assignments": [{"policy": {"policyId": OWNER}, "assignmentId": "1"}]}}]
        assert doubts(members, {OWNER: 1}) == {}


class TestTheRead:
    """Through the walk, against the sandbox."""

    SILENT = "teamMembers.*.user.assignments"

    def world(self) -> World:
        """A small team."""
        return World(Size(users=6, invites=2, child_accounts=0))

    def read(self, sandbox: Any, connect: Any, wanted: Collection[str] = WANTED, **overrides: Any) -> Any:
        """Read the team."""
        return read_team(connect(sandbox), _Nothing, replace(READ_OPTIONS, **overrides), roles=wanted)

    def test_all_is_well(self, serve, connect):
        """The roles are proved as their owners are, in one request."""
        sandbox = serve(self.world())
        result = self.read(sandbox, connect)
        assert result.proofs == dict.fromkeys((*ROLES_OF, *WANTED), "count")
        assert (result.doubts, len(sandbox.requests)) == ({}, 1)

    def test_roles_that_nobody_wants(self, serve, connect):
        """They are not doubted, and cost nothing."""
        sandbox = serve(self.world(), faults=[Fault.of("drop", endpoint="search_team", path=self.SILENT)])
        result = self.read(sandbox, connect, ())
        assert (result.proofs, len(sandbox.requests)) == (dict.fromkeys(ROLES_OF, "count"), 1)

    @pytest.mark.parametrize("times", [1, 0])
    def test_lists_that_are_left_out(self, times, serve, connect):
        """The facet counts roles that no row shows: the walk is repeated; users are proved all the same."""
        faults = [Fault.of("drop", endpoint="search_team", path=self.SILENT, times=times)]
        result = self.read(sandbox := serve(self.world(), faults=faults), connect)
        proof = "count" if times else None
        assert result.proofs == {"user": "count", "invite": "count", "invite assignment": "count", "assignment": proof}
        assert [seen.endpoint for seen in sandbox.requests].count("search_team") == (2 if times else 3)
        assert list(result.doubts) == ([] if times else ["assignment"])

    def test_counts_that_mean_something_else(self, serve, connect):
        """`accept_repeat_proof` says so: that a role is held at all is what remains."""
        faults = [Fault.of("wrong_types", endpoint="search_team", path="facets.2.values.*.count", value=99, times=0)]
        assert self.read(serve(self.world(), faults=faults), connect).proofs["assignment"] is None
        sandbox = serve(self.world(), faults=faults)
        assert self.read(sandbox, connect, accept_repeat_proof=True).proofs["assignment"] == "count"
        assert {seen.endpoint for seen in sandbox.requests} == {"search_team"}

    def test_roles_out_of_reach(self, serve, connect):
        """Without the list of roles it is unknown what the facet means."""
        faults = [
            Fault.of("drop", endpoint="search_team", path="teamMembers.*.user.assignments", times=0),
            Fault.of("drop", endpoint="search_team", path="teamMembers.*.invite.assignments", times=0),
            Fault.of("status", endpoint="get_roles", status=403, times=0),
        ]
        sandbox = serve(self.world(), faults=faults)
        assert self.read(sandbox, connect).doubts == silent("user", 6) | silent("invite", 2)

    @pytest.mark.parametrize("accept", [True, False])
    def test_lists_that_are_left_out_for_good(self, accept, serve, connect):
        """`accept_repeat_proof` takes them for empty where two walks came without the same ones."""
        faults = [
            Fault.of("drop", endpoint="search_team", path=path, times=0)
            for path in ("teamMembers.1.user.assignments", "facets")
        ]
        result = self.read(sandbox := serve(self.world(), faults=faults), connect, accept_repeat_proof=accept)
        assert result.doubts == ({} if accept else silent("user", 1))
        assert [seen.body["paging"]["offset"] for seen in sandbox.requests].count(0) == (2 if accept else 3)


class _Nothing:
    def add(self, items: Sequence[Any], /) -> None:
        """Take a page."""
