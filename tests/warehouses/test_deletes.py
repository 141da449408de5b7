"""Targets that delete: exactly the rows that are gone, and never because a run failed."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import catalog, config, run, started, write_json
from tests.tap import expected
from tests.warehouses.story import SMALL
from tests.warehouses.targets import LoadFailed
from wix_sandbox import Fault, Sandbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Run
    from tests.warehouses.story import Tables
    from tests.warehouses.targets import Warehouse

TABLES = ("sites", "users")
"""The one has arrays and the other objects, and each comes from a read of its own."""
CHOSEN = (*TABLES, "change_log", "snapshots")
PIPE_BYTES = 4096
"""The least that Linux lets a pipe hold: the tap stands still as soon as nobody reads."""
that_delete = pytest.mark.parametrize("warehouse", ["duckdb-bulk", "postgres", "snowflake"], indirect=True)
that_drain_first = pytest.mark.parametrize("warehouse", ["duckdb-bulk", "postgres"], indirect=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account."""
    with Sandbox(World(SMALL)) as served:
        yield served
    assert served.faults.unfired() == []


def _every_row(sandbox: Sandbox, **options: Any) -> Run:
    """A run that sends every row, and a version after the last."""
    chosen = catalog(*CHOSEN, method="FULL_TABLE")
    return run(sandbox, catalog=chosen, emit_activate_version_messages=True, **options)


def _now(sandbox: Sandbox) -> Tables:
    rows = expected.tables(sandbox.world.main)
    return {table: rows[table] for table in TABLES}


def _somebody_leaves(sandbox: Sandbox) -> None:
    """A person leaves, and a site is deleted."""
    with sandbox.lock:
        account = sandbox.world.main
        account.leave(list(account.people)[7])
        account.delete_site(list(account.sites)[4])


def _stored(warehouse: Warehouse, *, deleted: bool = False) -> Tables:
    """Whole rows that are there: those that are not marked as deleted, or those that are."""
    found: Tables = {}
    for table in TABLES:
        marked = f"_sdc_deleted_at is {'not ' if deleted else ''}null"
        rows = warehouse.ask(f"select * from {warehouse.schema}.{table} where {marked}")
        plain = [expected.content({k: v for k, v in row.items() if not k.startswith("_sdc_")}) for row in rows]
        found[table] = {expected.key_of(table, row): row for row in plain}
        assert len(found[table]) == len(rows)
    return found


def _without(rows: Tables, others: Tables) -> Tables:
    return {table: {key: row for key, row in rows[table].items() if key not in others[table]} for table in rows}


@that_delete
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_exactly_the_leavers(warehouse, sandbox, hard):
    """A complete FULL_TABLE run deletes, or marks, the rows that are gone and no other; nested columns stay whole."""
    loaded = warehouse(hard_delete=hard)
    loaded.load(_every_row(sandbox).lines)
    before = _now(sandbox)
    assert _stored(loaded) == before
    _somebody_leaves(sandbox)
    loaded.load(_every_row(sandbox).lines)
    now = _now(sandbox)
    gone = _without(before, now)
    assert all(gone.values())
    assert _stored(loaded) == now
    assert _stored(loaded, deleted=True) == ({table: {} for table in TABLES} if hard else gone)


@that_delete
def test_a_run_that_fails(warehouse, sandbox):
    """A page that fails, in a run that would delete, leaves every row of its tables standing; the next run heals."""
    loaded = warehouse(hard_delete=True)
    first = _every_row(sandbox, page_size=10)
    before = _now(sandbox)
    _somebody_leaves(sandbox)
    sandbox.faults.add(Fault.of("status", endpoint="search_team", nth=2, status=500, times=0))
    failed = _every_row(sandbox, page_size=10, state=first.state)
    assert (failed.code, failed.versions()) == (1, ["sites"])
    loaded.load(first.lines, failed.lines)
    now = _now(sandbox)
    assert _stored(loaded) == {**before, "sites": now["sites"]}
    sandbox.faults.clear()
    loaded.load(_every_row(sandbox, state=failed.state).lines)
    assert _stored(loaded) == now


