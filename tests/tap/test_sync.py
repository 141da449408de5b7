"""What a sync promises, seen in its messages (docs/streams.md, section 3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from typing import Any

import msgspec
import pytest

from tests.digest import digest
from tests.support import LOGS, TABLES, TEAM, catalog, last_state, run
from tests.tap import expected
from tests.tap.expected import content, key_of, record_key
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.records import on_site

ACTIVATE = {"emit_activate_version_messages": True}


def endpoints(sandbox):
    """The requested endpoints, in order."""
    return [request.endpoint for request in sandbox.requests]


def unchanged_but_for(first, second):
    """The streams whose rows of the second run are not all among those of the first."""
    return {stream for stream in TABLES if second.records(stream) and second.records(stream) != first.records(stream)}


def changes(ran, stream):
    """Kind and key of what the log says of a stream."""
    return [
        (row["change_type"], row["record_key"]) for row in ran.records("change_log") if row["stream_name"] == stream
    ]


# What is asked of the API.


@pytest.mark.parametrize("streams", [*itertools.combinations(TEAM, 1), TEAM[:2], TEAM[1:], TEAM, TABLES + LOGS])
def test_one_walk(serve, streams):
    """Search Team is walked once, however many of its four tables are selected: three pages here."""
    sandbox = serve(World(Size(users=40, invites=12)))
    ran = run(sandbox, catalog=catalog(*streams), page_size=25)
    assert ran.code == 0
    assert ran.streams == set(streams) - {"change_log"}
    offsets = sorted(seen.body["paging"]["offset"] for seen in sandbox.requests if seen.endpoint == "search_team")
    assert len(offsets) == len(set(offsets)) <= 4
    assert [stream for stream in streams if stream in TEAM and ran.records(stream)] == [s for s in streams if s in TEAM]


@pytest.mark.parametrize(
    ("stream", "asked"),
    [
        ("accounts", {"get_account"}),
        ("users", {"search_team"}),
        ("roles", {"get_roles"}),
        ("sites", {"query_sites"}),
        ("folders", {"query_folders"}),
        ("change_log", set()),
        ("snapshots", set()),
    ],
)
def test_deselected_streams_cost_nothing(serve, stream, asked):
    """Only what is selected is requested and written."""
    sandbox = serve()
    ran = run(sandbox, catalog=catalog(stream))
    assert set(endpoints(sandbox)) == asked
    assert ran.streams == ({stream} - set(LOGS))
    assert {name for kind, name in ran.order if kind == "SCHEMA"} == {stream}


def test_no_request_when_nothing_is_selected(serve):
    """A catalog that selects nothing causes no requests and no output."""
    sandbox = serve()
    nothing = catalog()
    for entry in nothing["streams"]:
        entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": False}}]
    assert (run(sandbox, catalog=nothing).lines, sandbox.requests) == ([], [])


# Columns and stream maps.


def test_column_selection(serve):
    """Columns that are not selected are in no record and no SCHEMA; keys and the replication key always are."""
    without = {"users": ["email", "extra", "id", "snapshot_at"], "assignments": ["restrictions"]}
    sandbox = serve()
    ran = run(sandbox, catalog=catalog(without=without))
    rows = expected.tables(sandbox.world.main)
    for stream, gone in (("users", {"email", "extra"}), ("assignments", {"restrictions"})):
        kept = [{k: v for k, v in content(row).items() if k not in gone} for row in rows[stream].values()]
        sent = [content(record) for record in ran.records(stream)]
        assert sorted(map(repr, (sorted(row.items()) for row in sent))) == sorted(
            map(repr, (sorted(row.items()) for row in kept))
        )
        assert all({"observed_at", "snapshot_at"} <= set(record) for record in ran.records(stream))
        assert gone.isdisjoint(ran.schema(stream)["schema"]["properties"])
    assert ran.schema("users")["key_properties"] == ["account_id", "id"]


def test_stream_maps(serve):
    """Stream maps rename, filter, hash and drop; receipts count what was read, not what a filter left."""
    maps = {
        "users": {
            "__alias__": "people",
            "__filter__": "email is not None and email.endswith('@northlight.example')",
            "email": "sha256(email)",
            "first_name": "__NULL__",
        },
        "roles": "__NULL__",
        "snapshots": {"error": "__NULL__"},
    }
    sandbox = serve()
    world = sandbox.world
    ran = run(sandbox, stream_maps=maps)
    agency = [p for p in world.main.people.values() if (p.email or "").endswith("@northlight.example")]
    assert agency
    assert {row["id"]: row["email"] for row in ran.records("people")} == {
        person.id: hashlib.sha256(person.email.encode()).hexdigest() for person in agency
    }
    assert all("first_name" not in row for row in ran.records("people"))
    assert ran.streams == {*TABLES, "people", "snapshots"} - {"users", "roles"}
    counts = {row["stream_name"]: row["row_count"] for row in ran.records("snapshots")}
    assert (counts["users"], counts["roles"]) == (len(world.main.people), len(world.main.roles))


def test_flattening(serve):
    """With flattening, an object becomes columns, in the SCHEMA as in the records."""
    ran = run(serve(), flattening_enabled=True, flattening_max_depth=2)
    assert ran.code == 0
    for stream in TABLES:
        properties = ran.schema(stream)["schema"]["properties"]
        assert all(set(record) <= set(properties) for record in ran.records(stream))


def test_new_maps_send_everything_again(serve):
    """Rows that were mapped otherwise are not mixed with new ones: another map, selection or key is a new baseline."""
    sandbox = serve()
    first = run(sandbox)
    hashed = run(sandbox, state=first.state, stream_maps={"users": {"email": "md5(email) if email else None"}})
    assert len(hashed.records("users")) == 40
    fewer = run(sandbox, state=first.state, catalog=catalog(without={"users": ["email"]}))
    assert {stream: len(fewer.records(stream)) for stream in TABLES if fewer.records(stream)} == {"users": 40}
    history = run(sandbox, state=first.state, history=True)
    assert [len(history.records(stream)) for stream in TABLES] == [len(first.records(stream)) for stream in TABLES]
    german = run(sandbox, state=first.state, locale="de")
    assert {stream for stream in TABLES if german.records(stream)} == {"roles"}
    assert german.records("change_log") == []


# Incremental.


def test_nothing_changed(serve):
    """A second run sends no row and logs no change; its receipts say so, and its state has moved on."""
    sandbox = serve()
    first = run(sandbox)
    second = run(sandbox, state=first.state)
    assert (second.code, second.streams) == (0, {"snapshots"})
    for stream in TABLES:
        before, after = first.receipt(stream), second.receipt(stream)
        counts = [after[f"{kind}_count"] for kind in ("added", "modified", "removed")]
        assert (after["status"], counts, after["row_count"]) == ("complete", [0, 0, 0], before["row_count"])
        assert after["digest"] == before["digest"]
        assert after["baseline_at"] == before["snapshot_at"] < after["snapshot_at"]
    third = run(sandbox, state=second.state)
    assert third.streams == {"snapshots"}


def test_only_what_changed(serve):
    """After a change in the account, exactly the rows that changed come, each change logged with its between-when."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox)
    before = expected.tables(account)
    with sandbox.lock:
        sandbox.world.advance(30)
    second = run(sandbox, state=first.state)
    after = expected.tables(account)
    assert second.code == 0
    for stream in TABLES:
        old, new = before[stream], after[stream]
        added = {key for key in new if key not in old}
        modified = {key for key in new if key in old and new[key] != old[key]}
        removed = {key for key in old if key not in new}
        sent = {key_of(stream, record): content(record) for record in second.records(stream)}
        assert sent == {key: new[key] for key in added | modified}
        name = {key: record_key(stream, (old | new)[key]) for key in old | new}
        log = [
            (kind, name[key])
            for kind, keys in zip(("added", "modified", "removed"), (added, modified, removed), strict=True)
            for key in keys
        ]
        assert sorted(changes(second, stream)) == sorted(log)
        receipt = second.receipt(stream)
        counts = {kind: receipt[f"{kind}_count"] for kind in ("added", "modified", "removed")}
        assert counts == {"added": len(added), "modified": len(modified), "removed": len(removed)}
    assert {kind for kind, _ in changes(second, "assignments")} == {"added", "modified", "removed"}
    receipts = {name: (first.receipt(name)["snapshot_at"], second.receipt(name)["snapshot_at"]) for name in TABLES}
    for row in second.records("change_log"):
        assert (row["previous_observed_at"], row["observed_at"]) == receipts[row["stream_name"]]
    assert {row["observed_at"] for row in second.records("users")} == {receipts["users"][1]}


