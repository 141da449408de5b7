"""What a state covers, and in which dress it may come (docs/streams.md, section 3.8)."""

from __future__ import annotations

import json

import pytest

from tap_wix_users.snapshot.state import mark_pending
from tests.support import LOGS, TABLES, catalog, command, config, copied, environment, run, write_json
from tests.tap import expected
from tests.tap.warehouse import Warehouse
from wix_sandbox import ApiOptions, Fault

BOTH = (*TABLES, *LOGS)
WITHOUT = [TABLES, (*TABLES, "change_log"), (*TABLES, "snapshots")]


def _accounts(state, stream="users"):
    """The states of a stream, by account."""
    return state["bookmarks"][stream]["accounts"]


def _leave_and_join(sandbox):
    """One leaves and another joins; the one who left."""
    account = sandbox.world.main
    with sandbox.lock:
        gone = account.leave(list(account.people)[3])
        gone_too = account.leave(list(account.people)[5])
        gone_too.id = "00000000-1111-4222-8333-444455556666"
        account.join(gone_too)
    return gone


# What it covers.


def test_a_page_size_that_was_found_out(serve):
    """No run pays for it twice: the state keeps what holds, until the setting is raised."""
    sandbox = serve(options=ApiOptions(max_page_size=10))

    def limits(**settings):
        begun = len(sandbox.requests)
        ran = run(sandbox, catalog=catalog("users", *LOGS), max_concurrency=1, **settings)
        sent = [seen.body["paging"]["limit"] for seen in sandbox.requests[begun:] if seen.endpoint == "search_team"]
        assert ran.code == 0
        return ran, (sent[0], set(sent[1:]))

    first, found_out = limits(page_size=1000)
    (kept,) = _accounts(first.state).values()
    assert (found_out, kept["page_size"]) == ((1000, {10}), [1000, 10])
    second, known = limits(page_size=1000, state=first.state)
    (kept,) = _accounts(second.state).values()
    assert (known, kept["page_size"]) == ((10, {10}), [1000, 10])
    third, raised = limits(page_size=2000, state=second.state)
    (kept,) = _accounts(third.state).values()
    assert (raised, kept["page_size"]) == ((2000, {10}), [2000, 10])


DROPPED = Fault.of("drop", endpoint="search_team", path="teamMembers.3.user.assignments", times=0)
BROKEN = Fault.of("status", endpoint="search_team", nth=3, times=0, status=500)


@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(
    ("fault", "status"), [(DROPPED, "unverified"), (BROKEN, "failed")], ids=["unverified", "failed"]
)
def test_a_page_size_of_a_read_that_was_not_complete(fault, status, later, serve):
    """It was found out all the same, and changes nothing else of the state."""
    sandbox = serve(options=ApiOptions(max_page_size=10))
    every = catalog("assignments", *LOGS)
    before = run(sandbox, catalog=every, page_size=10).state if later else None
    sandbox.faults.add(fault)
    ran = run(sandbox, catalog=every, page_size=1000, max_concurrency=1, state=before)
    assert ran.statuses() == {"assignments": status}
    (kept,) = _accounts(ran.state, "assignments").values()
    assert kept["page_size"] == [1000, 10]
    (old,) = _accounts(before, "assignments").values() if later else (mark_pending(None, ""),)
    assert {**kept, "page_size": None, "pending": ""} == old
    assert bool(kept["pending"]) == (not later)
    sandbox.faults.clear()
    begun = len(sandbox.requests)
    assert run(sandbox, catalog=every, page_size=1000, state=ran.state).code == 0
    assert {seen.body["paging"]["limit"] for seen in sandbox.requests[begun:]} == {10}


