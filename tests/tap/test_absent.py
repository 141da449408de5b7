"""Absent is unknown, never none: every member of every answer, wrong in every way, in a first sync and in a later one.

The account does not change here, whatever an answer says of it. So nothing may be taken for gone, and a receipt that
says `complete` has to stand beside everything that there is. The members come from the models of the answers, so that
a new endpoint, or a new member of one, cannot be forgotten.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest

from tap_wix_users.wix import objects
from tests.support import BY_SITE, LOGS, TABLES, TEAM, catalog, run
from tests.tap import expected
from tests.tap.test_contributors import contributor_rows, listed, role_rows
from wix_sandbox import Fault, Sandbox, Size, World
from wix_sandbox.endpoints import OPERATIONS
from wix_sandbox.records import Contributor, Grant, on_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Run


class Answer(NamedTuple):
    """What an endpoint answers, and the streams that are made of it."""

    kind: type[objects.WixObject]
    streams: tuple[str, ...]


ANSWERS = {
    "search_team": Answer(objects.TeamPage, TEAM),
    "get_roles": Answer(objects.RoleList, ("roles", *BY_SITE)),
    "query_sites": Answer(objects.SitePage, ("sites", *BY_SITE)),
    "count_sites": Answer(objects.SiteCount, ("sites", *BY_SITE)),
    "query_folders": Answer(objects.FolderPage, ("folders",)),
    "get_account": Answer(objects.AccountAnswer, ("accounts",)),
    "query_contributors": Answer(objects.ContributorList, BY_SITE),
    "list_child_accounts": Answer(objects.ChildAccountPage, ("accounts",)),
}
WAYS = ("missing", "null", "another name", "another type", "empty")
TOLD = {
    ("query_sites", "sites.*.contributorAccountIds", "empty"),
    ("query_contributors", "contributors", "empty"),
    ("search_team", "teamMembers.*.invite.assignments", "empty"),
    ("search_team", "teamMembers.*.user.assignments", "empty"),
    ("get_roles", "customRoles", "empty"),
}
"""What a first sync has to believe where nothing else speaks: the answer said so."""
CHANGED = {
    *(("search_team", "teamMembers.*.invite.assignments.*.restrictions", way) for way in ("another type", "empty")),
    ("get_roles", "customRoles", "empty"),
}
"""What a later sync has to believe: a grant on something that cannot be read is another grant; custom roles may go."""


def test_every_endpoint_is_here():
    """One that is new has to say here what it answers."""
    assert ANSWERS.keys() == OPERATIONS.keys()


def members(kind: type[objects.WixObject], way: str = "") -> Iterator[tuple[str, Any]]:
    """Each member of an answer, with an empty value of its type."""
    for name, field in objects.fields(kind).items():
        path = f"{way}{name}"
        inner = [found for found in _types(field.type) if isinstance(found, type)]
        is_list = "list" in str(field.type)
        objects_in = [found for found in inner if issubclass(found, objects.WixObject)]
        yield path, [] if is_list else {} if objects_in else 0 if int in inner and str not in inner else ""
        for found in objects_in:
            yield from members(found, f"{path}.*." if is_list else f"{path}.")


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def fault(endpoint: str, path: str, way: str, empty: Any) -> Fault:
    """A permanent fault in one member of an answer."""
    at = {"endpoint": endpoint, "path": path, "times": 0}
    if way == "missing":
        return Fault.of("drop", **at)
    if way == "another name":
        return Fault.of("rename", **at)
    value = {"null": None, "another type": 7.5 if isinstance(empty, str | list | dict) else "seven", "empty": empty}[
        way
    ]
    return Fault.of("wrong_types", value=value, **at)


class Account:
    """An account that stays as it is, and its first sync."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        main = sandbox.world.main
        found = {stream: list(rows.values()) for stream, rows in expected.tables(main).items()}
        found |= dict(zip(BY_SITE, (role_rows(main), contributor_rows(main)), strict=True))
        self.truth = {stream: Counter(map(owner_of(stream), rows)) for stream, rows in found.items()}
        self.catalogs = {name: _alone(*answer.streams, *LOGS) for name, answer in ANSWERS.items()}
        self.first = {name: self.sync(name) for name in ANSWERS}

    def sync(self, endpoint: str, *faults: Fault, state: Any = None) -> Run:
        """Read what is made of an endpoint's answers."""
        self.sandbox.faults.clear()
        self.sandbox.faults.add(*faults)
        children = endpoint == "list_child_accounts"
        return run(self.sandbox, catalog=self.catalogs[endpoint], state=state, include_child_accounts=children)

    def lies(self, ran: Run, streams: tuple[str, ...], *, first: bool) -> list[str]:
        """What a run takes for gone, or for complete, although it is not."""
        main = self.sandbox.world.main.id
        found = [f"removed {row['record_key']}" for row in ran.records("change_log") if row["change_type"] == "removed"]
        for stream in streams:
            receipt = ran.receipts[main, stream]
            rows = Counter(owner_of(stream)(row) for row in ran.records(stream) if row["account_id"] == main)
            if receipt["status"] == "complete" and first and self.truth[stream] - rows:
                found.append(f"{stream} is complete without {self.truth[stream] - rows}")
            if receipt["status"] != "complete" and not (ran.code == 1 and receipt["error"]):
                found.append(f"{stream} is {receipt['status']}, and the run does not say so")
        return found