def test_first_run_logs_nothing(serve):
    """The first snapshot is the beginning: nothing is added, and its counts are null."""
    ran = run(serve())
    assert ran.records("change_log") == []
    counts = ("added_count", "modified_count", "removed_count")
    assert {ran.receipt(stream)[name] for stream in TABLES for name in counts} == {None}


def test_a_new_baseline(serve):
    """After `rebaseline_days` every row comes again; what did not change keeps its age."""
    sandbox = serve()
    first = run(sandbox)
    second = run(sandbox, state=first.state, rebaseline_days=0)
    for stream in TABLES:
        new = second.receipt(stream)
        at = (first.receipt(stream)["snapshot_at"], new["snapshot_at"])
        assert {(row["observed_at"], row["snapshot_at"]) for row in second.records(stream)} == {at}
        assert list(map(content, second.records(stream))) == list(map(content, first.records(stream)))
        assert (new["baseline_at"], new["added_count"], new["modified_count"], new["removed_count"]) == (at[1], 0, 0, 0)
    assert second.records("change_log") == []


def test_a_pending_state_is_a_new_baseline(serve):
    """A state that says that rows followed is one of a run that was cut: everything is sent, and still compared."""
    sandbox = serve()
    first = run(sandbox)
    with sandbox.lock:
        gone = sandbox.world.main.leave(next(iter(sandbox.world.main.people)))
        sandbox.world.main.rename(next(iter(sandbox.world.main.people)), "New", "Name")
    cut = run(sandbox, state=first.state)
    at = cut.order.index(("RECORD", "users"))
    pending = last_state(cut.messages[:at])
    assert (
        pending["bookmarks"]["users"]["accounts"][sandbox.world.main.id]["pending"]
        == cut.receipt("users")["snapshot_at"]
    )
    third = run(sandbox, state=pending)
    assert len(third.records("users")) == 39
    assert ("removed", gone.id) in changes(third, "users")
    assert "Every row is sent: the previous run left rows that its state does not cover" in third.log
    assert run(sandbox, state=third.state).streams == {"snapshots"}


