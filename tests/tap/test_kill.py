"""State is true at every byte (docs/streams.md, sections 3.7 and 3.10): a run is killed, the next one loses nothing."""

from __future__ import annotations

import json
import signal

import pytest

from tests.support import TABLES, config, last_state, run, started, write_json
from tests.tap import expected
from tests.tap.expected import record_key
from tests.tap.warehouse import Warehouse
from wix_sandbox import Fault, Size, World

PIPE_BYTES = 4096
"""The least that Linux lets a pipe hold: a run that is not read stands still soon."""


def _kill(tmp_path, sandbox, state, number, after, **settings):
    """The lines of a run that got this signal when so many lines were read, how many these were, and its exit code."""
    files = ["--config", write_json(tmp_path / "config.json", config(sandbox, **settings))]
    if state is not None:
        files += ["--state", write_json(tmp_path / "state.json", state)]
    with started(*files, pipe_bytes=PIPE_BYTES) as process:
        read = [process.stdout.readline() for _ in range(after)]
        process.send_signal(number)
        rest = process.stdout.readlines()
        errors = process.stderr.read().decode()
        process.wait(60)
    assert "Traceback" not in errors
    if number == signal.SIGTERM:
        assert all(line.endswith(b"\n") for line in rest)
        assert process.returncode in {143, 0}
    whole = [line.decode() for line in read + rest if line.endswith(b"\n")]
    assert all(json.loads(line) for line in whole)
    return whole, process.returncode


def _gone(before, after):
    """Keys in the log for rows that really went."""
    return {
        (row["account_id"], stream, record_key(stream, row))
        for stream in TABLES
        for key, row in before[stream].items()
        if key not in after[stream]
    }


def _said_gone(warehouse):
    log = warehouse.rows["change_log"].values()
    return {(r["account_id"], r["stream_name"], r["record_key"]) for r in log if r["change_type"] == "removed"}


CUTS = [
    *((signal.SIGKILL, part, False) for part in (0, 0.35, 0.55, 0.8, 1)),
    *((signal.SIGTERM, part, False) for part in (0.2, 0.65, 0.9)),
    *((signal.SIGKILL, part, True) for part in (0.45, 0.7)),
]
LINES = 245
"""About as many as the second run below has."""


@pytest.mark.parametrize(("number", "part", "history"), CUTS, ids=lambda value: getattr(value, "name", str(value)))
def test_killed_in_a_second_run(tmp_path, serve, number, part, history):
    """After a run that was killed anywhere, the next complete one leaves exactly the account's rows, no false removal.

    Both for a target that stored only what came before the kill was sent, and for one that stored every whole line.
    """
    sandbox = serve(World(Size(users=45, sites=14, folders=8, child_accounts=1)))
    world, settings = sandbox.world, {"history": history, "include_child_accounts": True}
    first = run(sandbox, **settings)
    pasts = [expected.tables(*world.accounts.values())]
    for days in (40, 3):
        with sandbox.lock:
            world.advance(days)
        pasts.append(expected.tables(*world.accounts.values()))
        if days == 40:
            after = 1 + int(part * LINES)
            lines, code = _kill(tmp_path, sandbox, first.state, number, after, **settings)
    assert len(lines) >= after
    assert (code in {-signal.SIGKILL, 143}) or part > 0.5
    state = last_state(map(json.loads, lines[:after])) or first.state
    second = run(sandbox, state=state, **settings)
    assert second.code == 0
    really = _gone(pasts[0], pasts[1]) | _gone(pasts[1], pasts[2])
    for stored in (lines[:after], lines):
        warehouse = Warehouse()
        for written in (first.lines, stored, second.lines):
            warehouse.load(written)
        assert warehouse.current() == pasts[-1]
        assert _gone(pasts[0], pasts[-1]) <= _said_gone(warehouse) <= really


@pytest.mark.parametrize("after", [1, 60, 200])
def test_killed_in_the_first_run(tmp_path, serve, after):
    """A first run that was killed is begun again, or gone on with after what its last STATE covers."""
    sandbox = serve()
    lines, _ = _kill(tmp_path, sandbox, None, signal.SIGKILL, after)
    second = run(sandbox, state=last_state(map(json.loads, lines[:after])))
    for stored in (lines[:after], lines):
        warehouse = Warehouse()
        warehouse.load(stored)
        warehouse.load(second.lines)
        assert warehouse.current() == expected.tables(sandbox.world.main)
        assert _said_gone(warehouse) == set()


