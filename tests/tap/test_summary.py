"""The summary of a run: one line of JSON in the log of the real process, however the run ends."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from importlib.metadata import version

import pytest

from tests.support import TABLES, catalog, command, config, environment, program, started, write_json
from wix_sandbox import ApiOptions, Fault, Size, World

KEY = "IST.marked-0123456789abcdef"
LINE = re.compile(r"SUMMARY: (\{.*\})$", re.MULTILINE)
STATUSES = ("complete", "unverified", "held", "refused", "failed")


def _summary(log):
    """What a plain log says, of which there is exactly one line."""
    (found,) = LINE.findall(log)
    return json.loads(found)


def _run(tmp_path, sandbox, state=None, env=None, chosen=None, **settings):
    arguments = ["--config", write_json(tmp_path / "config.json", config(sandbox, **settings))]
    if state is not None:
        arguments += ["--state", write_json(tmp_path / "state.json", state)]
    if chosen is not None:
        arguments += ["--catalog", write_json(tmp_path / "catalog.json", chosen)]
    done = command(*arguments, env=env)
    assert sandbox.world.key not in done.stderr
    return done


def _messages(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def _state_bytes(done):
    return len([line for line in done.stdout.splitlines() if json.loads(line)["type"] == "STATE"][-1].encode())


def _records(done):
    return Counter(message["stream"] for message in _messages(done) if message["type"] == "RECORD")


def _without_times(summary):
    times = {name: summary.pop(name) for name in ("started_at", "duration_seconds")}
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", times["started_at"])
    assert 0 < times["duration_seconds"] < 120
    return summary


def _receipts(**counts):
    return {status: counts.get(status, 0) for status in STATUSES}


def _changes(added, modified, removed):
    return {"added": added, "modified": modified, "removed": removed}


UNKNOWN = _changes(None, None, None)
"""Of a first snapshot: there is nothing to compare it with."""


def test_a_first_and_a_second_run(tmp_path, serve):
    """The line has what was requested, written and proved; that of the second run has what changed, by stream."""
    sandbox = serve()
    first = _run(tmp_path, sandbox)
    assert first.returncode == 0
    base = {
        "tap": "tap-wix-users",
        "version": version("tap-wix-users"),
        "outcome": "complete",
        "accounts": 1,
        "retries": 0,
        "waited_seconds": {"budget": 0.0, "retries": 0.0},
        "receipts": _receipts(complete=len(TABLES)),
        "failed": [],
    }
    asked = len(sandbox.requests)
    assert _without_times(_summary(first.stderr)) == {
        **base,
        "requests": asked,
        "rows": dict(sorted(_records(first).items())),
        "state_bytes": _state_bytes(first),
        "changes": dict.fromkeys(TABLES, UNKNOWN),
    }
    with sandbox.lock:
        sandbox.world.advance(30)
    state = [m["value"] for m in _messages(first) if m["type"] == "STATE"][-1]
    second = _run(tmp_path, sandbox, state=state)
    logged = Counter(
        (m["record"]["stream_name"], m["record"]["change_type"])
        for m in _messages(second)
        if m["type"] == "RECORD" and m["stream"] == "change_log"
    )
    assert sum(logged.values()) > 10
    assert _without_times(_summary(second.stderr)) == {
        **base,
        "requests": len(sandbox.requests) - asked,
        "rows": {name: _records(second)[name] for name in sorted({*TABLES, "change_log", "snapshots"})},
        "state_bytes": _state_bytes(second),
        "changes": {
            name: _changes(logged[name, "added"], logged[name, "modified"], logged[name, "removed"]) for name in TABLES
        },
    }


def test_two_accounts(tmp_path, serve):
    """Rows, changes and receipts of all accounts are added up."""
    world = World(Size(users=12, sites=3, child_accounts=2))
    sandbox = serve(world)
    done = _run(tmp_path, sandbox, include_child_accounts=True)
    found = _summary(done.stderr)
    assert (found["accounts"], found["receipts"]) == (3, _receipts(complete=3 * len(TABLES)))
    assert found["rows"] == dict(_records(done))
    assert found["rows"]["users"] == sum(account.counts()["users"] for account in world.accounts.values())


def test_tombstones_are_rows(tmp_path, serve):
    """As many rows as RECORD messages, tombstones among them."""
    sandbox = serve()
    first = _run(tmp_path, sandbox, emit_tombstones=True)
    state = [m["value"] for m in _messages(first) if m["type"] == "STATE"][-1]
    with sandbox.lock:
        sandbox.world.main.leave(next(iter(sandbox.world.main.people)))
    done = _run(tmp_path, sandbox, state=state, emit_tombstones=True)
    assert {name: count for name, count in _summary(done.stderr)["rows"].items() if count} == _records(done)
    assert _records(done)["users"] == 1


def test_a_run_that_fails(tmp_path, serve):
    """It names what failed, and counts the other tables; it is logged as an error, before the reasons."""
    sandbox = serve(
        options=ApiOptions(deny=["get_roles"]), faults=[Fault.of("status", endpoint="query_folders", nth=1)]
    )
    done = _run(tmp_path, sandbox, env=environment(TAP_WIX_USERS_LOGLEVEL="ERROR"))
    assert done.returncode == 1
    found = _summary(done.stderr)
    assert (found["outcome"], found["failed"]) == ("incomplete", ["folders", "roles"])
    assert found["receipts"] == _receipts(complete=6, refused=1, failed=1)
    assert set(found["changes"]) == {*TABLES} - {"folders", "roles"}
    assert found["rows"].get("roles", 0) == 0
    assert [line for line in done.stderr.splitlines() if "SUMMARY: " in line] == done.stderr.splitlines()[-4:-3]


def test_waits(tmp_path, serve):
    """Seconds spent on retries are separate from those spent waiting for the request budget."""
    throttled = Fault.of("status", endpoint="search_team", status=429, headers={"retry-after": "1"})
    broken = Fault.of("status", endpoint="get_roles", status=503)
    done = _run(tmp_path, serve(faults=[throttled, broken]), max_retry_seconds=20, max_concurrency=1)
    assert done.returncode == 0
    found = _summary(done.stderr)
    assert (found["outcome"], found["retries"]) == ("complete", 2)
    # The second that Wix asks for begins when its answer comes: on a busy machine less of it is left to wait.
    assert 1.5 < found["waited_seconds"]["retries"] < 3
    assert found["waited_seconds"]["budget"] == 0


def test_a_deselected_stream_of_receipts(tmp_path, serve):
    """Receipts are counted even if they are not selected."""
    done = _run(tmp_path, serve(), chosen=catalog("users"))
    assert _summary(done.stderr)["receipts"] == _receipts(complete=1)
    assert _records(done).keys() == {"users"}


# How a run can end.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal(tmp_path, serve, number):
    """A run that is ended logs its summary all the same."""
    sandbox = serve(faults=[Fault.of("stall", endpoint="query_sites", seconds=300)])
    with started("--config", write_json(tmp_path / "config.json", config(sandbox, request_timeout=300))) as process:
        while b'"roles"' not in (line := process.stdout.readline()):
            assert line
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(60) == 128 + number
        found = _summary(process.stderr.read().decode())
    assert found["outcome"] == "terminated"
    assert found["receipts"]["complete"] < len(TABLES)


def test_a_closed_pipe(tmp_path, serve):
    """So does one whose target is gone."""
    sandbox = serve(World(Size(users=400)))
    with started("--config", write_json(tmp_path / "config.json", config(sandbox))) as process:
        process.stdout.close()
        assert process.wait(60) == 1
        assert _summary(process.stderr.read().decode())["outcome"] == "target_gone"


def test_a_crash(tmp_path, serve):
    """So does one that ends unexpectedly."""
    code = (
        "from tap_wix_users.tap import TapWixUsers as T\n"
        "def boom(self): raise RuntimeError('never thought of')\n"
        "T.sync_all = boom\n"
        "T.cli()"
    )
    done = program(code, "--config", write_json(tmp_path / "config.json", config(serve())))
    assert done.returncode == 1
    assert _summary(done.stderr)["outcome"] == "crashed"
    assert "RuntimeError: never thought of" in done.stderr


@pytest.mark.parametrize("option", ["--test", "--discover", "--about"])
def test_no_run_no_summary(tmp_path, serve, option):
    """A test of the connection is no run, and an alert on the line must not take it for one."""
    settings = write_json(tmp_path / "config.json", config(serve()))
    done = command("--config", settings, option)
    assert done.returncode == 0
    assert LINE.findall(done.stderr) == []


# Structured logs.


def _structured(tmp_path):
    """The configuration that Meltano writes for a plugin whose log it parses."""
    handler = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    logs = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "singer_sdk.logging.StructuredFormatter"}},
        "handlers": {"console": handler},
        "root": {"level": "INFO", "handlers": ["console"]},
    }
    return environment(SINGER_SDK_LOG_CONFIG=write_json(tmp_path / "logging.json", logs))


def test_structured_logs(tmp_path, serve):
    """Every line is JSON, and exactly one has the summary as an object; the SDK's measurements are as they were."""
    sandbox = serve()
    done = _run(tmp_path, sandbox, env=_structured(tmp_path))
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (line,) = [line for line in lines if "summary" in line["extra"]]
    found = line["extra"]["summary"]
    assert line["message"] == "SUMMARY: " + json.dumps(found, separators=(",", ":"))
    assert (line["level"], found["outcome"]) == ("info", "complete")
    assert found["requests"] == len(sandbox.requests)
    measured = {(m["metric_info"]["metric"], m["metric_info"]["tags"]["stream"]) for m in lines if "metric_info" in m}
    assert {("record_count", name) for name in TABLES} <= measured


def test_structured_logs_of_a_run_that_fails(tmp_path, serve):
    """Its level is `error`, for alerts by level."""
    done = _run(tmp_path, serve(options=ApiOptions(deny=["get_roles"])), env=_structured(tmp_path))
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (line,) = [line for line in lines if "summary" in line["extra"]]
    assert (line["level"], line["extra"]["summary"]["failed"]) == ("error", ["roles"])