def test_too_large_for_the_state(serve):
    """Beyond `max_state_rows` a table is sent whole each time and compared with nothing; only its count is kept."""
    sandbox = serve()
    first = run(sandbox, max_state_rows=30)
    second = run(sandbox, state=first.state, max_state_rows=30)
    sizes = {stream: len(rows) for stream, rows in expected.tables(sandbox.world.main).items()}
    assert {s: len(second.records(s)) for s in TABLES if second.records(s)} == {
        stream: size for stream, size in sizes.items() if size > 30
    }
    receipt = second.receipt("users")
    assert [receipt[f"{kind}_count"] for kind in ("added", "modified", "removed")] == [None, None, None]
    assert receipt["baseline_at"] == receipt["snapshot_at"]
    stored = second.state["bookmarks"]["users"]["accounts"][sandbox.world.main.id]
    assert (stored["count"], stored["rows"]) == (40, None)
    assert "too large for the state" in second.log


def _from_tomorrow(state, account, days):
    """A state of `users` whose last snapshot is so many days ahead of now; that snapshot's time."""
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    state["bookmarks"]["users"]["accounts"][account.id]["snapshot_at"] = later
    return later


def test_a_clock_that_was_set_back(serve):
    """A snapshot never looks older than the one before it, whatever the machine's clock says."""
    sandbox = serve()
    state = run(sandbox).state
    later = _from_tomorrow(state, sandbox.world.main, 0.01)
    with sandbox.lock:
        sandbox.world.main.rename(next(iter(sandbox.world.main.people)), "New", "Name")
    second = run(sandbox, state=state)
    (row,) = second.records("users")
    assert row["snapshot_at"] == row["observed_at"] > later


@pytest.mark.parametrize("days", [1.5, 365])
def test_a_state_from_the_future(serve, days):
    """It is reported, and heals: every row is sent again, known since today, and in the order of what was written."""
    sandbox = serve()
    first = run(sandbox)
    state, account = first.state, sandbox.world.main
    later = _from_tomorrow(state, account, days)
    with sandbox.lock:
        person = next(iter(account.people))
        account.rename(person, "New", "Name")
    for _ in range(2):
        ran = run(sandbox, state=state)
        state = ran.state
        rows = {row["id"]: row for row in ran.records("users")}
        assert (len(rows), ran.code) == (40, 0)
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert rows[person]["observed_at"] < now < later < rows[person]["snapshot_at"]
        assert "users" in ran.log
        assert "dated in the future, according to this machine's clock" in ran.log
        assert ran.streams <= {"users", "snapshots", "change_log"}


# FULL_TABLE and versions.