def _killed(warehouse: Warehouse, part: float, lines: int, *arguments: str) -> Any:
    """Pipe the tap into the target, and kill it when the target got that part of its lines.

    Returns:
        The last state that the target printed.
    """
    with (
        started(*arguments, pipe_bytes=PIPE_BYTES, stderr=subprocess.DEVNULL) as tap,
        subprocess.Popen(
            warehouse.command(), env=warehouse.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as target,
    ):  # fmt: skip
        assert target.stdin
        for _ in range(int(part * lines)):
            target.stdin.write(tap.stdout.readline())
        tap.kill()
        # What it had written already, down to half a line.
        printed, _ = target.communicate(tap.stdout.read(), timeout=300)
        assert tap.wait(60) == -signal.SIGKILL
    states = printed.decode().splitlines()
    return json.loads(states[-1]) if states else None


@that_drain_first
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_run_that_is_killed(warehouse, sandbox, tmp_path, part):
    """SIGKILL in the middle of its output, through a pipe, leaves every row standing; the next run heals."""
    loaded = warehouse(hard_delete=True)
    first = _every_row(sandbox)
    loaded.load(first.lines)
    before = _now(sandbox)
    _somebody_leaves(sandbox)
    state = _killed(
        loaded, part, len(first.lines),
        "--config", write_json(tmp_path / "config.json", config(sandbox, emit_activate_version_messages=True)),
        "--catalog", write_json(tmp_path / "catalog.json", catalog(*CHOSEN, method="FULL_TABLE")),
        "--state", write_json(tmp_path / "state.json", first.state),
    )  # fmt: skip
    now, stored = _now(sandbox), _stored(loaded)
    for table in TABLES:
        assert set(before[table]) & set(now[table]) <= set(stored[table]) <= set(before[table])
    loaded.load(_every_row(sandbox, state=state or first.state).lines)
    assert _stored(loaded) == now


@that_drain_first
def test_a_version_that_comes_first(warehouse, sandbox):
    """Why it comes last: a tap that announces it first, as the SDK does, and then fails, empties the table."""
    loaded = warehouse(hard_delete=True)
    first, second = _every_row(sandbox), _every_row(sandbox)
    lines = [line for line, (kind, _) in zip(second.lines, second.order, strict=True) if kind != "ACTIVATE_VERSION"]
    versions = [line for line, (kind, _) in zip(second.lines, second.order, strict=True) if kind == "ACTIVATE_VERSION"]
    schemas = [line for line in lines if '"SCHEMA"' in line[:20]]
    loaded.load(first.lines, [*schemas, *versions, *lines[-1:]])
    assert _stored(loaded) == {table: {} for table in TABLES}


@that_delete
def test_rows_without_a_version(warehouse, sandbox):
    """Rows of INCREMENTAL runs have no version: they are deleted, too, but not by target-snowflake."""
    loaded = warehouse(hard_delete=True)
    chosen = catalog(*CHOSEN)
    first, before = run(sandbox, catalog=chosen), _now(sandbox)
    _somebody_leaves(sandbox)
    loaded.load(first.lines, _every_row(sandbox).lines)
    now = _now(sandbox)
    stored = _stored(loaded)
    if loaded.name != "target-snowflake":
        assert stored == now
    else:
        assert _without(stored, now) == _without(before, now)


@pytest.mark.parametrize("warehouse", ["duckdb", "duckdb-bulk", "postgres"], indirect=True)
def test_tombstones(warehouse, sandbox):
    """`emit_tombstones` is for the DuckDB targets with `hard_delete`: elsewhere a removed row keeps its key alone."""
    loaded = warehouse(hard_delete=True)
    chosen = catalog(*CHOSEN, config={"emit_tombstones": True})
    first = run(sandbox, catalog=chosen, emit_tombstones=True)
    before = _now(sandbox)
    _somebody_leaves(sandbox)
    second = run(sandbox, catalog=chosen, emit_tombstones=True, state=first.state)
    loaded.load(first.lines, second.lines)
    now = _now(sandbox)
    if loaded.name.startswith("target-duckdb"):
        for table in TABLES:
            columns = ", ".join(expected.KEYS[table])
            rows = loaded.ask(f"select {columns} from raw_wix.{table}")
            assert {tuple(row.values()) for row in rows} == set(now[table])
        return
    assert _stored(loaded) == now
    gone = _without(before, now)
    for table, rows in _stored(loaded, deleted=True).items():
        assert set(rows) == set(gone[table])
        for row in rows.values():
            assert {name for name, value in row.items() if value is not None} == set(expected.KEYS[table])


@pytest.mark.parametrize("warehouse", ["snowflake"], indirect=True)
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_target_snowflake_deletes_before_it_stores(warehouse, sandbox, hard):
    """Killed in the middle of a line, it has deleted the rows that it had not written; if it only marks, all stay."""
    loaded = warehouse(hard_delete=hard)
    first, second = _every_row(sandbox), _every_row(sandbox)
    after = second.order.index(("ACTIVATE_VERSION", "sites")) + 1
    with pytest.raises(LoadFailed, match="JSONDecodeError"):
        loaded.load(first.lines, [*second.lines[:after], second.lines[after][:20]])
    now = _now(sandbox)
    assert _stored(loaded) == {**now, "sites": {}}
    assert _stored(loaded, deleted=True)["sites"] == ({} if hard else now["sites"])