def _alone(*streams: str) -> Any:
    """A catalog of these streams and no others, which the SDK would go through in each of some thousand runs."""
    found = catalog(*streams)
    return {"streams": [entry for entry in found["streams"] if entry["tap_stream_id"] in streams]}


def owner_of(stream: str) -> Any:
    """What a row belongs to: keys themselves may differ where an id is missing."""
    names = {"accounts": "account_id", "assignments": "user_id", "invite_assignments": "invite_id"}
    by_site = dict.fromkeys(BY_SITE, "site_id")
    return lambda row: row[(names | by_site).get(stream, "id")]


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """A small account with something in every table."""
    world = World(Size(users=5, sites=4, folders=3, invites=2, child_accounts=1))
    main = world.main
    roles = [role.id for role in main.roles.values() if role.level != "Site"][:3]
    for number, site in enumerate(main.sites.values()):
        site.contributors = [
            Contributor(main.new_id(), main.new_id(), roles[: 1 + place]) for place in range(number % 3)
        ]
        main.changed(site)
    with Sandbox(world) as sandbox:
        made = Account(sandbox)
        assert all(ran.code == 0 for ran in made.first.values())
        assert all(made.truth[stream] for stream in (*TABLES, *BY_SITE))
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("endpoint", ANSWERS)
def test_no_member_lies(endpoint, way, account):
    """Neither a first sync nor a later one takes a row for gone, or a table for complete, unless the answer says so."""
    streams = ANSWERS[endpoint].streams
    lies = {}
    for path, empty in members(ANSWERS[endpoint].kind):
        wrong = fault(endpoint, path, way, empty)
        for name, state in (("first", None), ("later", account.first[endpoint].state)):
            ran = account.sync(endpoint, wrong, state=state)
            found = account.lies(ran, streams, first=state is None)
            if found and (endpoint, path, way) not in (CHANGED if state else TOLD):
                lies[path, name] = found
    assert lies == {}


# What was seen from outside, one by one.

GRANTED = ("assignments", "roles", *LOGS)

MAINTENANCE = {"message": "upstream maintenance", "details": {}}


def answering(endpoint: str, body: Any) -> Fault:
    """An endpoint that always answers this with status 200."""
    return Fault.of("status", endpoint=endpoint, status=200, body=body, times=0)


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("body", [MAINTENANCE, {"status": "ok"}, {"items": []}, [], "ok", None, {}], ids=str)
@pytest.mark.parametrize("endpoint", ANSWERS)
def test_a_200_that_is_no_answer(endpoint, body, first, account):
    """No table is complete on the word of a proxy, and nothing is taken for gone."""
    body = "null" if body is None else body
    state = None if first else account.first[endpoint].state
    ran = account.sync(endpoint, answering(endpoint, body), state=state)
    assert account.lies(ran, ANSWERS[endpoint].streams, first=first) == []
    if endpoint not in {"count_sites", "list_child_accounts"}:
        # Of a site's own answer, its record says how far it can be true.
        own = set(ANSWERS[endpoint].streams) - (set() if endpoint == "query_contributors" else {*BY_SITE})
        assert {ran.receipts[account.sandbox.world.main.id, stream]["status"] for stream in own} <= {
            "failed",
            "unverified",
        }
        assert ran.code == 1