def test_full_table(serve):
    """Every row, each time, with the changes since; without the setting no version is spoken of."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(method="FULL_TABLE"))
    with sandbox.lock:
        sandbox.world.advance(30)
    second = run(sandbox, state=first.state, catalog=catalog(method="FULL_TABLE"))
    for stream, rows in expected.tables(sandbox.world.main).items():
        assert {key_of(stream, row): content(row) for row in second.records(stream)} == rows
        assert second.receipt(stream)["replication_method"] == "FULL_TABLE"
    assert changes(second, "users")
    assert second.versions() == []
    assert all("version" not in message for message in second.messages)


def test_activate_version_comes_last(serve):
    """A version is announced after the last row and log of a complete table, and before its receipt."""
    sandbox = serve()
    first = run(sandbox, catalog=catalog(method="FULL_TABLE"), **ACTIVATE)
    with sandbox.lock:
        sandbox.world.advance(30)
    for ran in (first, run(sandbox, state=first.state, catalog=catalog(method="FULL_TABLE"), **ACTIVATE)):
        assert ran.versions() == list(TABLES)
        for stream in TABLES:
            at = ran.order.index(("ACTIVATE_VERSION", stream))
            assert ("RECORD", stream) in ran.order[:at]
            assert ("RECORD", stream) not in ran.order[at:]
            assert ran.order[at + 1 :][:2] in (
                [("RECORD", "snapshots"), ("STATE", None)],
                [("SCHEMA", "snapshots"), ("RECORD", "snapshots")],
            )
            said = {m["version"] for m in ran.messages if m["type"] == "RECORD" and m["stream"] == stream}
            assert said == {ran.messages[at]["version"]}
        assert all("version" not in m for m in ran.messages if m.get("stream") in LOGS)


def test_versions_grow(serve):
    """Two runs within one second announce different versions, the later one the greater."""
    sandbox = serve()
    runs = [run(sandbox, catalog=catalog("roles", method="FULL_TABLE"), **ACTIVATE) for _ in range(3)]
    versions = [m["version"] for ran in runs for m in ran.messages if m["type"] == "ACTIVATE_VERSION"]
    assert len(versions) == len(set(versions)) == 3
    assert versions == sorted(versions)


def test_incremental_announces_nothing(serve):
    """INCREMENTAL tables announce no version: most of their rows were sent by earlier runs."""
    assert run(serve(), **ACTIVATE).versions() == []


@pytest.mark.parametrize(
    ("fault", "silent"),
    [
        (Fault.of("status", endpoint="search_team", nth=1, times=0, status=403), set(TEAM)),
        (Fault.of("status", endpoint="search_team", nth=2, times=0), set(TEAM)),
        (Fault.of("wrong_facets", endpoint="search_team", times=0), set(TEAM)),
        (Fault.of("truncate", endpoint="get_roles", times=0), {"roles"}),
        (Fault.of("wrong_types", endpoint="query_sites", times=0), {"sites"}),
        (Fault.of("reset", endpoint="query_folders", times=0), {"folders"}),
        (Fault.of("status", endpoint="get_account", times=0, status=401), {"accounts"}),
    ],
    ids=lambda value: f"{value.endpoint}-{value.kind}" if isinstance(value, Fault) else "",
)
def test_only_a_complete_read_announces_a_version(serve, fault, silent):
    """A refused, failed or unproved read announces no version and logs no removal; the others do as ever."""
    sandbox = serve(faults=[fault])
    first = run(serve(), catalog=catalog(method="FULL_TABLE"), **ACTIVATE)
    ran = run(
        sandbox, state=first.state, catalog=catalog(method="FULL_TABLE"), page_size=20, max_walk_attempts=2, **ACTIVATE
    )
    assert ran.code == 1
    assert set(ran.versions()) == set(TABLES) - silent
    assert ran.records("change_log") == []
    assert {stream for stream, status in ran.statuses().items() if status != "complete"} == silent


# Order, keys and state.


def test_order_of_messages(serve):
    """SCHEMA, rows, change log, receipt, STATE: table by table, account by account (docs/streams.md, section 3.11)."""
    sandbox = serve()
    first = run(sandbox, include_child_accounts=True)
    with sandbox.lock:
        sandbox.world.advance(60)
    second = run(sandbox, state=first.state, include_child_accounts=True, emit_tombstones=True)
    assert second.order[0] == ("STATE", None)
    for ran in (first, second):
        known = set()
        place = None
        ranks: list[int] = []
        for message in ran.messages:
            stream: Any = message.get("stream")
            if message["type"] == "SCHEMA":
                known.add(stream)
            elif message["type"] == "RECORD":
                assert stream in known
                record = message["record"]
                table = record["stream_name"] if stream in LOGS else stream
                if place != (table, record["account_id"]):
                    place = (table, record["account_id"])
                    ranks = []
                kinds = {"change_log": 2, "snapshots": 3}
                ranks.append(kinds.get(stream, 1 if "_sdc_deleted_at" in record else 0))
                assert ranks == sorted(ranks)
                assert ranks.count(3) <= 1
    pairs = list(itertools.pairwise(second.order))
    assert pairs.count((("RECORD", "snapshots"), ("STATE", None))) == len(TABLES)


def test_one_schema_per_stream(serve):
    """Each SCHEMA is written once a run: targets empty their buffers at every one."""
    ran = run(serve(), include_child_accounts=True)
    schemas = [stream for kind, stream in ran.order if kind == "SCHEMA"]
    assert sorted(schemas) == sorted({*TABLES, *LOGS})


@pytest.mark.parametrize("history", [False, True])
def test_primary_keys(serve, history):
    """In the output of a rich world no key is null and none comes twice, in any stream."""
    world = World(Size(users=300, sites=130, folders=30, invites=120, assignments_per_user=5))
    world.advance(90)
    sandbox = serve(world)
    first = run(sandbox, include_child_accounts=True, history=history)
    with sandbox.lock:
        world.advance(30)
    second = run(sandbox, state=first.state, include_child_accounts=True, history=history)
    for ran in (first, second):
        for stream in {*TABLES, *LOGS} & ran.streams:
            names = ran.schema(stream)["key_properties"]
            assert ("observed_at" in names) == (history or stream == "change_log") or stream in LOGS
            keys = [tuple(record[name] for name in names) for record in ran.records(stream)]
            assert all(isinstance(part, str) and part for key in keys for part in key)
            assert len(keys) == len(set(keys))


def test_the_final_state(serve):
    """The last message is a STATE, which holds every table of every account, and nothing in progress."""
    sandbox = serve()
    ran = run(sandbox, include_child_accounts=True)
    assert ran.order[-1] == ("STATE", None)
    bookmarks = ran.state["bookmarks"]
    assert {stream for stream, kept in bookmarks.items() if kept} == set(TABLES)
    for stream in TABLES:
        assert set(bookmarks[stream]["accounts"]) == set(sandbox.world.accounts)
        for account, stored in bookmarks[stream]["accounts"].items():
            assert stored["snapshot_at"] == ran.receipts[account, stream]["snapshot_at"]
            assert stored["count"] == ran.receipts[account, stream]["row_count"]
            assert stored["pending"] == ""
    assert run(sandbox, state=ran.state, include_child_accounts=True).streams == {"snapshots"}


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(lambda old: {**old, "format": 2}, id="a later format"),
        pytest.param(lambda old: {**old, "rows": old["rows"][:-8]}, id="damaged rows"),
        pytest.param(lambda old: {**old, "rows": "AAAA"}, id="other rows"),
        pytest.param(lambda old: {**old, "count": old["count"] + 1}, id="a wrong count"),
        pytest.param(lambda old: {**old, "snapshot_at": "yesterday"}, id="no time"),
        pytest.param(lambda _: {"replication_key": "updated", "replication_key_value": "2026"}, id="another tap's"),
        pytest.param(lambda _: "old", id="text"),
        pytest.param(lambda _: None, id="null"),
    ],
)
def test_a_state_of_another_format(serve, stored):
    """It is named and is ignored for that table and account alone: every row comes, and no change is logged."""
    sandbox = serve()
    state = run(sandbox).state
    accounts = state["bookmarks"]["users"]["accounts"]
    accounts[sandbox.world.main.id] = stored(accounts[sandbox.world.main.id])
    ran = run(sandbox, state=state)
    assert (ran.code, len(ran.records("users")), ran.streams) == (0, 40, {"users", "snapshots"})
    if accounts[sandbox.world.main.id] is not None:
        assert f"account {sandbox.world.main.id} cannot be read, and is ignored" in ran.log.replace("'", "")
    assert run(sandbox, state=ran.state).streams == {"snapshots"}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"value": {"bookmarks": {}}},
        {"bookmarks": {}},
        {"bookmarks": {"users": {}}},
        {"bookmarks": {"gone": {"accounts": {}}}},
        {"bookmarks": {"users": {"replication_key_value": "2026-01-01"}}},
        {"bookmarks": None},
        {"bookmarks": []},
        {"bookmarks": {"users": None}},
        {"bookmarks": {"users": []}},
        {"bookmarks": {"users": {"accounts": None}}},
        {"bookmarks": {"users": {"accounts": []}}},
        {"bookmarks": {"users": {"partitions": 5}}},
    ],
    ids=str,
)
def test_a_state_of_another_shape(serve, state):
    """Whatever a state holds, the run does not fail: anything that this tap did not write is ignored."""
    ran = run(serve(), state=state)
    assert (ran.code, len(ran.records("users"))) == (0, 40)


# Incomplete reads.


def _second_run(serve, change, *faults, **settings):
    """A run after a first complete one, a change, and with faults; the state before it, and it."""
    sandbox = serve(World(Size(users=60)))
    first = run(sandbox)
    with sandbox.lock:
        change(sandbox.world.main)
    sandbox.faults.add(*faults)
    return sandbox, first, run(sandbox, state=first.state, page_size=25, **settings)


def _empty(account):
    for user_id in list(account.people)[10:]:
        account.leave(user_id)


def _nothing(account):
    pass


def _state_of(ran, stream, account):
    return ran.state["bookmarks"][stream]["accounts"][account.id]


def test_unverified(serve):
    """A read that nothing proves: its rows come, nothing is removed, the state stays, and the run fails with advice."""
    fault = Fault.of("wrong_facets", endpoint="search_team", times=0)
    sandbox, first, ran = _second_run(serve, lambda account: account.leave(list(account.people)[20]), fault)
    assert ran.code == 1
    assert {stream: ran.statuses()[stream] for stream in TEAM} == dict.fromkeys(TEAM, "unverified")
    receipt = ran.receipt("users")
    assert (receipt["proof"], receipt["row_count"], receipt["expected_count"]) == (None, 59, 60)
    assert receipt["attempt_count"] == 3
    assert receipt["baseline_at"] is None
    assert "set `accept_repeat_proof`" in receipt["error"]
    assert ran.records("change_log") == []
    for stream in TEAM:
        assert _state_of(ran, stream, sandbox.world.main) == _state_of(first, stream, sandbox.world.main)
    sandbox.faults.clear()
    healed = run(sandbox, state=ran.state)
    assert [kind for kind, _ in changes(healed, "users")] == ["removed"]


def test_unverified_rows_are_covered_later(serve):
    """Rows of an unverified read are not in the state, so it says `pending` before the first of them."""
    fault = Fault.of("wrong_facets", endpoint="search_team", times=0)
    change = lambda account: account.rename(list(account.people)[20], "New", "Name")  # noqa: E731
    sandbox, first, ran = _second_run(serve, change, fault)
    old, new = (_state_of(some, "users", sandbox.world.main) for some in (first, ran))
    assert new == {**old, "pending": ran.receipt("users")["snapshot_at"]}
    assert len(ran.records("users")) == 1
    at = ran.order.index(("RECORD", "users"))
    assert last_state(ran.messages[:at])["bookmarks"]["users"] == ran.state["bookmarks"]["users"]
    sandbox.faults.clear()
    assert len(run(sandbox, state=ran.state).records("users")) == 60


def test_accept_repeat_proof(serve):
    """If the user says that the count means something else, two equal walks are a proof."""
    fault = Fault.of("wrong_facets", endpoint="search_team", times=0, delta=3)
    _, _, ran = _second_run(serve, _nothing, fault, accept_repeat_proof=True)
    assert (ran.code, ran.receipt("users")["proof"], ran.receipt("users")["status"]) == (0, "repeat", "complete")


def test_a_mass_removal_is_held(serve):
    """Most of the team gone: the rest is sent, no removal is, the state stays, and the way on is named."""
    sandbox, _, ran = _second_run(serve, _empty, emit_tombstones=True)
    assert ran.code == 1
    assert {stream: status for stream, status in ran.statuses().items() if status != "complete"} == {
        "users": "held",
        "assignments": "held",
    }
    assert ran.records("change_log") == []
    assert not any("_sdc_deleted_at" in row for row in ran.records("users"))
    receipt = ran.receipt("users")
    assert (receipt["row_count"], receipt["removed_count"], receipt["proof"]) == (10, 50, "count")
    assert "50 of 60 rows are gone. If that is right, run once with `allow_mass_removal: true`" in receipt["error"]
    named = [line for line in ran.log.splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in named] == [
        f"- assignments of account {sandbox.world.main.id}",
        f"- users of account {sandbox.world.main.id}",
    ]
    again = run(sandbox, state=ran.state)
    assert again.statuses()["users"] == "held"
    allowed = run(sandbox, state=again.state, allow_mass_removal=True)
    assert allowed.code == 0
    assert [kind for kind, _ in changes(allowed, "users")] == ["removed"] * 50
    after = run(sandbox, state=allowed.state)
    assert (after.code, after.streams) == (0, {"snapshots"})


def test_a_mass_removal_is_held_with_versions(serve):
    """FULL_TABLE has the same brake: what is held announces no version."""
    sandbox = serve(World(Size(users=60)))
    first = run(sandbox, catalog=catalog(method="FULL_TABLE"), **ACTIVATE)
    with sandbox.lock:
        _empty(sandbox.world.main)
    held = run(sandbox, state=first.state, catalog=catalog(method="FULL_TABLE"), **ACTIVATE)
    assert held.versions() == [stream for stream in TABLES if stream not in {"users", "assignments"}]


def test_a_mass_removal_too_large_for_the_state(serve):
    """A table that is too large for the state has the brake too, by its count."""
    sandbox = serve(World(Size(users=60)))
    first = run(sandbox, max_state_rows=40)
    with sandbox.lock:
        _empty(sandbox.world.main)
    assert run(sandbox, state=first.state, max_state_rows=40).statuses()["users"] == "held"


def test_no_mass_removal(serve):
    """Half of the team, or 20 people, may leave together; the setting changes the share."""

    def leave(count):
        def change(account):
            for user_id in list(account.people)[:count]:
                account.leave(user_id)

        return change

    assert _second_run(serve, leave(30))[2].code == 0
    assert _second_run(serve, leave(31))[2].code == 1
    assert _second_run(serve, leave(20), max_removal_ratio=0)[2].receipt("users")["status"] == "complete"
    assert _second_run(serve, leave(21), max_removal_ratio=0)[2].receipt("users")["status"] == "held"


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Fault.of("status", endpoint="search_team", status=403, times=0), "refused", "to manage team members"),
        (Fault.of("status", endpoint="search_team", status=401, times=0), "refused", "does not accept the API key"),
        (Fault.of("status", endpoint="search_team", status=400, times=0), "failed", "400 INVALID_ARGUMENT"),
        (Fault.of("status", endpoint="search_team", status=404, times=0), "failed", "Check `account_id`"),
        (Fault.of("status", endpoint="search_team", status=428, times=0), "failed", "428 MISSING_METASITE_ID"),
        (
            Fault.of("status", endpoint="search_team", status=429, headers={"retry-after": "1"}, times=0),
            "failed",
            "gave up after 1 attempt",
        ),
        (Fault.of("status", endpoint="search_team", status=500, times=0), "failed", "gave up after 1 attempt"),
        (Fault.of("status", endpoint="search_team", status=501, times=0), "failed", ": 501"),
        (Fault.of("status", endpoint="search_team", status=503, times=0), "failed", "gave up after 1 attempt"),
        (Fault.of("status", endpoint="search_team", status=504, times=0), "failed", "gave up after 1 attempt"),
        (Fault.of("reset", endpoint="search_team", times=0), "failed", "no answer"),
        (Fault.of("truncate", endpoint="search_team", times=0), "failed", ""),
        (Fault.of("not_json", endpoint="search_team", times=0), "failed", "is not JSON"),
        (Fault.of("wrong_types", endpoint="search_team", times=0), "failed", "not shaped as documented"),
        (
            Fault.of("wrong_types", endpoint="search_team", path="teamMembers.3.user.id", value=7, times=0),
            "failed",
            "",
        ),
        (Fault.of("redirect", endpoint="search_team", times=0), "failed", "Redirects are not followed"),
        (Fault.of("revoke_key", endpoint="search_team", nth=2), "refused", "does not accept the API key"),
        (Fault.of("status", endpoint="search_team", nth=3, times=0), "failed", ""),
    ],
    ids=lambda value: str(msgspec.to_builtins(value)) if isinstance(value, Fault) else "",
)
def test_a_read_that_fails(serve, fault, status, words):
    """One failure, reported once for the four tables; receipts say so; nothing is removed; the others keep theirs."""
    sandbox, first, ran = _second_run(serve, _nothing, fault)
    assert ran.code == 1
    lost = {stream for stream, found in ran.statuses().items() if found != "complete"}
    if fault.kind == "revoke_key":
        assert lost >= set(TEAM)
    else:
        assert lost == set(TEAM)
        (named,) = (line for line in ran.log.splitlines() if line.startswith("- "))
        # A key that is not accepted is not accepted anywhere: no endpoint is named.
        asked = "" if status == "refused" and words.startswith("does not accept") else "POST /roles-management/v3"
        assert named.startswith(f"- {', '.join(TEAM)} of account {sandbox.world.main.id}: {asked}")
        assert "\nThis run is not complete: 1 failure(s); everything else was read\n" in ran.log
        assert ran.log.count("POST /roles-management/v3/team/search") == bool(asked)
    assert set(ran.statuses()) == set(TABLES)
    assert ran.streams <= {"snapshots"}
    for stream in TABLES:
        receipt = ran.receipt(stream)
        if stream in TEAM:
            assert (receipt["status"], receipt["row_count"], receipt["proof"]) == (status, None, None)
            assert words in receipt["error"]
            assert receipt["request_count"] >= 1
        if stream in lost:
            assert _state_of(ran, stream, sandbox.world.main) == _state_of(first, stream, sandbox.world.main)
        else:
            assert _state_of(ran, stream, sandbox.world.main)["snapshot_at"] == receipt["snapshot_at"]
    if fault.kind != "revoke_key":
        sandbox.faults.clear()
        assert run(sandbox, state=ran.state).streams == {"snapshots"}


def test_everything_fails(serve):
    """With an unknown key every table is refused, that is reported once, and the old state is kept unchanged."""
    sandbox = serve()
    first = run(sandbox)
    sandbox.api.gate.revoked = True
    ran = run(sandbox, state=first.state)
    assert ran.code == 1
    assert set(ran.statuses().values()) == {"refused"}
    assert {s: k for s, k in ran.state["bookmarks"].items() if k} == {
        s: k for s, k in first.state["bookmarks"].items() if k
    }
    assert "This run is not complete: 1 failure(s)" in ran.log


def test_a_retry_that_helps(serve):
    """One failure that goes away costs one more request, which the receipt counts, and nothing else."""
    sandbox = serve(faults=[Fault.of("status", endpoint="get_roles", status=503, times=1)])
    ran = run(sandbox, max_retry_seconds=30)
    receipt = ran.receipt("roles")
    assert (ran.code, receipt["status"], receipt["request_count"], receipt["retry_count"]) == (0, "complete", 2, 1)


@pytest.mark.parametrize("kind", ["empty_page", "repeat_page"])
def test_a_strange_page_is_walked_again(serve, kind):
    """An empty or repeated page in the middle is not the end of the list: the walk is repeated, and nobody is lost."""
    _, _, ran = _second_run(serve, _nothing, Fault.of(kind, endpoint="search_team", nth=2), max_concurrency=1)
    assert (ran.code, ran.receipt("users")["row_count"], ran.records("change_log")) == (0, 60, [])
    assert ran.receipt("users")["attempt_count"] > 1


def test_a_cursor_that_cycles(serve):
    """A cursor that leads back to where it was ends in `unverified`, not in a loop, and removes nothing."""
    sandbox = serve(World(Size(sites=250)), faults=[Fault.of("cycle_cursor", endpoint="query_sites", nth=2, times=0)])
    ran = run(sandbox)
    assert (ran.code, ran.receipt("sites")["status"]) == (1, "unverified")


def test_people_who_move_while_they_are_read(serve):
    """People leave and join between two pages: everybody who stayed is in the output, and nobody is removed."""
    world = World(Size(users=200))
    sandbox = serve(world)
    first = run(sandbox, page_size=20)
    everyone = set(world.main.people)
    cast = iter(list(world.main.people)[:6])

    def between(endpoint, number):
        if endpoint == "search_team" and number % 5 == 4 and (leaver := next(cast, None)):
            with sandbox.lock:
                world.main.leave(leaver)

    sandbox.before_request = between
    second = run(sandbox, state=first.state, page_size=20)
    sandbox.before_request = None
    gone = {key for kind, key in changes(second, "users") if kind == "removed"}
    assert gone <= everyone - set(world.main.people)
    third = run(sandbox, state=second.state, page_size=20)
    gone |= {key for kind, key in changes(third, "users") if kind == "removed"}
    assert gone == everyone - set(world.main.people)


# Secrets that are asked for, tombstones, receipts, history.


def test_accept_links(serve):
    """Links that accept an invite are nowhere, unless the setting asks for them; then they are only in that column."""
    sandbox = serve()
    pending = {invite.id: invite for invite in sandbox.world.main.invites.values() if invite.status == "Pending"}
    ran = run(sandbox)
    assert "team/accept" not in "".join(ran.lines) + ran.log
    assert not any(key[::-1] in line for key in pending for line in ran.lines)
    asked = run(sandbox, state=ran.state, include_accept_links=True)
    links = {row["id"]: row["accept_link"] for row in asked.records("invites")}
    assert set(links) == set(sandbox.world.main.invites)
    assert {key for key, link in links.items() if link} == set(pending)
    assert "team/accept" not in asked.log
    assert [m["stream"] for m in asked.messages if "team/accept" in str(m)] == ["invites"] * len(pending)
    assert asked.records("change_log") == []


def test_tombstones(serve):
    """A removed row's key comes with the time of its removal, older than its last sight: after rows, before the log."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, emit_tombstones=True)
    with sandbox.lock:
        gone = account.leave(list(account.people)[3])
        account.rename(list(account.people)[5], "New", "Name")
    second = run(sandbox, state=first.state, emit_tombstones=True)
    now, before = (ran.receipt("users")["snapshot_at"] for ran in (second, first))
    row, tombstone = second.records("users")
    assert row["first_name"] == "New"
    assert tombstone == {
        "account_id": account.id,
        "id": gone.id,
        "observed_at": before,
        "snapshot_at": before,
        "_sdc_deleted_at": now,
    }
    buried = [row["assignment_key"] for row in second.records("assignments") if "_sdc_deleted_at" in row]
    held = [row["assignment_key"] for row in first.records("assignments") if row["user_id"] == gone.id]
    assert buried == held
    assert held
    assert changes(second, "users") == [("modified", row["id"]), ("removed", gone.id)]
    assert "_sdc_deleted_at" in second.schema("users")["schema"]["properties"]
    assert "_sdc_deleted_at" not in run(serve()).schema("users")["schema"]["properties"]


