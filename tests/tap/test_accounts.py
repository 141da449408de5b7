"""Child accounts: every stream in every account, each with its own state, and none that ends the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.snapshot.state import mark_pending
from tests.crowds import Crowds
from tests.support import BY_SITE, LOGS, TABLES, TEAM, catalog, run
from tests.tap import expected
from tests.tap.expected import content, key_of
from tests.tap.test_contributors import contributor_rows, role_rows
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.story import BOTH

if TYPE_CHECKING:
    from tests.support import Run
    from wix_sandbox import Account, Sandbox

EVERYTHING = (*TABLES, *BY_SITE)
CHILDREN: dict[str, Any] = {"include_child_accounts": True}
LIST = "the list of child accounts"
READS: dict[Any, tuple[str, ...]] = {
    "search_team": TEAM,
    "query_folders": ("folders",),
    "get_roles": ("roles",),
    "query_sites": ("sites",),
}
"""The streams of each list that fails where an account refuses everything: all but `accounts`."""


def accounts(sandbox: Sandbox) -> dict[str, Account]:
    """Every account, the configured one first, the others in the order of the list."""
    return sandbox.world.accounts


def states(ran: Run, account_id: str) -> dict[str, Any]:
    """The state of each stream in an account."""
    assert ran.state
    kept = {stream: stored.get("accounts", {}) for stream, stored in ran.state["bookmarks"].items()}
    return {stream: stored[account_id] for stream, stored in kept.items() if account_id in stored}


def named(ran: Run) -> list[str]:
    """What the end of the log names as failed."""
    return [line for line in ran.log.splitlines() if line.startswith("- ")]


def statuses(ran: Run, account_id: str) -> dict[str, str]:
    """The status of each stream in an account."""
    return {stream: receipt["status"] for (account, stream), receipt in ran.receipts.items() if account == account_id}


def refused(account: Account, endpoint: Any = "*", status: int = 403) -> Fault:
    """An account that refuses every request."""
    return Fault.of("status", endpoint=endpoint, account_id=account.id, status=status, times=0)


def change(world: World) -> None:
    """In every account somebody leaves, and somebody else has a new name."""
    for account in world.accounts.values():
        leaver, other = list(account.people)[-2:]
        account.leave(leaver)
        account.rename(other, "New", "Name")


# What is read.


@pytest.mark.parametrize("concurrency", [1, 8])
def test_every_stream_of_every_account(concurrency, serve):
    """Each row of each account comes once, the configured account's first, with a receipt and a state for each."""
    sandbox = serve()
    every = catalog(*EVERYTHING, *LOGS)
    ran = run(sandbox, catalog=every, max_concurrency=concurrency, **CHILDREN)
    assert ran.code == 0
    found = list(accounts(sandbox).values())
    for stream, rows in expected.tables(*found).items():
        assert {key_of(stream, row): content(row) for row in ran.records(stream)} == rows
        assert len(ran.records(stream)) == len(rows)
        assert list(dict.fromkeys(row["account_id"] for row in ran.records(stream))) == list(accounts(sandbox))
    by_site = [[content(row) for row in ran.records(stream)] for stream in BY_SITE]
    assert by_site == [role_rows(*found), contributor_rows(*found)]
    parents = {row["account_id"]: row["parent_account_id"] for row in ran.records("accounts")}
    main = sandbox.world.main.id
    assert parents == {key: None if key == main else main for key in accounts(sandbox)}
    for account_id in accounts(sandbox):
        assert statuses(ran, account_id) == dict.fromkeys(EVERYTHING, "complete")
        assert set(states(ran, account_id)) == set(EVERYTHING)
    again = run(sandbox, state=ran.state, catalog=every, max_concurrency=concurrency, **CHILDREN)
    assert (again.code, again.streams) == (0, {"snapshots"})


def test_without_the_setting(serve):
    """Only the configured account is read, and the list of children is not requested."""
    sandbox = serve()
    ran = run(sandbox)
    assert {account for account, _ in ran.receipts} == {sandbox.world.main.id}
    assert {seen.headers["wix-account-id"] for seen in sandbox.requests} == {sandbox.world.main.id}
    assert "list_child_accounts" not in {seen.endpoint for seen in sandbox.requests}


def test_an_account_without_children(serve):
    """The setting costs the proof that there are none, and nothing else."""
    sandbox = serve(World(Size(child_accounts=0)))
    ran = run(sandbox, **CHILDREN)
    assert (ran.code, {account for account, _ in ran.receipts}) == (0, {sandbox.world.main.id})
    assert Counter(seen.endpoint for seen in sandbox.requests)["list_child_accounts"] == 2


