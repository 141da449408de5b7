"""The two streams of site contributors, through the tap: every row, off by default, no site that ends the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.wix.halving import holders
from tests.crowds import Crowds
from tests.support import BY_SITE, LOGS, TABLES, catalog, discovered, run
from tests.tap.expected import content
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.records import Contributor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support import Run
    from wix_sandbox import Account, Sandbox
    from wix_sandbox.records import Site

Row = dict[str, Any]

ROLES, CONTRIBUTORS = BY_SITE
ONE_BY_ONE = {"max_concurrency": 1}
PERMISSION = "Manage Contributors (`SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS`)"


def contributor_rows(*accounts: Account) -> list[Row]:
    """Every row of `site_contributors` that these accounts have now, in their order."""
    return [
        {
            "account_id": account.id,
            "site_id": site.id,
            "contributor_account_id": one.account_id,
            "contributor_owner_user_id": one.owner_user_id,
            "extra": None,
        }
        for account in accounts
        for site in listed(account)
        for one in site.contributors
    ]


def role_rows(*accounts: Account) -> list[Row]:
    """Every row of `site_contributor_roles` that these accounts have now, in their order."""
    return [
        {
            "account_id": account.id,
            "site_id": site.id,
            "contributor_account_id": one.account_id,
            "role_id": role_id,
            "extra": None,
        }
        for account in accounts
        for site in listed(account)
        for one in site.contributors
        for role_id in site_roles(account)
        if role_id in one.role_ids
    ]


def listed(account: Account) -> list[Site]:
    """The sites in the order of the API, the oldest first."""
    return sorted(account.sites.values(), key=lambda site: site.created)


def invited(account: Account) -> list[Site]:
    """The sites that have contributors."""
    return [site for site in listed(account) if site.contributors]


def site_roles(account: Account) -> list[str]:
    """The roles that can be assigned on a site: not those that are restricted from there."""
    return [role.id for role in account.roles.values() if role.level != "Site"]


def role_key(row: Row) -> str:
    """The key of a row of `site_contributor_roles`, as `change_log` names it."""
    return f"{row['site_id']}|{row['contributor_account_id']}|{row['role_id']}"


def asked(sandbox: Sandbox) -> Counter[str]:
    """The number of requests to each endpoint."""
    return Counter(seen.endpoint for seen in sandbox.requests)


def sites_of(sandbox: Sandbox, *, status: int | None = None) -> list[str]:
    """The site of each request for contributors, or of those that were answered with this status."""
    return [
        seen.headers["wix-site-id"]
        for seen in sandbox.requests
        if seen.endpoint == "query_contributors" and status in {None, seen.status}
    ]


def rows(ran: Run, stream: str) -> list[Row]:
    """The records of a stream, without when they were seen."""
    return [content(record) for record in ran.records(stream)]


def changes(ran: Run, stream: str) -> list[tuple[str, str]]:
    """Kind and key of what the log says of a stream."""
    return [
        (row["change_type"], row["record_key"]) for row in ran.records("change_log") if row["stream_name"] == stream
    ]


def named(ran: Run) -> list[str]:
    """What the end of the log names as failed."""
    return [line for line in ran.log.splitlines() if line.startswith("- ")]


def refusing(**more: Any) -> Fault:
    """The first site that is asked refuses; alone, where one request follows the other."""
    return Fault.of("status", endpoint="query_contributors", status=403, **more)


# What is read.


@pytest.mark.parametrize("concurrency", [1, 8])
def test_every_row(concurrency, serve):
    """Both streams hold exactly what the world does, in the order of the sites, in every account."""
    world = World(Size(sites=60))
    sandbox = serve(world)
    accounts = list(world.accounts.values())
    ran = run(sandbox, catalog=catalog(*BY_SITE, *LOGS), include_child_accounts=True, max_concurrency=concurrency)
    assert (ran.code, ran.streams) == (0, {*BY_SITE, "snapshots"})
    assert rows(ran, CONTRIBUTORS) == contributor_rows(*accounts)
    assert rows(ran, ROLES) == role_rows(*accounts)
    for account in accounts:
        for stream, expected in ((CONTRIBUTORS, contributor_rows(account)), (ROLES, role_rows(account))):
            receipt = ran.receipts[account.id, stream]
            assert (receipt["status"], receipt["proof"], receipt["row_count"]) == ("complete", "whole", len(expected))
    receipts = [ran.receipts[world.main.id, stream] for stream in BY_SITE]
    assert [receipt["expected_count"] for receipt in receipts] == [None, len(contributor_rows(world.main))]
    assert {row["snapshot_at"] for row in ran.records(CONTRIBUTORS)} == {
        row["snapshot_at"] for row in ran.records(ROLES)
    }


def test_a_contributor_of_two_sites_with_many_roles(serve):
    """One outside account on two sites is two rows, and one with every role has a row for each that a site can have."""
    world = World()
    account = world.main
    first, second, *_ = listed(account)
    first.contributors = [Contributor("agency", "owner", list(account.roles))]
    second.contributors = [Contributor("agency", "owner", site_roles(account)[-1:]), Contributor("new", None, [])]
    account.changed(first, second)
    ran = run(serve(world), catalog=catalog(*BY_SITE, *LOGS))
    assert rows(ran, CONTRIBUTORS) == contributor_rows(account)
    assert rows(ran, ROLES) == role_rows(account)
    mine = [row["site_id"] for row in ran.records(CONTRIBUTORS) if row["contributor_account_id"] == "agency"]
    assert mine == [first.id, second.id]
    assert sum(row["site_id"] == first.id for row in ran.records(ROLES)) == len(site_roles(account))


def test_off_by_default(serve):
    """Without a catalog neither stream exists, and no site is queried; discovery says that they are not selected."""
    sandbox = serve()
    ran = run(sandbox)
    assert (ran.code, asked(sandbox)["query_contributors"]) == (0, 0)
    assert ran.streams == {*TABLES, "snapshots"}
    assert set(ran.statuses()) == set(TABLES)
    entries = {entry["tap_stream_id"]: entry for entry in discovered()["streams"]}
    selected = {
        name: item["metadata"].get("selected", item["metadata"].get("selected-by-default"))
        for name, entry in entries.items()
        for item in entry["metadata"]
        if not item["breadcrumb"]
    }
    assert {name for name, chosen in selected.items() if not chosen} == set(BY_SITE)


# What is asked of the API.


@pytest.mark.parametrize(
    ("streams", "lists"),
    [
        ([CONTRIBUTORS], {"query_sites": 1}),
        ([CONTRIBUTORS, "sites"], {"query_sites": 1}),
        ([ROLES], {"query_sites": 1, "get_roles": 1}),
        (BY_SITE, {"query_sites": 1, "get_roles": 1}),
        pytest.param([*BY_SITE, "sites", "roles"], {"query_sites": 1, "get_roles": 1}),
    ],
    ids="+".join,
)
@pytest.mark.parametrize("concurrency", [1, 8])
def test_requests(streams, lists, concurrency, serve):
    """Each list once, each site with contributors once, and some of its roles only if roles are selected."""
    sandbox = serve(World(Size(sites=60)))
    account = sandbox.world.main
    ran = run(sandbox, catalog=catalog(*streams, *LOGS), max_concurrency=concurrency)
    questions = Counter({site.id: 1 for site in invited(account)})
    if ROLES in streams:
        questions.update({site.id: searched(site, site_roles(account)) for site in invited(account)})
    assert Counter(sites_of(sandbox)) == questions
    assert asked(sandbox) == {**lists, "query_contributors": questions.total()}
    assert 0 < len(invited(account)) < len(account.sites)
    assert {ran.receipt(s)["request_count"] for s in streams if s in BY_SITE} == {questions.total()}


def searched(site: Site, roles: Sequence[str]) -> int:
    """How many questions it takes to find out who holds which role."""
    count = 0

    def ask(some: Sequence[str]) -> frozenset[str]:
        nonlocal count
        count += 1
        return frozenset(str(one.account_id) for one in site.contributors if set(some) & set(one.role_ids))

    holders(roles, {str(one.account_id) for one in site.contributors}, ask)
    return count


def test_requests_of_a_later_run(serve):
    """Each site once, each role that was held there once, and all the others together once."""
    sandbox = serve(World(Size(sites=60)))
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    begun = len(sandbox.requests)
    second = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS))
    assert (second.code, second.streams) == (0, {"snapshots"})
    questions = {
        site.id: 2 + len({role for one in site.contributors for role in one.role_ids})
        for site in invited(sandbox.world.main)
    }
    assert (
        Counter(
            seen.headers["wix-site-id"] for seen in sandbox.requests[begun:] if seen.endpoint == "query_contributors"
        )
        == questions
    )


def test_nobody_invited(serve):
    """An account without contributors costs no request beyond its list of sites, and is complete."""
    sandbox = serve()
    for site in sandbox.world.main.sites.values():
        site.contributors.clear()
    ran = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    assert (ran.code, ran.statuses()) == (0, dict.fromkeys(BY_SITE, "complete"))
    assert asked(sandbox) == {"query_sites": 1, "get_roles": 1}


@pytest.mark.parametrize("strange", [7, [7], "all"])
def test_a_site_that_does_not_tell(strange, serve):
    """A site whose list of contributors cannot be read is queried: it may have some."""
    place = "sites.1.contributorAccountIds"
    sandbox = serve(faults=[Fault.of("wrong_types", endpoint="query_sites", path=place, value=strange)])
    second = listed(sandbox.world.main)[1]
    second.contributors.append(Contributor("unexpected", None, []))
    ran = run(sandbox, catalog=catalog(CONTRIBUTORS, *LOGS))
    assert second.id in sites_of(sandbox)
    assert rows(ran, CONTRIBUTORS) == contributor_rows(sandbox.world.main)


def test_a_slow_list_of_roles(serve):
    """However slow the list of roles is, it is read once for the two streams that need it."""
    sandbox = serve(faults=[Fault.of("stall", endpoint="get_roles", seconds=0.2)])
    ran = run(sandbox, catalog=catalog("roles", *BY_SITE, *LOGS))
    assert (ran.code, asked(sandbox)["get_roles"]) == (0, 1)


def test_side_by_side(serve):
    """Sites are queried concurrently, but never more of them than `max_concurrency` allows."""
    sandbox = serve(World(Size(sites=60)), options=ApiOptions(latency=0.01))
    crowds = Crowds(sandbox, "query_contributors", 4)
    run(sandbox, catalog=catalog(CONTRIBUTORS, *LOGS), max_concurrency=4)
    assert max(crowds.sizes) == 4


# What changed.


def test_a_second_run_sends_nothing(serve):
    """Where nothing changed, no row comes and no change is logged."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    second = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS))
    assert (second.code, second.streams) == (0, {"snapshots"})
    for stream in BY_SITE:
        counts = [second.receipt(stream)[f"{kind}_count"] for kind in ("added", "modified", "removed")]
        assert (second.receipt(stream)["status"], counts) == ("complete", [0, 0, 0])


