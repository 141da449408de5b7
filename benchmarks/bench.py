"""What the benchmarks share: a sandbox as a process, the tap as a process, and what a run of it cost."""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TAP = (sys.executable, "-m", "tap_wix_users")
NO_LIMIT = 10_000_000
"""Requests a minute that no run reaches."""

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
}
"""A user's: without what containers of CI set, a system call for each record and a compilation for each start."""

_RECORDS = re.compile(r'"metric":\s*"record_count",\s*"value":\s*(\d+)')
_READY = re.compile(r"at (\S+) \(account (\S+), key (\S+)\)")
_TAIL = 1 << 20


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that serves.

    Attributes:
        url: Where.
        account_id: Its main account.
        key: Its API key.
        folder: For the files of this benchmark.
    """

    url: str
    account_id: str
    key: str
    folder: Path

    def stats(self) -> dict[str, Any]:
        """Requests per endpoint, requests that were throttled, and rows per account, so far."""
        answer: dict[str, Any] = httpx.get(f"{self.url}/_sandbox/stats", timeout=60).json()
        return answer

    def requests(self) -> int:
        """Requests so far, to all endpoints."""
        return sum(self.stats()["requests"].values())

    def advance(self, days: int) -> None:
        """Let so many days pass in its accounts."""
        httpx.post(f"{self.url}/_sandbox/advance", json={"days": days}, timeout=600).raise_for_status()

    def config(self, **settings: Any) -> dict[str, Any]:
        """Settings of the tap for this sandbox, without a limit unless one is given."""
        who = {"base_url": self.url, "account_id": self.account_id, "api_key": self.key}
        return {**who, "requests_per_minute": NO_LIMIT, **settings}

    def catalog(self, *, method: str | None = None, select: Iterable[str] = ()) -> Path:
        """A catalog: the tap's own, with another replication method, and more streams selected."""
        command = [*TAP, "--config", str(self._write("config.json", self.config())), "--discover"]
        found = json.loads(subprocess.run(command, capture_output=True, check=True, env=ENVIRONMENT).stdout)
        for stream in found["streams"]:
            about = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
            if stream["tap_stream_id"] in select:
                about["selected"] = True
            if method and stream["tap_stream_id"] not in {"change_log", "snapshots"}:
                stream["replication_method"] = method
        return self._write(f"catalog-{method}-{'-'.join(select)}.json", found)

    def run(
        self,
        command: Sequence[str] = TAP,
        *,
        settings: dict[str, Any] | None = None,
        catalog: Path | None = None,
        state: Path | None = None,
        out: Path = Path("/dev/null"),
    ) -> Run:
        """Run the tap, or another one, from its start to its end.

        Args:
            command: The tap.
            settings: Settings beside those that reach this sandbox.
            catalog: Catalog file.
            state: State file.
            out: Where its messages go.
        """
        config = self._write("config.json", self.config(**(settings or {})))
        files = {"--config": config, "--catalog": catalog, "--state": state}
        arguments = [text for option, path in files.items() if path for text in (option, str(path))]
        log = self.folder / "log.txt"
        with out.open("wb") as stdout, log.open("wb") as stderr:
            started = time.perf_counter()
            process = subprocess.Popen([*command, *arguments], stdout=stdout, stderr=stderr, env=ENVIRONMENT)
            # Of this child alone: what `getrusage` tells of children is the greatest of all. The kernel begins to count
            # a child's peak with that of its parent, so one that stayed below it cannot be told.
            own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        text = log.read_text(encoding="utf-8", errors="replace")
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{text[-3000:]}")
        peak = used.ru_maxrss / 1024 if used.ru_maxrss > own else None
        rows = sum(map(int, _RECORDS.findall(text)))
        return Run(seconds, rows, used.ru_utime + used.ru_stime, peak, text)

    def state_after(self, out: Path) -> Path:
        """The last STATE of a run's messages, as a file, to begin the next run with."""
        path = self.folder / "state.json"
        path.write_bytes(last_state(out))
        return path

    def _write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Run:
    """What a run cost, the start of its interpreter included.

    Attributes:
        seconds: By the wall clock.
        rows: Records of its tables, by the metrics in its log.
        cpu_seconds: Its own work, in user and kernel mode.
        peak_mb: The most memory that it held; None when this process held more.
        log: What it logged.
    """

    seconds: float
    rows: int
    cpu_seconds: float
    peak_mb: float | None
    log: str

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Rows for each second of its own work, which other jobs on the machine disturb least."""
        return self.rows / self.cpu_seconds


@contextmanager
def sandbox(*options: str | int) -> Iterator[Sandbox]:
    """A sandbox without a request limit (unless an option sets one), in a process of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tap-wix-users-bench-") as folder:
        limit = [] if "--requests-per-minute" in options else ["--requests-per-minute", "0"]
        command = [sys.executable, "-m", "wix_sandbox.cli", *limit, *map(str, options)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                if not (found := _READY.search(line)):
                    raise SystemExit(f"the sandbox did not start: {line!r}")
                yield Sandbox(*found.groups(), folder=Path(folder))
            finally:
                process.terminate()


def fastest(runs: Iterable[Run]) -> Run:
    """The run that the machine disturbed least."""
    return min(runs, key=lambda run: run.seconds)


class _State(msgspec.Struct):
    value: msgspec.Raw


def last_state(out: Path) -> bytes:
    """The value of the last STATE in a file of messages, as JSON.

    Read from the file's end, so that this process stays small: see `Sandbox.run`.
    """
    size = out.stat().st_size
    tail = _TAIL
    with out.open("rb") as messages:
        while True:
            messages.seek(max(0, size - tail))
            found = messages.read()
            place = found.rfind(b'\n{"type":"STATE"')
            if place >= 0:
                end = found.index(b"\n", place + 1)
                return bytes(msgspec.json.decode(found[place + 1 : end], type=_State).value)
            if tail >= size:
                raise SystemExit("the run left no state")
            tail *= 4


def parser(about: str | None) -> argparse.ArgumentParser:
    """A command line that tells what the benchmark is."""
    text = about or ""
    return argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)


def tell(name: str, figures: dict[str, Any], options: argparse.Namespace) -> int:
    """Print the one line of a benchmark: its name, its figures, and what it was run with."""
    ran_with = {
        key: value if isinstance(value, int | float | bool) else str(value) for key, value in vars(options).items()
    }
    print(
        json.dumps({"benchmark": name, **_rounded(figures), "with": {**ran_with, "cpus": os.cpu_count()}}), flush=True
    )
    return 0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, float):
        return round(value) if abs(value) >= 1000 else float(f"{value:.3g}")
    return value
