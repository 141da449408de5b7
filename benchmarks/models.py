"""The answers of a large account: the tap into DuckDB, then `dbt build`, models and tests.

    python benchmarks/models.py [--users 50000] [--sites 600]

Targets and dbt are those that `make install` installs. The effective access is then counted: every row of it once, and
those of one person and of one site, which is how people ask.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import bench
import duckdb
from duckdb_load import TARGET, load

ROOT = Path(__file__).parents[1]
DBT = ROOT / ".meltano/utilities/dbt-duckdb/venv/bin/dbt"


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--folders", type=int, default=60)
    options = parser.parse_args()
    with bench.sandbox("--users", options.users, "--sites", options.sites, "--folders", options.folders) as wix:
        messages = wix.folder / "messages.jsonl"
        wix.run(out=messages)
        loaded, rows = load(wix, TARGET, "wix", source=["cat", str(messages)])
        database = wix.folder / "wix.duckdb"
        built = _build(wix, database)
        with duckdb.connect(str(database), read_only=True) as connection:
            person, _ = _count(connection, "where email = 'ada.okafor@acme-studio.example'")
            site, _ = _count(connection, "where site_name = 'Shop EU'")
            whole, found = _count(connection)
    figures = {
        "rows": rows,
        "load_seconds": loaded,
        "build_seconds": built,
        "access_rows": found,
        "access_of_a_person_seconds": person,
        "access_to_a_site_seconds": site,
        "access_whole_seconds": whole,
    }
    return bench.tell("models", figures, options)


def _build(wix: bench.Sandbox, database: Path) -> float:
    folder = wix.folder / "dbt"
    variables = {"WIX_DUCKDB": str(database), "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(
        [str(DBT), "build", "--profiles-dir", "profiles/duckdb"],
        cwd=ROOT / "transform", env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"dbt build ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return time.perf_counter() - started


def _count(connection: duckdb.DuckDBPyConnection, condition: str = "") -> tuple[float, int]:
    """Seconds that it takes to count the rows of effective access, and how many they are."""
    started = time.perf_counter()
    ((count,),) = connection.execute(f"select count(*) from access_wix.access {condition}").fetchall()  # noqa: S608
    return time.perf_counter() - started, count


if __name__ == "__main__":
    sys.exit(main())