def test_only_what_changed(serve):
    """Who comes, who goes and a role that changes are exactly the rows and the changes of the next run."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    one, two, *_ = invited(account)
    old, new = role_rows(account), site_roles(account)[0]
    with sandbox.lock:
        gone = one.contributors[0]
        account.remove_contributor(one, gone)
        account.add_contributor(one, Contributor("new", "its owner", [new]))
        before = two.contributors[0].role_ids
        two.contributors[0].role_ids = [new]
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS))
    assert [row["contributor_account_id"] for row in ran.records(CONTRIBUTORS)] == ["new"]
    assert changes(ran, CONTRIBUTORS) == [("added", f"{one.id}|new"), ("removed", f"{one.id}|{gone.account_id}")]
    added = [row for row in role_rows(account) if row not in old]
    removed = [row for row in old if row not in role_rows(account)]
    assert rows(ran, ROLES) == added
    keys = [("added", role_key(row)) for row in added] + [("removed", role_key(row)) for row in removed]
    assert sorted(changes(ran, ROLES)) == sorted(keys)
    assert len(removed) == len(gone.role_ids) + len(before)


def test_a_site_that_is_deleted(serve):
    """The contributors of a deleted site are removed, and so are those of a site without any left."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    one, two, *_ = invited(account)
    keys = [f"{site.id}|{someone.account_id}" for site in (one, two) for someone in site.contributors]
    with sandbox.lock:
        account.delete_site(one.id)
        two.contributors.clear()
        account.changed(two)
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS))
    assert ran.code == 0
    assert sorted(changes(ran, CONTRIBUTORS)) == sorted(("removed", key) for key in keys)