def test_receipts_count_what_was_written(serve):
    """Rows seen, sent, added, modified and removed are those of the output; the digest is that of the keys."""
    sandbox = serve()
    first = run(sandbox, include_child_accounts=True)
    with sandbox.lock:
        sandbox.world.advance(45)
    second = run(sandbox, state=first.state, include_child_accounts=True)
    for account in sandbox.world.accounts.values():
        now = expected.tables(account)
        for stream in TABLES:
            receipt = second.receipts[account.id, stream]
            sent = [row for row in second.records(stream) if row["account_id"] == account.id]
            log = [
                row
                for row in second.records("change_log")
                if (row["account_id"], row["stream_name"]) == (account.id, stream)
            ]
            kinds = [row["change_type"] for row in log]
            assert receipt["row_count"] == len(now[stream])
            assert receipt["added_count"] + receipt["modified_count"] == len(sent)
            for kind in ("added", "modified", "removed"):
                assert receipt[f"{kind}_count"] == kinds.count(kind)
            assert receipt["digest"] == digest(record_key(stream, row) for row in now[stream].values())
            assert receipt["compared_with"] == first.receipts[account.id, stream]["snapshot_at"]
            assert receipt["expected_count"] in {None, len(now[stream])}
            assert receipt["snapshot_at"] < receipt["finished_at"]
            assert receipt["duplicate_count"] == 0
    assert len(second.records("snapshots")) == 3 * len(TABLES)