def test_in_between_nobody_is_missing(tmp_path, serve):
    """Between a killed run and the next complete one, every row that existed throughout is current."""
    sandbox = serve()
    first = run(sandbox)
    before = expected.tables(sandbox.world.main)
    with sandbox.lock:
        sandbox.world.advance(40)
    now = expected.tables(sandbox.world.main)
    for after in (10, 45, 90):
        lines, _ = _kill(tmp_path, sandbox, first.state, signal.SIGKILL, after)
        warehouse = Warehouse()
        warehouse.load(first.lines)
        warehouse.load(lines)
        current = warehouse.current()
        for stream in TABLES:
            assert set(before[stream]) & set(now[stream]) <= set(current[stream])
            for key, row in current[stream].items():
                assert row in (before[stream].get(key), now[stream].get(key))


@pytest.mark.parametrize("tombstones", [False, True])
def test_every_message_of_a_run(serve, tombstones):
    """The same at every message, without a process: what a target stored of a run is any number of its first lines.

    Each number of lines is an account of its own in one warehouse, whose views look at accounts one by one.
    """
    sandbox = serve(World(Size(users=25, sites=4, folders=4, invites=6, child_accounts=0)))
    account = sandbox.world.main
    first = run(sandbox, emit_tombstones=tombstones)
    with sandbox.lock:
        sandbox.world.advance(25)
    cut = run(sandbox, state=first.state, emit_tombstones=tombstones)
    now = expected.tables(account)
    resumed, warehouse = {}, Warehouse()
    wanted: dict[str, dict[object, object]] = {table: {} for table in now}
    for after in range(len(cut.lines) + 1):
        state = last_state(cut.messages[:after]) or first.state
        # What comes after a cut depends on the last STATE alone.
        if (text := json.dumps(state)) not in resumed:
            resumed[text] = run(sandbox, state=state, emit_tombstones=tombstones)
        another = f"{after:08x}{account.id[8:]}"
        for lines in (first.lines, cut.lines[:after], resumed[text].lines):
            warehouse.load(line.replace(account.id, another) for line in lines)
        for table, rows in now.items():
            others = (json.loads(json.dumps(row).replace(account.id, another)) for row in rows.values())
            wanted[table] |= {expected.key_of(table, row): row for row in others}
    assert len(wanted["accounts"]) == len(cut.lines) + 1
    assert warehouse.current() == wanted


@pytest.mark.parametrize("tombstones", [False, True])
@pytest.mark.parametrize("logged", [True, False])
def test_a_removal_that_is_undone(serve, logged, tombstones):
    """Somebody left, the run that saw it was cut before its STATE, and they came back: they are current again."""
    sandbox = serve()
    account = sandbox.world.main
    first = run(sandbox, emit_tombstones=tombstones)
    with sandbox.lock:
        person = account.leave(list(account.people)[8])
    cut = run(sandbox, state=first.state, emit_tombstones=tombstones)
    with sandbox.lock:
        account.join(person)
    log = [place for place, kind in enumerate(cut.order) if kind == ("RECORD", "change_log")]
    after = log[-1] + 1 if logged else log[0] - 2
    second = run(sandbox, state=last_state(cut.messages[:after]), emit_tombstones=tombstones)
    warehouse = Warehouse()
    for lines in (first.lines, cut.lines[:after], second.lines):
        warehouse.load(lines)
    assert warehouse.current() == expected.tables(account)


def test_a_lost_state(serve):
    """Without any state, the next run takes a new baseline: who left in between is not current, and all others are."""
    sandbox = serve()
    warehouse = Warehouse()
    warehouse.load(run(sandbox).lines)
    with sandbox.lock:
        sandbox.world.advance(60)
    warehouse.load(run(sandbox).lines)
    assert warehouse.current() == expected.tables(sandbox.world.main)


def test_failures_in_between(serve):
    """Unverified, refused, held and complete runs in turn: after each complete one, exactly the account's rows."""
    sandbox = serve(World(Size(users=60)))
    account, warehouse, state = sandbox.world.main, Warehouse(), None
    for step in range(7):
        faults = [
            Fault.of("wrong_facets", endpoint="search_team", times=0),
            Fault.of("status", endpoint="search_team", status=403, times=0),
            Fault.of("empty_page", endpoint="search_team", nth=2, times=0),
        ]
        sandbox.faults.clear()
        if step % 2:
            sandbox.faults.add(faults[step // 2 % 3])
        with sandbox.lock:
            sandbox.world.advance(5)
        existing = set(warehouse.current()["users"]) & set(expected.tables(account)["users"])
        ran = run(sandbox, state=state, page_size=25)
        warehouse.load(ran.lines)
        state = ran.state or state
        if step % 2:
            assert ran.code == 1
            assert existing <= set(warehouse.current()["users"])
        else:
            assert warehouse.current() == expected.tables(account)
    sandbox.faults.clear()