def test_the_same_person_in_two_accounts(serve):
    """One user with one id is a row in each account, with the roles that he has there."""
    sandbox = serve()
    ran = run(sandbox, **CHILDREN)
    both = {
        account.id: person
        for account in accounts(sandbox).values()
        for person in account.people.values()
        if person.email == BOTH
    }
    assert len(both) == 3
    (user_id,) = {person.id for person in both.values()}
    mine = [row for row in ran.records("users") if row["id"] == user_id]
    assert [content(row) for row in mine] == [
        expected.user_row(account, both[account.id]) for account in accounts(sandbox).values()
    ]
    assert len({row["joined_team_at"] for row in mine}) == 2
    roles = {(row["account_id"], row["role_id"]) for row in ran.records("assignments") if row["user_id"] == user_id}
    assert roles == {(key, grant.role_id) for key, person in both.items() for grant in person.grants or ()}


@pytest.mark.parametrize("concurrency", [1, 8])
def test_requests_of_25_children(concurrency, serve):
    """Each list of each account costs what it costs alone, and the list of children one request more."""
    sandbox = serve(World(Size(users=12, child_accounts=25)))
    ran = run(sandbox, catalog=catalog(*EVERYTHING, *LOGS), max_concurrency=concurrency, **CHILDREN)
    assert ran.code == 0
    each = {"get_account": 1, "search_team": 1, "get_roles": 1, "query_sites": 1, "query_folders": 2}
    count = Counter(seen.endpoint for seen in sandbox.requests)
    by_site = count.pop("query_contributors")
    assert count == {"list_child_accounts": 1, **{endpoint: 26 * times for endpoint, times in each.items()}}
    per_account = Counter((seen.endpoint, seen.headers.get("wix-account-id")) for seen in sandbox.requests)
    assert all(
        per_account[endpoint, account] == times for account in accounts(sandbox) for endpoint, times in each.items()
    )
    reads = ("accounts", "users", "roles", "sites", "folders", BY_SITE[0])
    told = sum(ran.receipts[account, stream]["request_count"] for account in accounts(sandbox) for stream in reads)
    assert told == len(sandbox.requests) - 1
    assert by_site < sum(
        13 * bool(site.contributors) for one in accounts(sandbox).values() for site in one.sites.values()
    )


def test_more_children_than_a_page(serve):
    """Children beyond the first page of their list are read too."""
    sandbox = serve(World(Size(users=1, sites=0, folders=0, invites=0, child_accounts=55)))
    ran = run(sandbox, catalog=catalog("accounts", *LOGS), **CHILDREN)
    assert ran.code == 0
    assert [row["account_id"] for row in ran.records("accounts")] == list(accounts(sandbox))


def test_accounts_side_by_side(serve):
    """The accounts of a stream do not wait for each other."""
    sandbox = serve(World(Size(users=3, child_accounts=8)), options=ApiOptions(latency=0.02))
    crowds = Crowds(sandbox, "search_team", 4)
    run(sandbox, catalog=catalog("users", "roles", *LOGS), max_concurrency=4, **CHILDREN)
    assert max(crowds.sizes) == 4


# States.


def test_a_state_for_each_account(serve):
    """What changed in one account is sent and logged for that one alone; the state of each moves on."""
    sandbox = serve()
    first = run(sandbox, **CHILDREN)
    child = sandbox.world.children[0]
    with sandbox.lock:
        user_id = list(child.people)[-1]
        child.leave(user_id)
        child.rename(list(child.people)[-1], "New", "Name")
    ran = run(sandbox, state=first.state, **CHILDREN)
    assert {row["account_id"] for stream in TABLES for row in ran.records(stream)} == {child.id}
    assert {row["account_id"] for row in ran.records("change_log")} == {child.id}
    assert ("removed", user_id) in {(row["change_type"], row["record_key"]) for row in ran.records("change_log")}
    for account_id in accounts(sandbox):
        old, new = states(first, account_id), states(ran, account_id)
        assert all(old[stream]["snapshot_at"] < new[stream]["snapshot_at"] for stream in TABLES)


