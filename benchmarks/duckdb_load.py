"""Rows a second into DuckDB: the tap piped into target-duckdb, from start to end.

    python benchmarks/duckdb_load.py [--users 3000] [--target PATH]

The same messages are then loaded from a file, so that the target's own part shows, and the tap is run alone. Rows sent
are compared with rows stored: a load that loses any is an error. The target is the one that `make install` installs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import bench
import duckdb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

TARGET = Path(__file__).parents[1] / ".meltano/loaders/target-duckdb/venv/bin/target-duckdb"
SCHEMA = "raw_wix"


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=3_000)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    if not options.target.exists():
        raise SystemExit(f"there is no {options.target}: run `make install`, or name another with --target")
    with bench.sandbox("--users", options.users, "--sites", options.sites) as wix:
        messages = wix.folder / "messages.jsonl"
        alone = wix.run(out=messages)
        sent = sum(line.startswith(b'{"type":"RECORD"') for line in messages.open("rb"))
        config = wix.folder / "config.json"
        piped, stored = load(wix, options.target, "piped", source=[*bench.TAP, "--config", str(config)])
        from_file, again = load(wix, options.target, "file", source=["cat", str(messages)])
    if not sent == stored == again:
        raise SystemExit(f"{sent} rows were sent, and {stored} and {again} stored")
    figures = {
        "rows": sent,
        "stored": stored,
        "seconds": piped,
        "rows_per_second": sent / piped,
        "target_alone_seconds": from_file,
        "tap_alone_seconds": alone.seconds,
        "tap_seconds_to_all": alone.seconds / piped,
        "target_seconds_to_all": from_file / piped,
    }
    return bench.tell("duckdb_load", figures, options)


def load(wix: bench.Sandbox, target: Path, name: str, source: Sequence[str]) -> tuple[float, int]:
    """Seconds of a load, and the rows that are in the database afterwards."""
    database, config = wix.folder / f"{name}.duckdb", wix.folder / f"{name}.json"
    settings = {"filepath": str(database), "default_target_schema": SCHEMA, "add_metadata_columns": True}
    config.write_text(json.dumps(settings), encoding="utf-8")
    log = wix.folder / f"{name}.txt"
    started = time.perf_counter()
    with log.open("wb") as stderr:
        tap = subprocess.Popen(source, stdout=subprocess.PIPE, stderr=stderr, env=bench.ENVIRONMENT)
        command = [str(target), "--config", str(config)]
        done = subprocess.run(
            command, stdin=_pipe(tap), stdout=subprocess.DEVNULL, stderr=stderr, cwd=wix.folder, check=False
        )
        if tap.wait() or done.returncode:
            raise SystemExit(f"the load failed:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
    return time.perf_counter() - started, _stored(database)


def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout  # noqa: S101  # asked for
    return process.stdout


def _stored(database: Path) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
        counts = [connection.execute(f'select count(*) from {SCHEMA}."{name}"').fetchall() for (name,) in tables]  # noqa: S608
    return sum(count for ((count,),) in counts)


if __name__ == "__main__":
    sys.exit(main())
