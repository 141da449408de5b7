"""The whole job as people run it, and each of its parts by itself: which of them do they wait for?

    python benchmarks/pipeline.py [--users 10000] [--sites 600] [--days 1]

Two lines: `first` loads an empty database, `daily` is the same job so many days later. Of each, `meltano run` is
measured from its start to its end, and then, against the same account, what it does: the tap's discovery, the tap, the
target, `dbt build` and the published copy. All in seconds of work (user and system), since another job on the machine
changes the wall clock and not these; `wall` is beside them. What is left of the whole is Meltano's own. The parts have
a database and a state of their own. Meltano and its plugins are those that `make install` installs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
MELTANO = os.environ.get("MELTANO") or str(ROOT / ".venv-meltano/bin/meltano")
PLUGINS = ROOT / ".meltano"
TAP = PLUGINS / "extractors/tap-wix-users/venv/bin/tap-wix-users"
TARGET = PLUGINS / "loaders/target-duckdb-bulk/venv/bin/target-duckdb-bulk"
DBT = PLUGINS / "utilities/dbt-duckdb/venv/bin"
JOB = "wix-to-duckdb"
PUBLISHED = (
    *(f"current_wix.{table}" for table in ("accounts", "assignments", "folders", "roles", "sites")),
    "intermediate_wix",
    "access_wix",
)


@dataclass(frozen=True)
class Cost:
    """Seconds of work, and by the clock."""

    work: float
    wall: float


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--days", type=int, default=1)
    options = parser.parse_args()
    with bench.sandbox("--users", options.users, "--sites", options.sites, "--folders", 60) as wix:
        job, parts = Job(wix), Parts(wix)
        for run in ("first", "daily"):
            if run == "daily":
                wix.advance(options.days)
            whole, each = job.run(), parts.run()
            work = {name: cost.work for name, cost in each.items()}
            figures = {
                "run": run,
                "work": {"whole": whole.work, "meltano": whole.work - sum(work.values()), **work},
                "wall": {"whole": whole.wall, **{name: cost.wall for name, cost in each.items()}},
                "share": {name: seconds / whole.work for name, seconds in work.items()},
            }
            bench.tell("pipeline", figures, options)
    return 0


class Job:
    """`meltano run`, in a project of its own beside the installed plugins."""

    def __init__(self, wix: bench.Sandbox) -> None:
        self._project = wix.folder / "project"
        (self._project / ".meltano").mkdir(parents=True)
        (self._project / "output").mkdir()
        for path in (ROOT / "meltano.yml", ROOT / "pyproject.toml", *ROOT.glob("constraints*.txt")):
            shutil.copy(path, self._project)
        (self._project / "transform").symlink_to(ROOT / "transform")
        for kind in ("extractors", "loaders", "utilities"):
            (self._project / ".meltano" / kind).symlink_to(PLUGINS / kind)
        self._variables = {
            "MELTANO_PROJECT_ROOT": str(self._project),
            "MELTANO_CLI_LOG_LEVEL": "warning",
            **{f"TAP_WIX_USERS_{name.upper()}": str(value) for name, value in wix.config().items()},
        }

    def run(self) -> Cost:
        """Run the job once."""
        return _cost([MELTANO, "--environment=sandbox", "run", JOB], self._project, self._variables)


class Parts:
    """What the job does, one after the other."""

    def __init__(self, wix: bench.Sandbox) -> None:
        self._folder = folder = wix.folder / "parts"
        folder.mkdir()
        self._files = {name: folder / name for name in ("tap.json", "target.json", "catalog.json", "state.json")}
        self._files["tap.json"].write_text(json.dumps(wix.config(history=True)), encoding="utf-8")
        load = {"filepath": str(folder / "wix.duckdb"), "default_target_schema": "raw_wix"}
        self._files["target.json"].write_text(json.dumps(load), encoding="utf-8")
        self._variables = {
            "WIX_DUCKDB": load["filepath"],
            "DBT_TARGET_PATH": str(folder / "dbt"),
            "DBT_LOG_PATH": str(folder / "dbt"),
            "DBT_PROFILES_DIR": str(ROOT / "transform/profiles/duckdb"),
        }

    def run(self) -> dict[str, Cost]:
        """Run each part once."""
        folder, files = self._folder, self._files
        messages = folder / "messages.jsonl"
        tap = [TAP, "--config", files["tap.json"]]
        state = ["--state", files["state.json"]] if files["state.json"].exists() else []
        costs = {
            "discovery": self._cost([*tap, "--discover"], out=files["catalog.json"]),
            "tap": self._cost([*tap, "--catalog", files["catalog.json"], *state], out=messages),
            "target": self._cost([TARGET, "--config", files["target.json"]], given=messages),
            "dbt": self._cost([DBT / "dbt", "build", "--project-dir", ROOT / "transform"]),
            "publish": self._cost(
                [
                    DBT / "python",
                    ROOT / "transform/publish.py",
                    folder / "wix.duckdb",
                    folder / "access.duckdb",
                    *PUBLISHED,
                ]
            ),
        }
        files["state.json"].write_bytes(bench.last_state(messages))
        return costs

    def _cost(self, command: Sequence[str | Path], *, given: Path | None = None, out: Path | None = None) -> Cost:
        return _cost(command, self._folder, self._variables, given=given, out=out)


def _cost(
    command: Sequence[str | Path],
    folder: Path,
    variables: Mapping[str, str],
    *,
    given: Path | None = None,
    out: Path | None = None,
) -> Cost:
    """What a command costs, with all that it starts and waits for."""
    log = folder / "log.txt"
    environment = {**bench.ENVIRONMENT, **variables}
    arguments = [*map(str, command)]
    with log.open("wb") as stderr, (given or Path(os.devnull)).open("rb") as stdin, (out or log).open("ab") as stdout:
        stdout.truncate(0)
        started = time.perf_counter()
        process = subprocess.Popen(arguments, cwd=folder, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told: Any = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}:\n{told}")
    return Cost(used.ru_utime + used.ru_stime, wall)


if __name__ == "__main__":
    sys.exit(main())