def test_a_child_that_comes(serve):
    """A new child's rows come as a beginning, without changes; those of the others stay unsent."""
    world = World()
    late = world.children.pop()
    sandbox = serve(world)
    first = run(sandbox, **CHILDREN)
    with sandbox.lock:
        world.children.append(late)
    ran = run(sandbox, state=first.state, **CHILDREN)
    assert {row["account_id"] for stream in TABLES for row in ran.records(stream)} == {late.id}
    assert ran.records("change_log") == []
    assert len(ran.records("users")) == len(late.people)


def test_a_child_that_is_not_listed_any_more(serve):
    """Its state is kept unchanged, and none of its rows is removed, since it was not read."""
    sandbox = serve()
    first = run(sandbox, **CHILDREN)
    with sandbox.lock:
        gone = sandbox.world.children.pop()
    ran = run(sandbox, state=first.state, **CHILDREN)
    assert (ran.code, ran.streams, statuses(ran, gone.id)) == (0, {"snapshots"}, {})
    assert ran.log.count(f"Accounts that earlier runs read are not read by this one: {gone.id} (1 in all)") == 1
    assert states(ran, gone.id) == states(first, gone.id)
    with sandbox.lock:
        sandbox.world.children.append(gone)
        user_id = list(gone.people)[-1]
        gone.leave(user_id)
    back = run(sandbox, state=ran.state, **CHILDREN)
    log = {(row["change_type"], row["record_key"]) for row in back.records("change_log")}
    assert ("removed", user_id) in log
    assert {kind for kind, _ in log} == {"removed"}


