"""A campaign of a large account: how long opening and deciding take beside writing the review, and in how much memory.

The account is that of `review.py`. Each step runs as a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import parser, tell
from review import generate

AS_OF = "2026-11-24 09:00:00"
REVIEWER = "chair@other.example"


def run(*arguments: str | Path) -> float:
    """Seconds that a command of the review takes."""
    command = [sys.executable, "-m", "wix_access_review.cli", *map(str, arguments)]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "WIX_ACCESS_AS_OF": AS_OF})
    return time.perf_counter() - started


def fill_in(written: Path, filled: Path) -> int:
    """Decide on every row of the campaign's CSV, as a reviewer would."""
    with (
        written.open(encoding="utf-8-sig", newline="") as source,
        filled.open("w", encoding="utf-8", newline="") as out,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(out, rows.fieldnames or ())
        writer.writeheader()
        count = 0
        for count, row in enumerate(rows, start=1):  # the last one is the count
            writer.writerow({**row, "decision": "remove" if count % 7 == 0 else "keep", "decided_on": "2026-11-24"})
    return count


def main() -> int:
    """Measure once, and print the figures."""
    arguments = parser(__doc__)
    arguments.add_argument("--people", type=int, default=50_000)
    arguments.add_argument("--sites", type=int, default=600)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="campaign-bench-") as name:
        folder = Path(name)
        database, campaign = folder / "big.duckdb", folder / "Q"
        generate(database, options.people, options.sites)
        figures = {"review_seconds": run("page", database)}
        opening = ("open", database, "--name", "Q", "--folder", campaign, "--default-reviewer", REVIEWER)
        figures["open_seconds"] = run(*opening)
        figures["rows"] = fill_in(campaign / "Q.csv", folder / "filled.csv")
        figures["decide_seconds"] = run("decide", campaign, folder / "filled.csv")
        figures["plan_seconds"] = run("plan", campaign)
        figures["prove_seconds"] = run("prove", campaign, database)
        figures["page_seconds"] = run("evidence", campaign)
        figures["most_memory_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return tell("campaign", figures, options)


if __name__ == "__main__":
    sys.exit(main())