@pytest.mark.parametrize("streams", WITHOUT, ids=["neither", "change_log alone", "snapshots alone"])
def test_a_run_without_the_log_streams(serve, streams):
    """It says so and leaves the state pending; the next full run sends all, and logs what changed since the last."""
    sandbox = serve()
    first = run(sandbox)
    gone = _leave_and_join(sandbox)
    without = run(sandbox, state=first.state, catalog=catalog(*streams))
    assert (without.code, set(without.statuses()) <= set(TABLES)) == (0, True)
    assert "the state does not cover these rows, and stays `pending`" in without.log
    for stream in TABLES:
        (before,), (after,) = _accounts(first.state, stream).values(), _accounts(without.state, stream).values()
        assert after["pending"] > before["snapshot_at"]
        assert {**after, "pending": ""} == before
    full = run(sandbox, state=without.state)
    log = [
        (row["change_type"], row["record_key"]) for row in full.records("change_log") if row["stream_name"] == "users"
    ]
    assert ("removed", gone.id) in log
    assert [kind for kind, _ in log] == ["added", "removed", "removed"]
    assert full.receipt("users")["compared_with"] == first.receipt("users")["snapshot_at"]
    warehouse = Warehouse()
    for ran in (first, without, full):
        warehouse.load(ran.lines)
    assert warehouse.current() == expected.tables(sandbox.world.main)
    assert run(sandbox, state=full.state).streams == {"snapshots"}


def test_one_part_of_the_tables_without_the_log_streams(serve):
    """The tables that are not selected stay as they are; those that are heal, whatever ran in between."""
    sandbox = serve()
    first = run(sandbox)
    gone = _leave_and_join(sandbox)
    part = run(sandbox, state=first.state, catalog=catalog("users", "assignments"))
    assert {s for s in TABLES if any(one["pending"] for one in _accounts(part.state, s).values())} == {
        "users", "assignments",
    }  # fmt: skip
    full = run(sandbox, state=part.state)
    removed = {row["record_key"] for row in full.records("change_log") if row["change_type"] == "removed"}
    assert gone.id in removed
    warehouse = Warehouse()
    for ran in (first, part, full):
        warehouse.load(ran.lines)
    assert warehouse.current() == expected.tables(sandbox.world.main)


@pytest.mark.parametrize(
    "maps",
    [{"snapshots": {"more": "int(error)"}}, {"change_log": {"more": "int(record_key)"}}],
    ids=["a receipt", "a change"],
)
def test_a_map_that_fails_on_a_row_of_a_log(serve, maps):
    """The state of those tables stays pending, and the next run without it heals them."""
    sandbox = serve()
    first = run(sandbox)
    gone = _leave_and_join(sandbox)
    failed = run(sandbox, state=first.state, stream_maps=maps)
    assert failed.code == 1
    (stored,) = _accounts(failed.state).values()
    assert stored["pending"] > stored["snapshot_at"] == first.receipt("users")["snapshot_at"]
    full = run(sandbox, state=failed.state)
    assert ("removed", gone.id) in {(row["change_type"], row["record_key"]) for row in full.records("change_log")}
    assert [one["pending"] for one in _accounts(full.state).values()] == [""]


def test_the_columns_of_the_rule_are_always_there(serve):
    """Deselected or not, and also with a catalog of a release that did not know them."""
    rule = {
        "users": ["account_id", "id", "observed_at", "snapshot_at"],
        "change_log": ["account_id", "stream_name", "record_key", "observed_at", "change_type", "previous_observed_at"],
        "snapshots": [
            "account_id",
            "stream_name",
            "snapshot_at",
            "finished_at",
            "status",
            "baseline_at",
            "compared_with",
        ],
    }
    sandbox = serve()
    first = run(sandbox)
    _leave_and_join(sandbox)
    old = catalog(without=rule)
    for entry in old["streams"]:
        if entry["tap_stream_id"] == "snapshots":
            del entry["schema"]["properties"]["compared_with"]
            entry["metadata"] = [one for one in entry["metadata"] if one["breadcrumb"][-1:] != ["compared_with"]]
    ran = run(sandbox, state=first.state, catalog=old)
    for stream, columns in rule.items():
        assert all(set(columns) <= set(row) for row in ran.records(stream))
        assert set(columns) <= set(ran.schema(stream)["schema"]["properties"])
    assert ran.receipt("users")["compared_with"] == first.receipt("users")["snapshot_at"]