def test_receipts_count_requests(serve):
    """Requests are those that the server saw: once for all tables of a walk."""
    sandbox = serve(World(Size(users=130, sites=230)))
    ran = run(sandbox)
    reads = {"users": "team", "accounts": "account", "roles": "roles", "sites": "sites", "folders": "folders"}
    assert sum(ran.receipt(stream)["request_count"] for stream in reads) == len(sandbox.requests)
    assert len({ran.receipt(stream)["request_count"] for stream in TEAM}) == 1


def test_history(serve):
    """With `history` a changed row is a new key, and an unchanged one that is sent again is the same."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, history=True)
    with sandbox.lock:
        renamed = list(account.people)[5]
        account.rename(renamed, "New", "Name")
    second = run(sandbox, state=first.state, history=True)
    third = run(sandbox, state=second.state, history=True, rebaseline_days=0)
    assert second.schema("users")["key_properties"] == ["account_id", "id", "observed_at"]
    ages = {row["id"]: row["observed_at"] for row in third.records("users")}
    assert ages.pop(renamed) == second.receipt("users")["snapshot_at"]
    assert set(ages.values()) == {first.receipt("users")["snapshot_at"]}


def test_a_row_that_comes_back(serve):
    """Somebody who left and came back is added anew, with a new age."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox)
    with sandbox.lock:
        person = account.leave(list(account.people)[5])
    second = run(sandbox, state=first.state)
    with sandbox.lock:
        account.join(person)
    third = run(sandbox, state=second.state)
    assert (changes(second, "users"), changes(third, "users")) == ([("removed", person.id)], [("added", person.id)])
    (row,) = third.records("users")
    assert row["observed_at"] == third.receipt("users")["snapshot_at"]