# Accounts that refuse.


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("which", [0, 1, 2], ids=["the configured one", "the first child", "the last child"])
def test_an_account_that_refuses(which, concurrency, serve):
    """One named failure for each of its reads; the others go on, every state is right, and the next run heals."""
    sandbox = serve()
    everything = catalog(*EVERYTHING, *LOGS)
    first = run(sandbox, catalog=everything, **CHILDREN)
    account = list(accounts(sandbox).values())[which]
    before = expected.tables(account)
    with sandbox.lock:
        change(sandbox.world)
    sandbox.faults.add(*(refused(account, endpoint) for endpoint in ("get_account", *READS)))
    ran = run(sandbox, state=first.state, catalog=everything, max_concurrency=concurrency, **CHILDREN)

    assert ran.code == 1
    reads = {**READS, "get_account": ("accounts",), "query_sites": (*BY_SITE, "sites")}
    assert sorted(line.split(":")[0] for line in named(ran)) == sorted(
        f"- {', '.join(streams)} of account {account.id}" for streams in reads.values()
    )
    assert all("403 PERMISSION_DENIED" in line and "The API key needs the permission" in line for line in named(ran))
    assert statuses(ran, account.id) == dict.fromkeys(EVERYTHING, "refused")
    assert account.id not in {row["account_id"] for row in ran.records("accounts")}
    others = {key for key in accounts(sandbox) if key != account.id}
    assert {row["account_id"] for stream in TEAM for row in ran.records(stream)} == others
    assert account.id not in {row["account_id"] for row in ran.records("change_log")}
    for key in accounts(sandbox):
        old, new = states(first, key), states(ran, key)
        moved = {stream for stream in EVERYTHING if old[stream]["snapshot_at"] != new[stream]["snapshot_at"]}
        assert moved == (set() if key == account.id else set(EVERYTHING))
        assert new == old or key != account.id

    sandbox.faults.clear()
    healed = run(sandbox, state=ran.state, catalog=everything, **CHILDREN)
    assert healed.code == 0
    assert {row["account_id"] for stream in TABLES for row in healed.records(stream)} == {account.id}
    gone = {key[1] for key in before["users"]} - set(account.people)
    people = [row for row in healed.records("change_log") if row["stream_name"] == "users"]
    assert [row["record_key"] for row in people if row["change_type"] == "removed"] == list(gone)
    assert sorted(row["change_type"] for row in people) == ["modified", "removed"]
    assert run(sandbox, state=healed.state, catalog=everything, **CHILDREN).streams == {"snapshots"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 500},
        {"kind": "reset"},
        {"kind": "not_json"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_a_child_that_fails(fault, serve):
    """Whatever keeps one child from being read, its reads are named, a 401 once; the other accounts are complete."""
    child, other = World().children
    faults = [Fault.of(endpoint=one, account_id=child.id, times=0, **fault) for one in ("get_account", *READS)]
    sandbox = serve(faults=faults)
    ran = run(sandbox, **CHILDREN)
    assert (ran.code, len(named(ran))) == (1, 1 if fault.get("status") == 401 else 5)
    assert all(f" of account {child.id}: " in line for line in named(ran))
    assert "complete" not in statuses(ran, child.id).values()
    for account_id in (sandbox.world.main.id, other.id):
        assert statuses(ran, account_id) == dict.fromkeys(TABLES, "complete")
    for kept in states(ran, child.id).values():
        assert kept["pending"]
        assert kept == mark_pending(None, kept["pending"])


@pytest.mark.parametrize("stream", ["roles", "sites", "folders", "accounts"])
@pytest.mark.parametrize("which", [0, 1, 2], ids=["the configured one", "the first child", "the last child"])
def test_one_failed_account_announces_no_version(stream, which, serve):
    """A table of which one account failed makes no target delete the rows of that account; the other tables do."""
    endpoint = {"roles": "get_roles", "sites": "query_sites", "folders": "query_folders", "accounts": "get_account"}
    account = list(World().accounts.values())[which]
    sandbox = serve(faults=[refused(account, endpoint[stream], status=401)])
    full = catalog("accounts", "roles", "sites", "folders", *LOGS, method="FULL_TABLE")
    ran = run(sandbox, catalog=full, emit_activate_version_messages=True, **CHILDREN)
    assert ran.code == 1
    assert set(ran.versions()) == {"accounts", "roles", "sites", "folders"} - {stream}


@pytest.mark.parametrize("which", [pytest.param(0), pytest.param(1), 2], ids=["configured", "first", "last"])
def test_one_failed_account_announces_no_version_of_a_shared_read(which, serve):
    """So it is for every table that is made of the same list."""
    account = list(World().accounts.values())[which]
    sandbox = serve(faults=[refused(account, "search_team"), refused(account, "query_sites")])
    full = catalog(*EVERYTHING, *LOGS, method="FULL_TABLE")
    ran = run(sandbox, catalog=full, emit_activate_version_messages=True, **CHILDREN)
    assert (ran.code, set(ran.versions())) == (1, {"accounts", "folders", "roles"})


# The list of child accounts.


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 403}, "Get Sub Accounts (`ACCOUNT.CHILD_ACCOUNTS_LIST`; contract customers)"),
        ({"status": 401}, "Wix does not accept the API key"),
        ({"status": 404}, "404 NOT_FOUND"),
        ({"status": 503}, ""),
    ],
    ids=lambda value: str(value["status"]) if isinstance(value, dict) else "",
)
def test_a_refused_list(fault, words, serve):
    """The configured account is read, the failure is named once, and the children's states wait for the next run."""
    sandbox = serve()
    main = sandbox.world.main.id
    first = run(sandbox, **CHILDREN)
    with sandbox.lock:
        change(sandbox.world)
    begun = len(sandbox.requests)
    sandbox.faults.add(Fault.of("status", endpoint="list_child_accounts", times=0, **fault))
    ran = run(sandbox, state=first.state, **CHILDREN)
    assert ran.code == 1
    (line,) = named(ran)
    # A key that is not accepted is not accepted anywhere: no endpoint is named.
    asked = "" if fault["status"] == 401 else f"GET /accounts/v1/account/child-accounts: {fault['status']}"
    assert line.startswith(f"- {LIST} of account {main}: {asked}")
    assert words in line
    assert statuses(ran, main) == dict.fromkeys(TABLES, "complete")
    assert {account for account, _ in ran.receipts} == {main}
    assert {row["account_id"] for row in ran.records("users")} == {main}
    assert [seen.endpoint for seen in sandbox.requests[begun:]].count("list_child_accounts") == 1
    for child in sandbox.world.children:
        assert states(ran, child.id) == states(first, child.id)
    sandbox.faults.clear()
    healed = run(sandbox, state=ran.state, **CHILDREN)
    assert healed.code == 0
    children = {child.id for child in sandbox.world.children}
    assert {row["account_id"] for row in healed.records("users")} == children
    assert {row["account_id"] for row in healed.records("change_log")} == children


