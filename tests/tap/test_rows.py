"""Every row against what the sandbox's world holds."""

from __future__ import annotations

import re

import pytest

from tests.support import TABLES, TEAM, run
from tests.tap import expected
from tests.tap.expected import content, key_of
from wix_sandbox import ApiOptions, Fault, Size, World

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


ODD = ("\u2028", "\x85", "\x0b\x1c", "\r", "\n", "\t", '"}', "\\", "{", "|%", "\U0001f600", "e\u0301", "\u202e", "'")
"""Ends of lines to some, quotes, escapes, and letters of several parts."""


def _odd_texts() -> World:
    """The story, in which names have each of these at the beginning, in the middle and at the end."""
    world = World()
    account = world.main
    for number, person in enumerate(account.people.values()):
        odd = ODD[number % len(ODD)]
        person.first_name = f"{odd}Ada{odd}Maria{odd}"
    for number, site in enumerate(account.sites.values()):
        account.rename_site(site, f"{ODD[number % len(ODD)]}{site.name}{ODD[-number % len(ODD)]}")
    return world


def _assert_rows(ran, *accounts):
    """The records are these accounts' rows: each key once, every column right."""
    for stream, rows in expected.tables(*accounts).items():
        records = ran.records(stream)
        assert len(records) == len(rows)
        assert {key_of(stream, record): content(record) for record in records} == rows


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(World, id="the story"),
        pytest.param(lambda: World(seed=7), id="another seed"),
        pytest.param(_odd_texts, id="odd texts"),
        pytest.param(
            lambda: World(Size(users=350, assignments_per_user=4, sites=230, folders=40, invites=90)), id="many pages"
        ),
        pytest.param(lambda: World(Size(users=0, sites=0, folders=0, invites=0, child_accounts=0)), id="empty"),
        pytest.param(lambda: World(Size(users=1, sites=1, folders=1, invites=1, child_accounts=0)), id="one of each"),
    ],
)
def test_all_rows(serve, world):
    """Every row of every table is there once, whole, and nothing else is."""
    sandbox = serve(world())
    ran = run(sandbox)
    assert ran.code == 0
    _assert_rows(ran, sandbox.world.main)
    assert set(ran.statuses().values()) == {"complete"}


def test_all_rows_after_a_year(serve):
    """So it is when the account has lived for a year: accepted and expired invites, moved sites, changed roles."""
    world = World(Size(users=60))
    world.advance(365)
    _assert_rows(run(serve(world), include_child_accounts=True), *world.accounts.values())


@pytest.mark.parametrize("settings", [{"page_size": 7}, {"page_size": 1000}, {"max_concurrency": 1}])
def test_page_sizes(serve, settings):
    """Neither the page size, one that Wix refuses among them, nor the requests in flight change a row."""
    sandbox = serve(World(Size(users=130)))
    _assert_rows(run(sandbox, **settings), sandbox.world.main)


def test_a_silent_cap(serve):
    """A server that silently returns fewer rows than requested hides nobody."""
    sandbox = serve(World(Size(users=130)), options=ApiOptions(page_cap=9))
    ran = run(sandbox)
    _assert_rows(ran, sandbox.world.main)
    assert (ran.code, ran.receipt("users")["proof"]) == (0, "count")


def test_without_facets(serve):
    """Where Wix counts nothing, a second walk proves the first; other tables are proved by their one whole answer.

    One invite comes without the list of its roles: that it is empty has to be accepted.
    """
    sandbox = serve(options=ApiOptions(facets=False))
    for accept in (False, True):
        ran = run(sandbox, page_size=20, accept_repeat_proof=accept)
        _assert_rows(ran, sandbox.world.main)
        proofs = {stream: ran.receipt(stream)["proof"] for stream in TABLES}
        proved = {stream: "repeat" if stream in TEAM else "whole" for stream in TABLES}
        assert proofs == proved | ({} if accept else {"invite_assignments": None})


def test_the_story_by_hand(serve):
    """Whole rows, written by hand: an intern with the whole account, an agency in a folder, and rare shapes."""
    sandbox = serve()
    account = sandbox.world.main
    ran = run(sandbox)
    person, role = account.person, account.role_id
    ivy = person("ivy.lindqvist@acme-studio.example")
    assert [row for row in ran.records("users") if row["id"] == ivy.id] == [
        {
            "account_id": account.id,
            "id": ivy.id,
            "email": "ivy.lindqvist@acme-studio.example",
            "first_name": "Ivy",
            "last_name": "Lindqvist",
            "profile_image": f"https://static.example.com/{ivy.id[:8]}.png",
            "joined_team_at": "2026-09-01T08:09:00.000000Z",
            "extra": None,
            "observed_at": ran.receipt("users")["snapshot_at"],
            "snapshot_at": ran.receipt("users")["snapshot_at"],
        }
    ]
    shop = account.site("Shop EU")
    seen = dict.fromkeys(("observed_at", "snapshot_at"), ran.receipt("assignments")["snapshot_at"])
    common = {"account_id": account.id, "user_id": ivy.id, "subject_id": ivy.id, "subject_type": "USER", "extra": None}
    assert [row for row in ran.records("assignments") if row["user_id"] == ivy.id] == [
        {
            **common,
            "assignment_key": ivy.grants[0].assignment_id,
            "assignment_id": ivy.grants[0].assignment_id,
            "role_id": "6642345101181663232",
            "asset_type": "account",
            "asset_id": account.id,
            "asset_name": None,
            "site_id": None,
            "folder_id": None,
            "restrictions": None,
            **seen,
        },
        {
            **common,
            "assignment_key": ivy.grants[1].assignment_id,
            "assignment_id": ivy.grants[1].assignment_id,
            "role_id": role("Content intern"),
            "asset_type": "site",
            "asset_id": shop.id,
            "asset_name": "Shop EU",
            "site_id": shop.id,
            "folder_id": None,
            "restrictions": {"site": {"id": shop.id, "value": "Shop EU"}},
            **seen,
        },
    ]