@pytest.mark.parametrize("facets", [True, False])
def test_members_without_their_roles(facets, serve):
    """Six members come without the key `assignments`: their roles stay, and `users` is complete."""
    sandbox = serve(World(Size(users=6, invites=0)))
    first = run(sandbox, catalog=catalog("users", "assignments", *LOGS))
    sandbox.faults.add(Fault.of("drop", endpoint="search_team", path="teamMembers.*.user.assignments", times=0))
    if not facets:
        sandbox.faults.add(Fault.of("drop", endpoint="search_team", path="facets", times=0))
    ran = run(sandbox, catalog=catalog("users", "assignments", *LOGS), state=first.state)
    assert (ran.code, ran.statuses()) == (1, {"users": "complete", "assignments": "unverified"})
    assert ran.records("change_log") == []


NO_FACETS = Fault.of("drop", endpoint="search_team", path="facets", times=0)
USER = "teamMembers.1.user"


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize(
    ("path", "way"),
    [
        pytest.param(USER, "another name", id="a member under another name"),
        pytest.param(USER, "null", id="a member that is null"),
        pytest.param(f"{USER}.assignments", "missing", id="a member without a list of roles"),
        pytest.param(f"{USER}.assignments", "null", id="a member with null for its roles"),
        pytest.param(f"{USER}.assignments", "another name", id="roles under another name"),
        pytest.param("teamMembers.*.user.assignments", "missing", id="no list of roles at all"),
        pytest.param("teamMembers.*.invite.assignments", "missing", id="no list of invited roles"),
    ],
)
def test_a_part_of_the_team_that_nothing_else_counts(path, way, first, account):
    """Without facets, what one member lacks is unknown: in a later sync, and in a first one as well."""
    state = None if first else account.first["search_team"].state
    ran = account.sync("search_team", fault("search_team", path, way, []), NO_FACETS, state=state)
    assert account.lies(ran, TEAM, first=first) == []
    assert ran.code == 1
    unread = "1 member(s) are neither a user nor an invite, as far as they can be read"
    assert (unread in (ran.receipt("users")["error"] or "")) == (path == USER)


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_site_without_its_list_of_contributors(first, serve):
    """Its own contributors are queried."""
    sandbox = serve()
    every = catalog(*BY_SITE, *LOGS)
    place = next(n for n, site in enumerate(listed(sandbox.world.main)) if site.contributors)
    state = None if first else run(sandbox, catalog=every).state
    path = f"sites.{place}.contributorAccountIds"
    sandbox.faults.add(Fault.of("drop", endpoint="query_sites", path=path, times=0))
    ran = run(sandbox, catalog=every, state=state)
    assert (ran.code, ran.statuses()) == (0, dict.fromkeys(BY_SITE, "complete"))
    assert ran.records("change_log") == []
    assert len(ran.records("site_contributors")) == (len(contributor_rows(sandbox.world.main)) if first else 0)


@pytest.mark.parametrize("metadata", [{"hasNext": False}, None, {}, {"cursors": {}}], ids=str)
@pytest.mark.parametrize("times", [1, 0])
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_full_page_that_says_it_is_all(first, times, metadata, serve):
    """Once, the walk is repeated; permanently, nothing is proved, and no site counts as removed."""
    sandbox = serve(World(Size(users=1, sites=150, child_accounts=0)))
    every = catalog("sites", *LOGS)
    state = None if first else run(sandbox, catalog=every).state
    fault = {"endpoint": "query_sites", "path": "metadata", "times": times}
    sandbox.faults.add(Fault.of("wrong_types", value=metadata, **fault))
    ran = run(sandbox, catalog=every, state=state)
    receipt = ran.receipt("sites")
    assert receipt["status"] == ("complete" if times else "unverified")
    assert (receipt["row_count"], ran.records("change_log")) == (150 if times else 100, [])


