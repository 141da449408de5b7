"""Loads that fail or are killed: a batch is whole or not there, and no state is emitted that is not covered."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.support import environment
from tests.target.load import as_lines, ask, command, load, record, schema, started, state

DECLARED = {"id": "integer", "v": "string"}
ROWS = 6
SIZE = 2
ONLY_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _messages():
    """Rows of two streams, and a state after every third."""
    yield schema("a", DECLARED)
    yield schema("b", DECLARED)
    for place in range(ROWS):
        yield record("a", {"id": place, "v": "x" * 100})
        yield record("b", {"id": place, "v": "y" * 100})
        if place % 3 == 2:
            yield state({"upto": place})


def _stored(path, stream):
    return {row for (row,) in ask(path, f"select id from {stream}")} if path.exists() else set()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_killed_at_every_message(tmp_path, signum):
    """Batches are whole, every row of a state that was emitted is there, no file is left, and the next run heals."""
    messages = list(_messages())
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    settings = {"batch_size_rows": SIZE, "signal": signum, "messages": as_lines(messages)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed.py"))],
        input=json.dumps(settings), cwd=tmp_path, env=environment(TMPDIR=str(temporary)),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for upto in range(1, len(messages) + 1):
        path = tmp_path / f"{upto}.duckdb"
        told = path.with_suffix(".states").read_text(encoding="utf-8").splitlines()
        covered = json.loads(told[-1])["upto"] if told else -1
        before = messages[:upto]
        for stream in "ab"[:upto]:
            sent = sum(one["type"] == "RECORD" and one["stream"] == stream for one in before)
            stored = _stored(path, stream)
            assert stored == set(range(sent // SIZE * SIZE)), (upto, stream)
            assert set(range(covered + 1)) <= stored
        load(path, *messages)
        assert _stored(path, "a") == _stored(path, "b") == set(range(ROWS))
    assert list(temporary.iterdir()) == []


def test_the_state_comes_after_the_rows(tmp_path):
    """A load that fails emits none; one that ends emits the last, when all is stored."""
    path = tmp_path / "x.duckdb"
    messages = list(_messages())
    code, states, log = command(path, *messages, "{", batch_size_rows=SIZE)
    assert (code, states) == (1, [])
    assert "Traceback" not in log
    assert _stored(path, "a") == set(range(ROWS // SIZE * SIZE))
    assert command(path, *messages)[:2] == (0, [{"upto": ROWS - 1}])


def test_a_batch_that_fails(tmp_path):
    """Of a batch with one bad date nothing is stored; the batches before it stay."""
    path = tmp_path / "x.duckdb"
    declared = {"id": "integer", "at": {"type": "string", "format": "date-time"}}
    rows = [record("a", {"id": place, "at": "soon" if place == 7 else None}) for place in range(9)]
    code, states, log = command(path, schema("a", declared), *rows, state({}), batch_size_rows=3)
    assert (code, states) == (1, [])
    assert "Stream `a` has 1 values of `at` that are not TIMESTAMP." in log
    assert "soon" not in log
    assert "Traceback" not in log
    assert _stored(path, "a") == set(range(6))


def test_a_batch_that_fails_half_way(tmp_path):
    """Rows that were to be replaced are there as they were, where the new ones cannot be stored."""
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table a (id bigint, v varchar check (length(v) < 5))")
        connection.execute("insert into a values (1, 'old'), (2, 'old')")
    rows = [record("a", {"id": 1, "v": "new"}), record("a", {"id": 2, "v": "too long"})]
    code, states, log = command(path, schema("a", DECLARED), *rows, state({}))
    assert (code, states) == (1, [])
    assert "DuckDB cannot store a batch of stream `a`: Constraint Error" in log
    assert "Traceback" not in log
    assert sorted(ask(path, "from a")) == [(1, "old"), (2, "old")]


def test_a_file_that_another_process_holds(tmp_path):
    """A sentence names that process; nothing of the file changes."""
    path = tmp_path / "x.duckdb"
    load(path, *_messages())
    with duckdb.connect(str(path), read_only=True):
        code, states, log = command(path, *_messages())
    assert (code, states) == (1, [])
    assert f"Another process (PID {os.getpid()}) has {path} open" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/x.duckdb", "There is no folder"),
        ("folder", "DuckDB cannot open"),
        ("text", "it is not a valid DuckDB database file"),
    ],
)
def test_a_file_that_cannot_be_opened(tmp_path, name, words):
    """A sentence says why."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database " * 1000)
    config = tmp_path / "config.json"
    path = tmp_path / name
    with started(config, filepath=str(path)) as process:
        _, log = process.communicate("".join(f"{json.dumps(one)}\n" for one in _messages()), timeout=300)
    assert process.returncode == 1
    assert words in log
    assert "Traceback" not in log