def test_a_role_that_changes(serve):
    """Another role or asset under the same assignment id is one modified row, and nobody is added or removed."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox)
    person = account.person("casey.marlow@acme-studio.example")
    with sandbox.lock:
        account.change_role(person.id, person.grants[0], account.role_id("Store Manager"))
        shop = account.site("Shop EU")
        person.grants[1].on = on_site(shop.id, "Shop EU")
        account.changed(person)
    second = run(sandbox, state=first.state)
    ids = [f"{person.id}|{grant.assignment_id}" for grant in person.grants]
    assert changes(second, "assignments") == [("modified", key) for key in ids]
    assert [(row["role_id"], row["asset_name"]) for row in second.records("assignments")] == [
        (account.role_id("Store Manager"), "Shop US"),
        (account.role_id("Blog Editor"), "Shop EU"),
    ]
    assert second.streams == {"assignments", "change_log", "snapshots"}


def test_logs_that_are_not_selected(serve):
    """Without `change_log` and `snapshots` the tables come as ever, whole each time: no state covers them."""
    sandbox = serve()
    ran = run(sandbox, catalog=catalog(*TABLES))
    assert (ran.code, ran.streams) == (0, set(TABLES))
    assert run(sandbox, state=ran.state, catalog=catalog(*TABLES)).streams == set(TABLES)


def test_a_rule_about_permissions(serve):
    """Each refused endpoint costs its own tables, and names the permission that they need."""
    needs = {
        "get_roles": "ACCOUNT_ROLES.GET_ROLES",
        "query_sites": "SITE_LIST.READ",
        "query_folders": "Read Folder Data",
    }
    sandbox = serve(options=ApiOptions(deny=list(needs)))
    ran = run(sandbox)
    assert {s for s, status in ran.statuses().items() if status == "refused"} == {"roles", "sites", "folders"}
    for stream, need in zip(("roles", "sites", "folders"), needs.values(), strict=True):
        assert need in ran.receipt(stream)["error"]
        assert sum(need in line for line in ran.log.splitlines() if line.startswith("- ")) == 1


def test_a_stream_map_that_fails(serve):
    """It costs its own stream, not those behind it; the failure says nothing of the record, and leaves a receipt."""
    maps = {"users": {"email": "md5(email)"}}
    ran = run(serve(), stream_maps=maps)
    assert ran.code == 1
    receipt = ran.receipt("users")
    assert (receipt["status"], receipt["row_count"]) == ("failed", None)
    assert receipt["error"].startswith("a stream map of `users` failed with ")
    assert {name: status for name, status in ran.statuses().items() if name != "users"} == dict.fromkeys(
        [stream for stream in TABLES if stream != "users"], "complete"
    )
    assert ran.records("assignments")


def test_a_throttled_read_without_patience(serve):
    """Wix may ask for a day: the tap never waits longer than `max_retry_seconds`."""
    fault = Fault.of("status", endpoint="get_account", status=429, headers={"Retry-After": "86400"})
    ran = run(serve(World(Size(users=3)), faults=[fault]), max_retry_seconds=0, max_concurrency=1)
    assert ran.code == 1
    assert ran.receipt("accounts")["status"] == "failed"
    assert ran.receipt("users")["status"] == "complete"