# What does not go as it should.


def test_a_role_filter_that_is_ignored(serve):
    """Where every answer names everybody, no role is taken for anybody's, and none that was known for gone."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    with sandbox.lock:
        for site in account.sites.values():
            for one in site.contributors:
                # That a contributor holds whatever is asked for looks just like a filter that is not looked at.
                one.role_ids = [*account.roles, "0"]
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS))
    assert (ran.code, ran.statuses()) == (1, {CONTRIBUTORS: "complete", ROLES: "unverified"})
    assert (ran.records(ROLES), changes(ran, ROLES)) == ([], [])
    assert "name every contributor, whatever role is requested" in ran.receipt(ROLES)["error"]


@pytest.mark.parametrize("streams", [[CONTRIBUTORS], BY_SITE], ids="+".join)
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_site_that_refuses(streams, concurrency, serve):
    """It is named, the others' rows come, nothing is removed; the next complete run says what changed, and heals."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, catalog=catalog(*streams, *LOGS))
    begun = len(sandbox.requests)
    with sandbox.lock:
        for site in invited(account):
            account.remove_contributor(site, site.contributors[0])
            account.add_contributor(site, Contributor(f"new to {site.name}", None, site_roles(account)[:1]))
    sandbox.faults.add(refusing())
    ran = run(sandbox, state=first.state, catalog=catalog(*streams, *LOGS), max_concurrency=concurrency)
    (refused,) = sites_of(sandbox, status=403)
    del sandbox.requests[:begun]
    assert ran.code == 1
    assert {name for name, status in ran.statuses().items() if status == "unverified"} == set(streams)
    for stream in streams:
        receipt = ran.receipt(stream)
        assert (receipt["proof"], receipt["removed_count"] > 0) == (None, True)
        assert f"site {refused} refused (403 PERMISSION_DENIED)" in receipt["error"]
        assert receipt["baseline_at"] is None
        old, new = (some.state["bookmarks"][stream]["accounts"][account.id] for some in (first, ran))
        assert new["pending"]
        assert {**new, "pending": None} == {**old, "pending": None}
    # The tables of one read have one reason, reported once.
    (line,) = named(ran)
    assert line.startswith(f"- {', '.join(sorted(streams))} of account {account.id}: ")
    assert refused in line
    others = [site for site in invited(account) if site.id != refused]
    assert rows(ran, CONTRIBUTORS) == [
        row
        for row in contributor_rows(account)
        if row["site_id"] != refused and row["contributor_account_id"].startswith("new to ")
    ]
    assert {row["site_id"] for row in ran.records(CONTRIBUTORS)} == {site.id for site in others}
    assert ran.records("change_log") == []

    healed = run(sandbox, state=ran.state, catalog=catalog(*streams, *LOGS))
    assert (healed.code, healed.statuses()) == (0, dict.fromkeys(streams, "complete"))
    assert rows(healed, CONTRIBUTORS) == contributor_rows(account)
    before = {f"{row['site_id']}|{row['contributor_account_id']}" for row in first.records(CONTRIBUTORS)}
    after = {f"{row['site_id']}|{row['contributor_account_id']}" for row in contributor_rows(account)}
    kinds = {("added", key) for key in after - before} | {("removed", key) for key in before - after}
    assert sorted(changes(healed, CONTRIBUTORS)) == sorted(kinds)
    assert {key.split("|")[0] for _, key in kinds} == {site.id for site in invited(account)}
    if ROLES in streams:
        assert rows(healed, ROLES) == role_rows(account)
    last = run(sandbox, state=healed.state, catalog=catalog(*streams, *LOGS))
    assert (last.code, last.streams) == (0, {"snapshots"})


