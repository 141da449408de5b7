"""Running the tap against a sandbox, and reading what it wrote: in this process, or as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_wix_users.tables import registry
from tap_wix_users.tap import TapWixUsers
from tests import forks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wix_sandbox import Sandbox

TEAM = ("assignments", "invite_assignments", "invites", "users")
TABLES = tuple(sorted(table.name for table in registry.TABLES if table.selected))
"""The tables that are selected by default, in the order that the SDK syncs them: by name."""
BY_SITE = tuple(sorted(table.name for table in registry.TABLES if not table.selected))
"""The tables that cost requests for each site, and are not selected by default."""
LOGS = ("change_log", "snapshots")

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What a run of the tap left: its messages, its log, and its exit code."""

    code: int
    lines: list[str]
    log: str = field(repr=False)

    @cached_property
    def messages(self) -> list[Json]:
        """Every message, in order."""
        return [json.loads(line) for line in self.lines]

    @property
    def order(self) -> list[tuple[str, Any]]:
        """Type and stream of every message, in order."""
        return [(message["type"], message.get("stream")) for message in self.messages]

    def records(self, stream: str) -> list[Json]:
        """The records of a stream."""
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def schema(self, stream: str) -> Json:
        """The SCHEMA message of a stream, of which there is exactly one."""
        (found,) = (m for m in self.messages if m["type"] == "SCHEMA" and m["stream"] == stream)
        return dict(found)

    @property
    def streams(self) -> set[str]:
        """The streams that records came for."""
        return {m["stream"] for m in self.messages if m["type"] == "RECORD"}

    @property
    def state(self) -> Any:
        """The last state, as a target would keep it."""
        return last_state(self.messages)

    @property
    def receipts(self) -> dict[tuple[str, str], Json]:
        """The receipts, by account and stream; never two for the same."""
        found = self.records("snapshots")
        by_read = {(receipt["account_id"], receipt["stream_name"]): receipt for receipt in found}
        assert len(by_read) == len(found)
        return by_read

    def receipt(self, stream: str) -> Json:
        """The receipt of a stream that was read in one account."""
        (found,) = (receipt for (_, name), receipt in self.receipts.items() if name == stream)
        return found

    def versions(self) -> list[str]:
        """The streams that announced a version, in order."""
        return [m["stream"] for m in self.messages if m["type"] == "ACTIVATE_VERSION"]

    def statuses(self) -> dict[str, str]:
        """The status of each stream that was read in one account."""
        return {stream: receipt["status"] for (_, stream), receipt in self.receipts.items()}


def last_state(messages: Iterable[Mapping[str, Any]]) -> Any:
    """The value of the last STATE, None without any."""
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    return states[-1] if states else None


def config(sandbox: Sandbox, **settings: Any) -> Json:
    """Settings for the main account of a sandbox, impatient unless the test says otherwise: no test waits for a retry.

    In pages of which small teams have several.
    """
    return {
        "api_key": sandbox.world.key,
        "account_id": sandbox.world.main.id,
        "base_url": sandbox.url,
        "requests_per_minute": 100_000,
        "max_retry_seconds": 0,
        "page_size": 100,
        **settings,
    }


def run(sandbox: Sandbox, *, catalog: Any = None, state: Any = None, **settings: Any) -> Run:
    """A whole sync in this process, as the command does it."""
    return run_config(config(sandbox, **settings), catalog=catalog, state=state)