def test_a_full_disk(tmp_path, monkeypatch):
    """A sentence; a load with room again goes on from where the last batch was stored."""
    path = tmp_path / "x.duckdb"
    load(path, *_messages())
    big = [record("a", {"id": place, "v": os.urandom(500_000).hex()}) for place in range(20)]
    # As if the disk had no room for more than this file.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
    try:
        code, states, log = command(path, schema("a", DECLARED), *big, state({"big": True}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, states) == (1, [])
    assert "Traceback" not in log
    assert "The load failed: File too large" in log or "DuckDB cannot" in log
    assert _stored(path, "a") == set(range(ROWS))
    assert load(path, schema("a", DECLARED), *big, state({"big": True})) == [{"big": True}]
    assert _stored(path, "a") == set(range(20))


@pytest.mark.parametrize("record_", ['{"id":1,"n":1e400}', '{"id":1,"unknown":1e400}', '{"id":1,"unknown":-1e400}'])
def test_a_number_that_nothing_can_hold(tmp_path, record_):
    """A sentence, without the number; nothing of the batch is stored."""
    line = json.dumps(record("a", {})).replace("{}", record_)
    code, states, log = command(tmp_path / "x.duckdb", schema("a", {"id": "integer", "n": "number"}), line, state({}))
    assert (code, states) == (1, [])
    assert "A record of stream `a` cannot be read: Number out of range" in log
    assert "Traceback" not in log


def test_an_input_that_does_not_wait(tmp_path):
    """A tap that pauses is not taken for one that has ended, on a pipe that is set not to wait for it."""
    path = tmp_path / "x.duckdb"
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    messages = [f"{json.dumps(one)}\n".encode() for one in _messages()]
    with started(path, stdin=reading) as process, os.fdopen(writing, "wb", buffering=0) as tap:
        os.close(reading)
        tap.write(messages[0])
        # As long as it takes to store something of the first message.
        while not path.exists():
            assert process.poll() is None
            time.sleep(0.02)
        for message in messages[1:]:
            time.sleep(0.02)
            tap.write(message)
        tap.close()
        told, log = process.communicate(timeout=300)
    assert process.returncode == 0, log
    assert json.loads(told.splitlines()[-1]) == {"upto": ROWS - 1}
    assert _stored(path, "a") == _stored(path, "b") == set(range(ROWS))


def test_settings_that_do_not_fit(tmp_path):
    """Said before the first message; so is a file that is missing."""
    code, states, log = command(tmp_path / "x.duckdb", hard_delete="perhaps")
    assert (code, states) == (1, [])
    assert "'perhaps' is not of type 'boolean'" in log


def test_the_files_are_private(tmp_path):
    """The database is for its owner alone; one that is there keeps its mode."""
    path = tmp_path / "x.duckdb"
    before = os.umask(0)
    try:
        load(path, *_messages())
        assert not path.stat().st_mode & ONLY_FOR_OTHERS
        path.chmod(0o640)
        load(path, *_messages())
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_nobody_reads_the_states(tmp_path):
    """All is stored; that the states were not emitted shows in the exit code."""
    path = tmp_path / "x.duckdb"
    with started(path) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write("".join(f"{json.dumps(one)}\n" for one in _messages()))
        process.stdin.close()
        log = process.stderr.read()
    assert process.returncode == 1
    assert "Traceback" not in log
    assert _stored(path, "a") == set(range(ROWS))
