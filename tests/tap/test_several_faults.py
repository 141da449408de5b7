"""What no single fault shows: two faults in one run, and a fault in one run that makes the next one believe it.

The account keeps everything that it has; what comes is told by each case. A receipt that says `complete` has to stand
beside a state with all of it, and nothing may be taken for gone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.snapshot import state
from tap_wix_users.tables.keys import key_parts
from tests.support import BY_SITE, LOGS, TEAM, catalog, run
from tests.tap import expected
from tests.tap.test_absent import owner_of
from tests.tap.test_contributors import contributor_rows, listed, role_rows
from wix_sandbox import Fault, Size, World
from wix_sandbox.records import Contributor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Run
    from wix_sandbox import Account

Streams = tuple[str, ...]
GRANTS, SITES, EACH = ("users", "assignments"), ("sites", *BY_SITE), ("site_contributors",)


def dropped(endpoint: str, path: str) -> Fault:
    """A member that is always left out."""
    return Fault.of("drop", endpoint=endpoint, path=path, times=0)


def empty(endpoint: str) -> Fault:
    """An endpoint that always answers `{}`."""
    return Fault.of("status", endpoint=endpoint, status=200, body={}, times=0)


NO_FACETS, NO_USERS, NO_ROLES = (dropped("search_team", f"facets{which}") for which in ("", ".0", ".2"))
MORE_INVITES = Fault.of("wrong_types", endpoint="search_team", path="facets.1.values.0.count", value=99, times=0)
USERS_RENAMED = Fault.of("rename", endpoint="search_team", path="teamMembers.*.user", times=0)
NO_CUSTOM = dropped("get_roles", "customRoles")


def assignments_of(place: int) -> Fault:
    """A member that comes without the list of its roles."""
    return dropped("search_team", f"teamMembers.{place}.user.assignments")


def joins(account: Account) -> None:
    """Somebody joins, with the roles of the person before."""
    last = list(account.people.values())[-1]
    joined = "2026-10-30T08:00:00.000Z"
    account.join(replace(last, id=account.new_id(), email="new@acme.example", joined=joined, encoded=None))


def arrives(account: Account) -> None:
    """A site is transferred to the account, the youngest of its list, with a contributor who holds a custom role."""
    last = listed(account)[-1]
    custom = next(role.id for role in account.roles.values() if role.custom and role.level != "Site")
    works = [Contributor(account.new_id(), account.new_id(), [custom])]
    site = replace(last, id=account.new_id(), created="2026-10-30T08:00:00.000Z", contributors=works, encoded=None)
    account.sites[site.id] = site
    account.changed()


@dataclass(frozen=True)
class Case:
    """Runs after each other, and what the last one says.

    Attributes:
        runs: The streams and the faults of each run.
        last: Status of each stream in the last one.
        happens: What happens after the first run.
    """

    runs: tuple[tuple[Streams, tuple[Fault, ...]], ...]
    last: dict[str, str] = field(default_factory=dict)
    happens: Callable[[Account], None] | None = None


UNKNOWN, KNOWN = "unverified", "complete"
SILENT = (NO_FACETS, assignments_of(4))
RECORD = dropped("query_sites", "sites.3.contributorAccountIds")
CASES = {
    "invites that are miscounted, and a member without roles": Case(
        ((TEAM, ()), (TEAM, (MORE_INVITES, NO_ROLES, assignments_of(1)))),
        {"users": KNOWN, "invites": UNKNOWN, "assignments": UNKNOWN, "invite_assignments": UNKNOWN},
    ),
    "users under another name, and without a count": Case(
        ((TEAM, (USERS_RENAMED, NO_USERS)),),
        {"users": UNKNOWN, "assignments": UNKNOWN, "invites": KNOWN, "invite_assignments": UNKNOWN},
    ),
    "a newcomer without roles, twice": Case(
        ((GRANTS, (NO_FACETS,)), (GRANTS, SILENT), (GRANTS, SILENT)), {"users": KNOWN, "assignments": UNKNOWN}, joins
    ),
    "a newcomer without roles, first without assignments": Case(
        ((GRANTS, (NO_FACETS,)), (("users",), SILENT), (GRANTS, SILENT)),
        {"users": KNOWN, "assignments": UNKNOWN}, joins,
    ),
    "a newcomer without roles, without users": Case(
        ((("assignments",), (NO_FACETS,)), (("assignments",), SILENT)), {"assignments": UNKNOWN}, joins
    ),
    "sites and their count that are left out": Case(
        ((SITES, (empty("query_sites"), empty("count_sites"))),), dict.fromkeys(SITES, UNKNOWN)
    ),
    "sites and their count that are left out, without sites": Case(
        ((BY_SITE, (empty("query_sites"), empty("count_sites"))),), dict.fromkeys(BY_SITE, UNKNOWN)
    ),
    "a newcomer with a custom role, twice without such": Case(
        ((BY_SITE, ()), (BY_SITE, (NO_CUSTOM,)), (BY_SITE, (NO_CUSTOM,))),
        {"site_contributors": KNOWN, "site_contributor_roles": UNKNOWN}, arrives,
    ),
    "a site that was transferred, without its list": Case(
        ((SITES, ()), (SITES, (RECORD,))), dict.fromkeys(SITES, KNOWN), arrives
    ),
    "a site that was transferred, refused at first": Case(
        ((SITES, ()), (SITES, (RECORD, Fault.of("status", endpoint="query_contributors", status=403, times=0))),
         (SITES, (RECORD,))),
        dict.fromkeys(SITES, KNOWN), arrives,
    ),
}  # fmt: skip
"""Each was once `complete` without something that there was."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_no_single_fault_shows(case, serve):
    """Neither of two faults makes a receipt lie, nor does what an earlier run left."""
    world = World(Size(users=4, invites=2, sites=3, child_accounts=0))
    account = world.main
    role = next(role.id for role in account.roles.values() if role.level != "Site" and not role.custom)
    for site in account.sites.values():
        site.contributors = [Contributor(account.new_id(), account.new_id(), [role])]
    sandbox, stored = serve(world), None
    for number, (streams, faults) in enumerate(case.runs):
        if number == 1 and case.happens:
            with sandbox.lock:
                case.happens(account)
        sandbox.faults.clear()
        sandbox.faults.add(*faults)
        ran = run(sandbox, catalog=catalog(*streams, *LOGS), state=stored)
        stored, found = ran.state, (ran.code, ran.statuses())
        assert (lies(ran, account), sandbox.faults.unfired()) == ([], [])
    assert found == (int(UNKNOWN in case.last.values()), case.last)


def lies(ran: Run, account: Account) -> list[str]:
    """Rows that a run takes for gone, and tables that it takes for complete without one."""
    rows = {name: list(found.values()) for name, found in expected.tables(account).items()}
    rows |= dict(zip(BY_SITE, (role_rows(account), contributor_rows(account)), strict=True))
    found = [f"removed {row}" for row in ran.records("change_log") if row["change_type"] == "removed"]
    for stream, status in ran.statuses().items():
        if status == "complete" and (missing := Counter(map(owner_of(stream), rows[stream])) - _known(ran, stream)):
            found.append(f"{stream} is complete without {missing}")
    return found


def _known(ran: Run, stream: str) -> Counter[str]:
    """What the state knows of a table, by what its rows belong to."""
    (stored,) = ran.state["bookmarks"][stream]["accounts"].values()
    kept: Any = state.load(stored)
    return Counter(key_parts(key)[0] for key in kept.rows)