def run_config(settings: Json, *, catalog: Json | None = None, state: Json | None = None) -> Run:
    """A whole sync in this process with these settings."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with own_signals(), logged() as log, contextlib.redirect_stdout(written):
        # Copies: the SDK goes on with the very objects that it is given.
        tap = TapWixUsers(config=copied(settings), catalog=copied(catalog), state=copied(state))
        with tap.run:
            tap.sync_all()
        code = tap.run.conclude()
        written.flush()
    output = written.buffer.getvalue().decode()
    assert not output or output.endswith("\n")
    return Run(code, _lines(output), log.getvalue())


def _lines(output: str) -> list[str]:
    """What ends in a line break, and not what is one to `str.splitlines` alone."""
    return output.removesuffix("\n").split("\n") if output else []


def copied(value: Any) -> Any:
    """A copy, as it comes out of a file."""
    return None if value is None else json.loads(json.dumps(value))


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """Gives the signals of this process back, which a tap takes over as soon as it is made."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """What is logged at INFO and above."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def discovered(**settings: Any) -> Json:
    """The catalog that discovery gives with these settings and nothing else."""
    with own_signals():
        catalog: Json = TapWixUsers(config=settings, validate_config=False, setup_mapper=False).catalog_dict
    return copied(catalog)


def catalog(
    *streams: str,
    method: str | None = None,
    without: Mapping[str, Sequence[str]] | None = None,
    config: Json | None = None,
) -> Json:
    """A catalog.

    Args:
        streams: The selected ones; those that are by default when none is given.
        method: Replication method of the tables; the discovered one when not given.
        without: Columns that are not selected, by stream.
        config: Settings of the discovery.
    """
    found = discovered(**(config or {}))
    for entry in found["streams"]:
        name = entry["tap_stream_id"]
        if method and name not in LOGS:
            entry["replication_method"] = method
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = name in (streams or (*TABLES, *LOGS))
            elif item["breadcrumb"][-1] in (without or {}).get(name, ()):
                item["metadata"]["selected"] = False
    return found


def environment(**variables: str) -> dict[str, str]:
    """The environment without any setting of the tap, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAP_WIX_USERS_")}
    return {**kept, **variables}


def write_json(path: Path, content: Any) -> str:
    """A file with this as JSON; its path, for a command line."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


WITH_ERRORS = ("-W", "error")
"""Python's options where a warning is a failure."""


def _program() -> list[str]:
    """The tap's command, which does not import anew what other processes of it have imported."""
    return [str(forks.launcher(Path(sys.executable), "tap-wix-users", ("tap_wix_users.tap",), WITH_ERRORS))]


def command(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """The tap's command, run to its end."""
    return subprocess.run(
        [*_program(), *arguments],
        env=environment() if env is None else env,
        check=False,
        **{"capture_output": True, "text": True, "timeout": 30, **options},
    )


def program(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python code that uses the tap in a process of its own, run to its end."""
    line = [sys.executable, "-c", code, *arguments]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, check=False, timeout=60)


@contextlib.contextmanager
def started(
    *arguments: str,
    env: dict[str, str] | None = None,
    shared: bool = True,
    pipe_bytes: int | None = None,
    **options: Any,
) -> Iterator[Any]:
    """The tap's command while it runs; what is left of it at the end is killed.

    Args:
        arguments: Its command line.
        env: All variables of its environment.
        shared: Whether it shares what other processes of it have imported: then its own process is behind this one.
        pipe_bytes: What its output holds before somebody reads it; None for what the system gives.
        options: More for `Popen`.
    """
    program = _program() if shared else [sys.executable, *WITH_ERRORS, "-m", "tap_wix_users"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    if pipe_bytes:
        # Before anything can be in it: a pipe that holds more cannot be made smaller.
        output, pipes["stdout"] = os.pipe()
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, pipe_bytes)
    with subprocess.Popen([*program, *arguments], env=env or environment(), **pipes) as process:
        if pipe_bytes:
            os.close(pipes["stdout"])
            process.stdout = os.fdopen(output, "rb")
        try:
            yield process
        finally:
            process.kill()


def commands(*lines: Sequence[str], env: dict[str, str] | None = None) -> list[Run]:
    """The tap's command, once for each of these command lines."""
    ended = [command(*line, env=env) for line in lines]
    return [Run(done.returncode, _lines(done.stdout), done.stderr) for done in ended]