def test_shapes_by_hand(serve):
    """Each documented shape of a restriction, and what no document explains, by its type and key."""
    sandbox = serve()
    account = sandbox.world.main
    rows = run(sandbox).records("assignments")

    def held(person):
        return [
            (row["assignment_key"], row["asset_type"], row["asset_name"], row["asset_id"], row["subject_type"])
            for row in rows
            if row["user_id"] == person.id
        ]

    nora = account.person("nora.haugen@northlight.example")
    tanaka = account.person("ken.tanaka@acme-studio.example")
    mehmet = account.person("mehmet.demir@acme-studio.example")
    lena = account.person("lena.brandt@acme-studio.example")
    robot = account.person("automation@acme-studio.example")
    priya = account.person("priya.natarajan@acme-studio.example")
    anne = next(person for person in account.people.values() if person.last_name == "Sund")
    folder = {account.folder_path(folder): folder.id for folder in account.folders.values()}
    shop, shop_us = account.site("Shop EU"), account.site("Shop US")
    ids = [grant.assignment_id for grant in tanaka.grants]
    assert held(nora) == [
        (nora.grants[0].assignment_id, "folder", "/Clients/North", folder["/Clients/North"], "USER"),
    ]
    assert held(tanaka) == [
        (f"{ids[0]}/{folder['/Clients/South']}", "folder", "/Clients/South", folder["/Clients/South"], "USER"),
        (f"{ids[0]}/{folder['/Internal']}", "folder", "/Internal", folder["/Internal"], "USER"),
        (ids[1], "unknown", None, None, "USER"),
    ]
    assert held(mehmet) == [(mehmet.grants[0].assignment_id, "site", "Shop EU", shop.id, "USER")]
    assert [row[1:4] for row in held(lena)] == [
        ("site", "Shop EU", shop.id),
        ("site_resource", "North Harbor Hotel", "dashboard-page-7"),
    ]
    assert [row[1:] for row in held(robot)] == [
        ("account", None, account.id, "USER"),
        ("site", "Shop US", shop_us.id, "ACCOUNT"),
        ("site", "Shop US", shop_us.id, "EXTERNAL_APP"),
        ("site", "Shop EU", shop.id, None),
    ]
    assert held(robot)[-1][0] == f"{account.role_id('Back Office Manager')}@site:{shop.id}"
    assert [row[1:3] for row in held(anne)] == [("site", "Summer Sale 2021"), ("account", None), ("unknown", None)]
    assert held(priya) == []


def test_when_rows_were_seen(serve):
    """Moments have one fixed width; the tables of one walk share theirs; at first, observed is when it was sent."""
    ran = run(serve())
    for stream in TABLES:
        at = ran.receipt(stream)["snapshot_at"]
        assert MOMENT.fullmatch(at)
        assert {(row["observed_at"], row["snapshot_at"]) for row in ran.records(stream)} == {(at, at)}
    assert len({ran.receipt(stream)["snapshot_at"] for stream in TEAM}) == 1


def test_ids_keep_every_digit(serve):
    """Ids of 19 digits are text in the output, as the API sent them, and never pass through a number."""
    sandbox = serve(World(Size(users=300)))
    account = sandbox.world.main
    ran = run(sandbox)
    sent = [row["assignment_id"] for row in ran.records("assignments") if row["assignment_id"]]
    held = {g.assignment_id for p in account.people.values() for g in p.grants or () if g.assignment_id}
    assert set(sent) == held
    assert all(len(text) == 19 for text in held)
    assert {row["id"] for row in ran.records("roles")} == set(account.roles)


def test_locale(serve):
    """The setting `locale` chooses the language of predefined roles; custom ones keep the name that they were given."""
    sandbox = serve()
    titles = {row["id"]: row["title"] for row in run(sandbox, locale="de").records("roles")}
    assert titles["6601492336091027458"] == "Inhaber"
    assert titles[sandbox.world.main.role_id("Content intern")] == "Content intern"


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_that_may_not_be_seen(status, serve):
    """Where Get Account is refused, its receipt is, no row is made of nothing, and the other tables are complete."""
    sandbox = serve(faults=[Fault.of("status", endpoint="get_account", status=status, times=0)])
    ran = run(sandbox)
    assert (ran.code, ran.records("accounts")) == (1, [])
    assert ran.statuses() == {**dict.fromkeys(TABLES, "complete"), "accounts": "refused"}
    assert str(status) in ran.receipt("accounts")["error"]
    assert len(ran.records("users")) == 40


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_that_may_not_be_seen_any_more(status, serve):
    """What is known of it stays what it is, and the state waits for the next run."""
    sandbox = serve()
    first = run(sandbox)
    sandbox.faults.add(Fault.of("status", endpoint="get_account", status=status, times=0))
    ran = run(sandbox, state=first.state)
    assert (ran.code, ran.streams, ran.receipt("accounts")["status"]) == (1, {"snapshots"}, "refused")
    sandbox.faults.clear()
    assert run(sandbox, state=ran.state).streams == {"snapshots"}


def test_the_record_of_another_account(serve):
    """It is not mistaken for the requested one."""
    path = "account.accountId"
    sandbox = serve(faults=[Fault.of("wrong_types", endpoint="get_account", path=path, value="other", times=0)])
    ran = run(sandbox)
    assert (ran.code, ran.records("accounts"), ran.receipt("accounts")["status"]) == (1, [], "failed")
    assert "the answer is the record of another account" in ran.receipt("accounts")["error"]
