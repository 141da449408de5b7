"""A large account into DuckDB, from start to end, beside what else people load it with.

    python benchmarks/duckdb_load.py [--users 50000] [--sites 600] [--rounds 3] [--dlt PYTHON]

Each round, one after the other: the tap piped into `target-duckdb-bulk`; the same messages from a file into it, and
into `target-duckdb`; and, where `--dlt` names the Python of an environment with it, dlt's Parquet way
(`benchmarks/peers/dlt_pipeline.py`), which reads the same account for two of the tables. The figures are medians. Rows
sent are compared with rows stored, of every table: a load that loses any is an error. The targets are those that
`make install-warehouses` installs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench
import duckdb

if TYPE_CHECKING:
    from collections.abc import Sequence

LOADERS = Path(__file__).parents[1] / ".meltano" / "loaders"
OURS, OTHER = "target-duckdb-bulk", "target-duckdb"
SETTINGS: dict[str, dict[str, Any]] = {OURS: {}, OTHER: {"add_metadata_columns": True}}
SCHEMA = "raw_wix"
PEER = Path(__file__).parent / "peers" / "dlt_pipeline.py"


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of work."""

    wall: float
    cpu: float


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dlt", type=Path, help="the Python of an environment with dlt[duckdb] and pyarrow")
    options = parser.parse_args()
    costs: dict[str, list[Cost]] = {}
    with bench.sandbox("--users", options.users, "--sites", options.sites) as wix:
        messages = wix.folder / "messages.jsonl"
        wix.run(out=messages)
        sent = Counter(line.split(b'"', 9)[7].decode() for line in messages.open("rb") if b'"RECORD"' in line[:20])
        tap = [*bench.TAP, "--config", str(wix.folder / "config.json")]
        for _ in range(options.rounds):
            costs.setdefault("piped", []).append(loaded(wix, OURS, tap, sent))
            for target in (OURS, OTHER):
                costs.setdefault(target, []).append(loaded(wix, target, ["cat", str(messages)], sent))
            if options.dlt:
                costs.setdefault("dlt", []).append(_by_dlt(wix, options.dlt, sent))
    return bench.tell("duckdb_load", _figures(costs, sum(sent.values())), options)


def _figures(costs: dict[str, list[Cost]], rows: int) -> dict[str, Any]:
    wall = {name: statistics.median(one.wall for one in found) for name, found in costs.items()}
    cpu = {name: statistics.median(one.cpu for one in found) for name, found in costs.items()}
    figures: dict[str, Any] = {"rows": rows, "lost": 0, "rows_per_second": rows / wall["piped"]}
    figures |= {f"{name}_seconds": seconds for name, seconds in wall.items()}
    figures |= {f"{name}_cpu_seconds": seconds for name, seconds in cpu.items()}
    figures["cpu_to_target_duckdb"] = cpu[OURS] / cpu[OTHER]
    if "dlt" in costs:
        figures |= {"seconds_to_dlt": wall["piped"] / wall["dlt"], "cpu_to_dlt": cpu["piped"] / cpu["dlt"]}
    return figures


def loaded(wix: bench.Sandbox, target: str, source: Sequence[str], sent: Counter[str]) -> Cost:
    """What a load into an empty database costs: with the tap's own cost where that is the source."""
    database, config = wix.folder / "load.duckdb", wix.folder / f"{target}.json"
    database.unlink(missing_ok=True)
    settings = {"filepath": str(database), "default_target_schema": SCHEMA, **SETTINGS[target]}
    config.write_text(json.dumps(settings), encoding="utf-8")
    log = wix.folder / f"{target}.txt"
    command = [str(LOADERS / target / "venv" / "bin" / target), "--config", str(config)]
    with log.open("wb") as stderr:
        started = time.perf_counter()
        tap = subprocess.Popen(source, stdout=subprocess.PIPE, stderr=stderr, env=bench.ENVIRONMENT)
        load = subprocess.Popen(
            command,
            stdin=tap.stdout,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=bench.ENVIRONMENT,
            cwd=wix.folder,
        )
        assert tap.stdout  # noqa: S101  # asked for
        tap.stdout.close()
        cpu = sum(_ended(process, log) for process in (load, tap))
        wall = time.perf_counter() - started
    if (stored := _stored(database)) != sent:
        raise SystemExit(f"{target} lost rows: sent {sent}, stored {stored}")
    return Cost(wall, cpu)


def _by_dlt(wix: bench.Sandbox, python: Path, sent: Counter[str]) -> Cost:
    database, log = wix.folder / "dlt.duckdb", wix.folder / "dlt.txt"
    database.unlink(missing_ok=True)
    command = [str(python), str(PEER), "--config", str(wix.folder / "config.json"), "--database", str(database)]
    with log.open("wb") as stderr:
        started = time.perf_counter()
        load = subprocess.Popen(command, stdout=stderr, stderr=stderr, env=bench.ENVIRONMENT, cwd=wix.folder)
        cpu = _ended(load, log)
        wall = time.perf_counter() - started
    stored = _stored(database)
    if any(stored[table] != sent[table] for table in ("users", "assignments")):
        raise SystemExit(f"dlt lost rows: sent {sent}, stored {stored}")
    return Cost(wall, cpu)


def _ended(process: subprocess.Popen[bytes], log: Path) -> float:
    """The work of a process, in seconds, once it has ended well."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the load failed:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
    return used.ru_utime + used.ru_stime


def _stored(database: Path) -> Counter[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        query = "select table_name from duckdb_tables() where schema_name = ?"
        names = [name for (name,) in connection.execute(query, [SCHEMA]).fetchall()]
        counts = {name: connection.execute(f'select count(*) from {SCHEMA}."{name}"').fetchall() for name in names}  # noqa: S608
    return Counter({name: count for name, ((count,),) in counts.items() if count})


if __name__ == "__main__":
    sys.exit(main())
