"""Small accounts: empty lists are proved like any other, so that no run fails for lack of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import BY_SITE, LOGS, TABLES, catalog, run
from wix_sandbox import ApiOptions, Fault, Size, World

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING = (*TABLES, *BY_SITE)
NOTHING: dict[str, int] = {"users": 1, "sites": 0, "folders": 0, "invites": 0, "child_accounts": 0}


def small(change: Callable[[Any], object] = lambda _account: None, **size: int) -> World:
    """An account of one person and nothing else, but for what is given here."""
    world = World(Size(**{**NOTHING, **size}))
    change(world.main)
    return world


def _without_roles(account: Any) -> None:
    for person in account.people.values():
        person.grants = None
        person.encoded = None


def _without_contributors(account: Any) -> None:
    for site in account.sites.values():
        site.contributors.clear()
        account.changed(site)


def _without_custom_roles(account: Any) -> None:
    account.roles = {key: role for key, role in account.roles.items() if not role.custom}


SHAPES: dict[str, tuple[World, dict[str, Any]]] = {
    "one person": (small(), {}),
    "one person without roles": (small(_without_roles), {}),
    "no folder": (small(users=3, sites=2, invites=1), {}),
    "no site": (small(users=3, folders=2, invites=1), {}),
    "no invite": (small(users=3, sites=2, folders=2), {}),
    "one folder, one site, one invite": (small(sites=1, folders=1, invites=1), {}),
    "no contributor": (small(_without_contributors, users=2, sites=3), {}),
    "no custom role": (small(_without_custom_roles, sites=1), {}),
    "as many sites as a page holds": (small(_without_contributors, sites=100), {}),
    "no facet": (small(users=3, invites=1), {"facets": False}),
    "pages of one row": (small(users=3, invites=1, sites=1), {"page_cap": 1}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_first_and_later(shape, serve):
    """Both syncs are complete in every table, and the later one finds nothing new."""
    world, options = SHAPES[shape]
    sandbox = serve(world, options=ApiOptions(**options))
    every = catalog(*EVERYTHING, *LOGS)
    first = run(sandbox, catalog=every, include_child_accounts=True)
    assert (first.code, first.statuses()) == (0, dict.fromkeys(EVERYTHING, "complete"))
    later = run(sandbox, catalog=every, state=first.state, include_child_accounts=True)
    assert (later.code, later.statuses()) == (0, dict.fromkeys(EVERYTHING, "complete"))
    assert later.streams == {"snapshots"}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_empty_is_left_out(shape, serve):
    """One run has to accept that; from then on the account is complete, and never was anything wrong logged."""
    world, options = SHAPES[shape]
    sandbox = serve(world, options=ApiOptions(**options), faults=[Fault.of("drop_defaults", times=0)])
    every = catalog(*EVERYTHING, *LOGS)
    ran = run(sandbox, catalog=every)
    doubted = {table for table, status in ran.statuses().items() if status != "complete"}
    assert all("is not proved" in ran.receipt(table)["error"] for table in doubted)
    for accept in (True, False):
        ran = run(sandbox, catalog=every, state=ran.state, accept_repeat_proof=accept)
        assert (ran.code, ran.statuses()) == (0, dict.fromkeys(EVERYTHING, "complete"))
        assert ran.records("change_log") == []


def test_a_site_that_comes_where_what_is_empty_is_left_out(serve):
    """Where nobody works on any site, no new one needs the setting again, nor does a run after one that was refused."""
    sandbox = serve(small(_without_contributors, sites=3), faults=[Fault.of("drop_defaults", times=0)])
    main, every = sandbox.world.main, catalog(*EVERYTHING, *LOGS)
    ran = run(sandbox, catalog=every, accept_repeat_proof=True)
    assert (ran.code, ran.statuses()) == (0, dict.fromkeys(EVERYTHING, "complete"))
    sandbox.faults.add(Fault.of("status", endpoint="query_contributors", status=403))
    with sandbox.lock:
        last = list(main.sites.values())[-1]
        site = replace(last, id=main.new_id(), created="2026-10-30T08:00:00.000Z", encoded=None)
        main.sites[site.id] = site
        main.changed()
    ran = run(sandbox, catalog=every, state=ran.state)
    assert {ran.statuses()[table] for table in BY_SITE} == {"unverified"}
    ran = run(sandbox, catalog=every, state=ran.state)
    assert (ran.code, ran.statuses()) == (0, dict.fromkeys(EVERYTHING, "complete"))


def test_a_team_that_is_left_out(serve):
    """No setting takes it for empty, since it has an owner; nor a list of child accounts, without a snapshot."""
    sandbox, tables = serve(small(invites=1, child_accounts=1)), ("users", "invites")
    for endpoint in ("search_team", "list_child_accounts"):
        sandbox.faults.add(Fault.of("status", endpoint=endpoint, status=200, body={}, times=0))
    settings = {"accept_repeat_proof": True, "include_child_accounts": True}
    ran = run(sandbox, catalog=catalog(*tables, *LOGS), **settings)
    assert (ran.code, ran.statuses()) == (1, dict.fromkeys(tables, "unverified"))
    assert "the list of child accounts of account" in ran.log


@pytest.mark.parametrize(
    ("endpoint", "tables"),
    [("query_folders", {"folders"}), ("query_sites", {"sites", *BY_SITE}), ("query_contributors", {*BY_SITE})],
)
def test_what_was_there_is_left_out(endpoint, tables, serve):
    """With the setting, too: the last snapshot tells that it was not empty."""
    sandbox, every = serve(small(sites=2, folders=1)), catalog(*EVERYTHING, *LOGS)
    first = run(sandbox, catalog=every)
    assert (first.code, first.receipt("site_contributors")["row_count"]) == (0, 1)
    empty = [endpoint] if endpoint != "query_sites" else [endpoint, "count_sites"]
    sandbox.faults.add(*(Fault.of("status", endpoint=one, status=200, body={}, times=0) for one in empty))
    if endpoint == "query_contributors":
        sandbox.faults.add(Fault.of("drop", endpoint="query_sites", path="sites.*.contributorAccountIds", times=0))
    state = first.state
    for _ in range(2):
        ran = run(sandbox, catalog=every, state=state, accept_repeat_proof=True)
        state = ran.state
        assert ran.statuses() == {table: "unverified" if table in tables else "complete" for table in EVERYTHING}


@pytest.mark.parametrize(
    ("tables", "status"),
    [
        (("invites", "invite_assignments"), "complete"),
        (("sites", *BY_SITE), "complete"),
        (("folders",), "held"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else value,
)
def test_the_last_one_goes(tables, status, serve):
    """It is believed where the API says that there are none; where it counts nothing, once with a setting."""
    sandbox = serve(small(sites=1, folders=1, invites=1))
    every = catalog(*EVERYTHING, *LOGS)
    first = run(sandbox, catalog=every)
    assert first.code == 0
    with sandbox.lock:
        getattr(sandbox.world.main, tables[0]).clear()
        sandbox.world.main.changed()
    ran = run(sandbox, catalog=every, state=first.state)
    assert {ran.statuses()[table] for table in tables} == {status}
    assert ran.code == (status == "held")
    accepted = run(sandbox, catalog=every, state=ran.state, allow_mass_removal=True)
    assert (accepted.code, set(accepted.statuses().values())) == (0, {"complete"})
    assert run(sandbox, catalog=every, state=accepted.state).code == 0