@pytest.mark.parametrize(
    ("fault", "children"),
    [
        ({"kind": "wrong_facets", "delta": 1}, 2),
        ({"kind": "wrong_facets", "delta": 40}, 2),
        ({"kind": "empty_page"}, 0),
        ({"kind": "status", "status": 200, "body": {}}, 0),
    ],
    ids=["a greater total", "a total of another page", "an empty list", "a list that was left out"],
)
def test_an_unproved_list(fault, children, serve):
    """A list that may be cut short is a failure; the accounts that are on it are read, and complete."""
    sandbox = serve(faults=[Fault.of(endpoint="list_child_accounts", times=0, **fault)])
    ran = run(sandbox, **CHILDREN)
    assert ran.code == 1
    (line,) = named(ran)
    told = f"- {LIST} of account {sandbox.world.main.id}: it is not proved to be complete: run again"
    none = ", or, if there are no child accounts, turn `include_child_accounts` off"
    assert line == told + ("" if children else none)
    read = list(accounts(sandbox))[: 1 + children]
    assert {account for account, _ in ran.receipts} == set(read)
    assert set().union(*(statuses(ran, key).values() for key in read)) == {"complete"}


def named_again(world: World, *ids: str) -> dict[str, Any]:
    """An answer that lists the children and these accounts."""
    listed = [*(child.id for child in world.children), *ids]
    children = [{"accountId": account_id} for account_id in listed]
    return {"childAccounts": children, "pagingMetadata": {"total": len(children), "tooManyToCount": False}}


@pytest.mark.parametrize("write", [str, str.upper])
def test_a_list_that_names_the_configured_account(write, serve):
    """It is read once, as the configured one, and nothing else is lost."""
    world = World()
    body = named_again(world, write(world.main.id))
    sandbox = serve(world, faults=[Fault.of("status", endpoint="list_child_accounts", status=200, body=body, times=0)])
    ran = run(sandbox, catalog=catalog(*EVERYTHING, *LOGS), **CHILDREN)
    assert ran.code == 0
    assert {account for account, _ in ran.receipts} == set(accounts(sandbox))
    assert [row["account_id"] for row in ran.records("accounts")] == list(accounts(sandbox))


@pytest.mark.parametrize("write", [str, str.upper])
def test_a_list_that_names_a_child_twice(write, serve):
    """The child is read once; the list is not proved, since a row that comes twice may hide another."""
    world = World()
    body = named_again(world, write(world.children[0].id))
    sandbox = serve(world, faults=[Fault.of("status", endpoint="list_child_accounts", status=200, body=body, times=0)])
    ran = run(sandbox, **CHILDREN)
    assert (ran.code, len(named(ran))) == (1, 1)
    assert {account for account, _ in ran.receipts} == set(accounts(sandbox))
    assert set().union(*(statuses(ran, key).values() for key in accounts(sandbox))) == {"complete"}


def test_a_child_that_names_another_parent(serve):
    """Its own word is kept, and the log shows both."""
    world = World()
    path = "account.accountProperties.parentAccountId"
    child = world.children[0].id
    fault = Fault.of("wrong_types", endpoint="get_account", account_id=child, path=path, value="somebody", times=0)
    ran = run(serve(world, faults=[fault]), catalog=catalog("accounts", *LOGS), **CHILDREN)
    assert {row["account_id"]: row["parent_account_id"] for row in ran.records("accounts")}[child] == "somebody"
    assert f"Account {child} is listed as a child of {world.main.id}, but its own record names some" in ran.log


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403},
        {"kind": "empty_page"},
        {"kind": "wrong_facets"},
        {"kind": "status", "status": 200, "body": {}},
    ],
    ids=["refused", "empty_page", "wrong_facets", "left out"],
)
def test_an_unknown_list_announces_no_version(fault, serve):
    """Unless all accounts are known, no target is made to delete the rows of those that were not read."""
    sandbox = serve(faults=[Fault.of(endpoint="list_child_accounts", times=0, **fault)])
    full = catalog(*TABLES, *LOGS, method="FULL_TABLE")
    ran = run(sandbox, catalog=full, emit_activate_version_messages=True, **CHILDREN)
    assert (ran.code, ran.versions()) == (1, [])


@pytest.mark.parametrize("children", [True, False], ids=["a child that is gone", "children that are not asked for"])
def test_an_account_that_is_not_read_any_more_announces_no_version(children, serve):
    """Its rows stay, so no target is made to delete them; a first run of the same accounts announces one."""
    sandbox, full = serve(), catalog("users", *LOGS, method="FULL_TABLE")
    versions = {"catalog": full, "emit_activate_version_messages": True}
    first = run(sandbox, **versions, **CHILDREN)
    with sandbox.lock:
        sandbox.world.children.pop()
    ran = run(sandbox, state=first.state, include_child_accounts=children, **versions)
    alone = run(sandbox, include_child_accounts=children, **versions)
    assert [(one.code, one.versions()) for one in (first, ran, alone)] == [(0, ["users"]), (0, []), (0, ["users"])]