def test_a_site_that_refuses_where_nothing_changed(serve):
    """Its rows are neither sent nor removed, and the state, which covers everything, is the one before."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    sandbox.faults.add(refusing())
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS), emit_tombstones=True, **ONE_BY_ONE)
    assert (ran.code, ran.streams) == (1, {"snapshots"})
    for stream in BY_SITE:
        assert ran.state["bookmarks"][stream] == first.state["bookmarks"][stream]
    assert run(sandbox, state=ran.state, catalog=catalog(*BY_SITE, *LOGS)).streams == {"snapshots"}


@pytest.mark.parametrize("times", [1, 0], ids=["one site", "all sites"])
def test_a_refusal_names_what_the_key_lacks(times, serve):
    """The receipt and the log name the missing permission, and do not advise what cannot help."""
    sandbox = serve(faults=[refusing(times=times)])
    ran = run(sandbox, catalog=catalog(CONTRIBUTORS, *LOGS), **ONE_BY_ONE)
    for text in (str(ran.receipt(CONTRIBUTORS)["error"]), "\n".join(named(ran))):
        assert PERMISSION in text
        assert "changes faster than it can be read" not in text


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_list_of_sites_that_is_refused(concurrency, serve):
    """It is one failure of the three streams that need it, named once; no site is queried, and every state stays."""
    sandbox = serve()
    streams = (*BY_SITE, "sites")
    first = run(sandbox, catalog=catalog(*TABLES, *BY_SITE, *LOGS))
    del sandbox.requests[:]
    sandbox.faults.add(Fault.of("status", endpoint="query_sites", status=403, times=0))
    ran = run(sandbox, state=first.state, catalog=catalog(*TABLES, *BY_SITE, *LOGS), max_concurrency=concurrency)
    assert ran.code == 1
    (line,) = named(ran)
    assert line.startswith(f"- {', '.join(streams)} of account {sandbox.world.main.id}: POST /site-list/v2/sites/query")
    assert {name for name, status in ran.statuses().items() if status == "refused"} == set(streams)
    assert {name for name, status in ran.statuses().items() if status == "complete"} == set(TABLES) - {"sites"}
    assert (asked(sandbox)["query_sites"], asked(sandbox)["query_contributors"]) == (1, 0)
    assert {ran.receipt(stream)["error"] for stream in streams} == {line.split(": ", 1)[1]}
    for stream in streams:
        assert ran.state["bookmarks"][stream] == first.state["bookmarks"][stream]


def test_a_list_of_sites_that_is_not_proved(serve):
    """A list of sites that may be cut short proves nothing about contributors: they come, and none is removed."""
    sandbox = serve(World(Size(sites=130)))
    first = run(sandbox, catalog=catalog(*BY_SITE, "sites", *LOGS))
    with sandbox.lock:
        site = invited(sandbox.world.main)[0]
        sandbox.world.main.remove_contributor(site, site.contributors[0])
    sandbox.faults.add(Fault.of("wrong_facets", endpoint="count_sites", times=0))
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, "sites", *LOGS))
    assert (ran.code, ran.statuses()) == (1, dict.fromkeys((*BY_SITE, "sites"), "unverified"))
    assert "the list of sites is not proved to be complete" in ran.receipt(CONTRIBUTORS)["error"]
    assert ran.records("change_log") == []


def test_a_list_of_roles_that_is_refused(serve):
    """Who holds which role cannot be found out: that stream is refused with the permission, and nothing is removed."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(*TABLES, *BY_SITE, *LOGS))
    sandbox.faults.add(Fault.of("status", endpoint="get_roles", status=403, times=0))
    ran = run(sandbox, state=first.state, catalog=catalog(*TABLES, *BY_SITE, *LOGS))
    assert (ran.code, ran.statuses()["roles"], ran.statuses()[ROLES]) == (1, "refused", "refused")
    (line,) = named(ran)
    assert "`ACCOUNT_ROLES.GET_ROLES`" in line
    assert {name for name, status in ran.statuses().items() if status == "complete"} >= set(TABLES) - {"roles"}
    assert ran.state["bookmarks"][ROLES] == first.state["bookmarks"][ROLES]
    assert ran.records("change_log") == []