def test_every_member_is_always_written(serve):
    """Whatever a STATE says: orchestrators merge states by name, and never take a member away."""
    sandbox = serve()
    first = run(sandbox, max_state_rows=30)
    _leave_and_join(sandbox)
    second = run(sandbox, state=first.state, max_state_rows=30)
    members = {"format", "snapshot_at", "baseline_at", "content", "emitted", "count", "rows", "pending", "page_size"}
    states = [message["value"] for ran in (first, second) for message in ran.messages if message["type"] == "STATE"]
    found = [
        one for state in states for kept in state["bookmarks"].values() for one in kept.get("accounts", {}).values()
    ]
    assert {frozenset(one) for one in found} == {frozenset(members)}
    assert {one["pending"] == "" for one in found} == {True, False}


# In which dress it comes.

ENVELOPES = {
    "as it is": lambda state: state,
    "a STATE message": lambda state: {"type": "STATE", "value": state},
    "its value": lambda state: {"value": state},
    "meltano state get": lambda state: {"singer_state": state},
    "as Meltano keeps it": lambda state: {"completed": {"singer_state": state}, "partial": {}},
    "all of them": lambda state: {"completed": {"singer_state": {"type": "STATE", "value": state}}},
}


@pytest.mark.parametrize("dress", ENVELOPES)
def test_a_state_in_an_envelope(serve, dress):
    """It is unwrapped: nothing is sent twice, and changes since are logged."""
    sandbox = serve()
    first = run(sandbox)
    gone = _leave_and_join(sandbox)
    ran = run(sandbox, state=ENVELOPES[dress](first.state))
    assert ("removed", gone.id) in {(row["change_type"], row["record_key"]) for row in ran.records("change_log")}
    assert len(ran.records("users")) == 1


def test_a_state_of_an_interrupted_run_lies_over_the_one_before(serve):
    """What Meltano keeps apart belongs together: the mark that rows followed is not lost."""
    sandbox = serve()
    state = run(sandbox).state
    (account,) = _accounts(state)
    partial = {"bookmarks": {"users": {"accounts": {account: {"pending": "2026-11-24T08:12:00.000000Z"}}}}}
    ran = run(sandbox, state={"completed": {"singer_state": state}, "partial": {"singer_state": partial}})
    assert len(ran.records("users")) == 40
    assert ran.streams == {"users", "snapshots"}


@pytest.mark.parametrize("odd", ["text", 7, [1], None, True, {"format": "\ud83d"}, {"format": 9}, {}], ids=repr)
def test_an_odd_state_of_an_account(serve, odd):
    """It counts as none, with a warning: that table is sent whole, and the others are not."""
    sandbox = serve()
    state = copied(run(sandbox).state)
    (account,) = _accounts(state)
    _accounts(state)[account] = odd
    ran = run(sandbox, state=state)
    assert (ran.code, ran.streams, len(ran.records("users"))) == (0, {"users", "snapshots"}, 40)
    assert "cannot be read, and is ignored" in ran.log
    assert run(sandbox, state=ran.state).streams == {"snapshots"}


NO_STATES = [{"users": {}}, {"value": 7}, {"singer_state": [1]}, {"completed": "x"}, {"format": 1}, {"value": {"a": 1}}]


def test_a_file_that_is_no_state(serve, tmp_path):
    """Another object is refused in a sentence, before the first request; nothing in the file is no state."""
    sandbox = serve()
    settings = write_json(tmp_path / "config.json", config(sandbox))
    for number, odd in enumerate(NO_STATES):
        file = write_json(tmp_path / f"{number}.json", odd)
        done = command("--config", settings, "--state", file, env=environment())
        assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
        assert "not a state of this tap" in done.stderr.replace("\n", " ")
    assert sandbox.requests == []


@pytest.mark.parametrize("content", ["", " \n\t\n", "{}", '{"bookmarks": {}}', '{"value": {}}'], ids=repr)
def test_a_file_with_no_state(serve, tmp_path, content):
    """An empty one begins without a state."""
    sandbox = serve()
    file = tmp_path / "state.json"
    file.write_text(content)
    settings = write_json(tmp_path / "config.json", config(sandbox))
    done = command("--config", settings, "--state", str(file), env=environment())
    assert done.returncode == 0
    users = [line for line in map(json.loads, done.stdout.splitlines()) if line.get("stream") == "users"]
    assert sum(line["type"] == "RECORD" for line in users) == 40
