"""The answers of a large account: the tap into DuckDB, then `dbt build`, models and tests.

    python benchmarks/models.py [--users 50000] [--sites 600] [--rounds 3] [--beside CHECKOUT]

Each round builds a copy of the loaded database twice with each of the two projects, one after the other: this one, and
that of the other checkout (`git worktree add`). The first build is a first run, the second a daily one: dbt has parsed
the project, and its relations are there. The figures are medians of seconds of work, dbt's start included, and the
ratios are those to the other checkout. Targets and dbt are those that `make install-warehouses` installs. The effective
access is then counted: every row of it once, and those of one person and of one site, which is how people ask.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import bench
import duckdb
from duckdb_load import OURS, loaded

ROOT = Path(__file__).parents[1]
DBT = ROOT / ".meltano/utilities/dbt-duckdb/venv/bin/dbt"
KINDS = ("first", "daily")


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--folders", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path, help="another checkout, to build its models in turn with these")
    options = parser.parse_args()
    projects = {"": ROOT, **({"beside_": options.beside} if options.beside else {})}
    costs: dict[str, list[float]] = defaultdict(list)
    with bench.sandbox("--users", options.users, "--sites", options.sites, "--folders", options.folders) as wix:
        messages, database = wix.folder / "messages.jsonl", wix.folder / "wix.duckdb"
        wix.run(out=messages)
        sent = Counter(line.split(b'"', 9)[7].decode() for line in messages.open("rb") if b'"RECORD"' in line[:20])
        load = loaded(wix, OURS, ["cat", str(messages)], sent)
        raw = wix.folder / "load.duckdb"
        for number in range(options.rounds):
            for name, root in projects.items():
                shutil.copy(raw, database)
                for kind in KINDS:
                    costs[f"{name}{kind}"].append(_build(root, database, wix.folder / f"dbt-{name}{number}"))
        answers = _questions(root=ROOT, raw=raw, database=database, target=wix.folder / "dbt-last")
    figures: dict[str, Any] = {"rows": sum(sent.values()), "load_cpu_seconds": load.cpu}
    figures |= {f"{name}_cpu_seconds": statistics.median(found) for name, found in costs.items()}
    if options.beside:
        figures |= {f"{kind}_to_beside": _median_ratio(costs[kind], costs[f"beside_{kind}"]) for kind in KINDS}
    return bench.tell("models", {**figures, **answers}, options)


def _median_ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _build(root: Path, database: Path, target: Path) -> float:
    """Seconds of work of `dbt build`."""
    variables = {"WIX_DUCKDB": str(database), "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    target.mkdir(exist_ok=True)
    with (target / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [str(DBT), "build", "--profiles-dir", "profiles/duckdb"],
            cwd=root / "transform", env={**bench.ENVIRONMENT, **variables}, stdout=output, stderr=output,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        text = (target / "output.txt").read_text(encoding="utf-8")
        raise SystemExit(f"dbt build in {root} ended with {process.returncode}:\n{text[-3000:]}")
    return used.ru_utime + used.ru_stime


def _questions(*, root: Path, raw: Path, database: Path, target: Path) -> dict[str, Any]:
    shutil.copy(raw, database)
    _build(root, database, target)
    with duckdb.connect(str(database), read_only=True) as connection:
        person, _ = _count(connection, "where email = 'ada.okafor@acme-studio.example'")
        site, _ = _count(connection, "where site_name = 'Shop EU'")
        whole, found = _count(connection)
    return {
        "access_rows": found,
        "access_of_a_person_seconds": person,
        "access_to_a_site_seconds": site,
        "access_whole_seconds": whole,
    }


def _count(connection: duckdb.DuckDBPyConnection, condition: str = "") -> tuple[float, int]:
    """Seconds that it takes to count the rows of effective access, and how many they are."""
    started = time.perf_counter()
    ((count,),) = connection.execute(f"select count(*) from access_wix.access {condition}").fetchall()  # noqa: S608
    return time.perf_counter() - started, count


if __name__ == "__main__":
    sys.exit(main())