def test_contributors_without_a_list_of_roles(serve):
    """Who the contributors are has nothing to do with the list of roles: that stream is complete without it."""
    sandbox = serve(faults=[Fault.of("status", endpoint="get_roles", status=403, times=0)])
    ran = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    assert ran.statuses() == {CONTRIBUTORS: "complete", ROLES: "refused"}
    assert rows(ran, CONTRIBUTORS) == contributor_rows(sandbox.world.main)


def test_an_empty_answer_removes_nobody(serve):
    """One empty answer for a site that has contributors, as the list of sites says, is no revocation."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(*BY_SITE, *LOGS))
    sandbox.faults.add(Fault.of("empty_page", endpoint="query_contributors"))
    ran = run(sandbox, state=first.state, catalog=catalog(*BY_SITE, *LOGS), **ONE_BY_ONE)
    assert ran.records("change_log") == []


def test_a_mass_removal_is_held(serve):
    """Removals are held for contributors, too, when most of them are gone."""
    sandbox = serve(World(Size(sites=120)))
    account = sandbox.world.main
    first = run(sandbox, catalog=catalog(CONTRIBUTORS, *LOGS))
    assert len(first.records(CONTRIBUTORS)) > 20
    with sandbox.lock:
        for site in invited(account):
            site.contributors.clear()
        account.changed(*account.sites.values())
    ran = run(sandbox, state=first.state, catalog=catalog(CONTRIBUTORS, *LOGS))
    assert (ran.code, ran.statuses(), ran.records("change_log")) == (1, {CONTRIBUTORS: "held"}, [])


@pytest.mark.parametrize(
    ("fault", "silent"),
    [
        pytest.param(refusing(), set(BY_SITE), id="one site refuses"),
        pytest.param(Fault.of("status", endpoint="query_contributors", times=0), set(BY_SITE), id="a site fails"),
        pytest.param(
            Fault.of("status", endpoint="query_sites", status=403, times=0),
            {*BY_SITE, "sites"},
            id="no sites",
        ),
    ],
)
def test_only_a_complete_read_announces_a_version(fault, silent, serve):
    """FULL_TABLE with versions: what is not complete makes no target delete the rows that did not come."""
    sandbox = serve(faults=[fault])
    full = catalog(*TABLES, *BY_SITE, *LOGS, method="FULL_TABLE")
    ran = run(sandbox, catalog=full, emit_activate_version_messages=True, include_child_accounts=True, **ONE_BY_ONE)
    assert ran.code == 1
    assert set(ran.versions()) == {*TABLES, *BY_SITE} - silent


def test_a_failed_account_announces_no_version(serve):
    """The sites of the first account failed, those of the others are whole: no version, in all three streams."""
    sandbox = serve()
    first = sandbox.world.main.id
    sandbox.faults.add(Fault.of("status", endpoint="query_sites", status=403, times=0, account_id=first))
    full = catalog(*BY_SITE, "sites", *LOGS, method="FULL_TABLE")
    ran = run(sandbox, catalog=full, emit_activate_version_messages=True, include_child_accounts=True)
    assert (ran.code, ran.versions()) == (1, [])