def test_the_time_of_contributors(serve):
    """They have the time at which the walk of the sites began: a contributor who joined since is not missing."""
    ran = run(serve(), catalog=catalog(*BY_SITE, "sites", "roles", *LOGS))
    assert ran.receipt("site_contributors")["snapshot_at"] == ran.receipt("sites")["snapshot_at"]
    assert ran.receipt("site_contributor_roles")["snapshot_at"] == min(
        ran.receipt(stream)["snapshot_at"] for stream in ("sites", "roles")
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_is_gone_and_still_named_by_a_grant(named, serve):
    """Two lists disagree: the removal is held until the user accepts it; an unreferenced folder is just removed."""
    world = World(Size(users=3, folders=3, sites=0, invites=0, child_accounts=0))
    kept, gone, *_ = world.main.folders.values()
    person = list(world.main.people.values())[-1]
    place = on_folders((kept.id, "/kept"), *([(gone.id, "/gone")] if named else []))
    person.grants = [Grant(role_id="7046409866117489206", assignment_id="1", on=place)]
    sandbox, every = serve(world), catalog("assignments", "folders", *LOGS)
    first = run(sandbox, catalog=every)
    with sandbox.lock:
        del world.main.folders[gone.id]
        world.main.changed()
    ran = run(sandbox, catalog=every, state=first.state)
    assert (ran.code, ran.statuses()["folders"]) == ((1, "held") if named else (0, "complete"))
    if named:
        assert "grants still refer to 1 folder(s) that are gone" in ran.receipt("folders")["error"]
        ran = run(sandbox, catalog=every, state=ran.state, allow_mass_removal=True)
    assert (ran.code, [row["record_key"] for row in ran.records("change_log")]) == (0, [gone.id])
    later = run(sandbox, catalog=every, state=ran.state)
    assert (later.code, "folder(s) that are missing from the list of folders" in later.log) == (0, named)


@pytest.mark.parametrize("named", [True, False])
def test_a_role_that_is_gone_and_still_named_by_a_grant(named, serve):
    """Two lists disagree, as with folders: a member still holds a role that the list of roles does not have."""
    sandbox, every = serve(World(Size(users=3, sites=0, invites=0, child_accounts=0))), catalog("users", *GRANTED)
    account = sandbox.world.main
    held = {grant.role_id for person in account.people.values() for grant in person.grants}
    gone = next(role_id for role_id, role in account.roles.items() if (role_id in held) == named and not role.custom)
    first = run(sandbox, catalog=every)
    with sandbox.lock:
        del account.roles[gone]
    ran = run(sandbox, catalog=every, state=first.state)
    assert (ran.code, ran.statuses()["roles"]) == ((1, "held") if named else (0, "complete"))
    if named:
        assert "grants still refer to 1 role(s) that are gone" in ran.receipt("roles")["error"]
        ran = run(sandbox, catalog=every, state=ran.state, allow_mass_removal=True)
    assert (ran.code, [row["record_key"] for row in ran.records("change_log")]) == (0, [gone])


def test_a_role_of_a_contributor_that_is_in_no_list(serve):
    """Whoever held it is asked about, and still holds it: the list of roles says nothing about contributors."""
    world = World(Size(users=1, sites=1, child_accounts=0))
    (site,), roles = world.main.sites.values(), list(world.main.roles)
    site.contributors = [Contributor(world.main.new_id(), None, roles[3:5])]
    sandbox, every = serve(world), catalog(*BY_SITE, *LOGS)
    first = run(sandbox, catalog=every)
    with sandbox.lock:
        kept = world.main.roles.pop(roles[3])
    ran = run(sandbox, catalog=every, state=first.state)
    assert (ran.code, ran.records("change_log"), ran.statuses()) == (0, [], dict.fromkeys(BY_SITE, "complete"))
    with sandbox.lock:
        world.main.roles[roles[3]] = kept
        site.contributors[0].role_ids.remove(roles[3])
    ran = run(sandbox, catalog=every, state=ran.state)
    assert [(row["stream_name"], row["change_type"]) for row in ran.records("change_log")] == [
        ("site_contributor_roles", "removed")
    ]


def test_an_answer_that_leaves_out_what_is_empty(serve):
    """An account whose empty lists are never told has one run to accept that, and is complete from then on."""
    world = World(Size(users=2, sites=0, invites=1, child_accounts=0))
    world.main.roles = {key: role for key, role in world.main.roles.items() if not role.custom}
    last = list(world.main.people.values())[-1]
    last.grants, last.encoded = None, None
    sandbox = serve(world)
    for endpoint, path in (("get_roles", "customRoles"), ("search_team", "facets")):
        sandbox.faults.add(Fault.of("drop", endpoint=endpoint, path=path, times=0))
    every = catalog("users", *GRANTED)
    ran = run(sandbox, catalog=every)
    expected = {"users": "complete", "assignments": "unverified", "roles": "unverified"}
    assert (ran.code, ran.statuses()) == (1, expected)
    assert all("`accept_repeat_proof: true`" in ran.receipt(name)["error"] for name in ("assignments", "roles"))
    for accept, state in ((True, ran.state), (False, None)):
        ran = run(sandbox, catalog=every, state=state or ran.state, accept_repeat_proof=accept)
        assert (ran.code, set(ran.statuses().values())) == (0, {"complete"})
