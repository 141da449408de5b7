"""A campaign of a large account: how long opening and deciding take beside writing the review, and in how much memory.

The account is that of `review.py`. Each step runs as a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import parser, tell
from review import generate

AS_OF = "2026-11-24 09:00:00"
REVIEWER = "chair@other.example"
MODULE = "wix_access_review.cli"


def run(*arguments: str | Path, code: Path | None = None, module: str = MODULE) -> tuple[float, float]:
    """Seconds of work of a command of the review, and megabytes that it held at most.

    Args:
        arguments: The command.
        code: The checkout whose code runs; None for this one.
        module: The command's module in it.
    """
    place = {"PYTHONPATH": str(code)} if code else {}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "WIX_ACCESS_AS_OF": AS_OF, **place}, cwd=code
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


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
    arguments.add_argument(
        "--before", type=Path, help="checkout of an earlier release, whose review is measured beside"
    )
    arguments.add_argument("--before-module", default=MODULE, help="its command's module")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="campaign-bench-") as name:
        folder = Path(name)
        database, campaign = folder / "big.duckdb", folder / "campaigns" / "Q"
        generate(database, options.people, options.sites)
        used = {}
        if options.before:
            used["review before"] = run(database, code=options.before.resolve(), module=options.before_module)
        used["review"] = run("page", database)
        opening = ("open", database, "--name", "Q", "--folder", campaign, "--default-reviewer", REVIEWER)
        used["open"] = run(*opening)
        rows = fill_in(campaign / "Q.csv", folder / "filled.csv")
        used["decide"] = run("decide", campaign, folder / "filled.csv")
        for step, command in (
            ("plan", ("plan", campaign)),
            ("prove", ("prove", campaign, database)),
            ("page of the campaign", ("evidence", campaign)),
            ("review after it", ("page", database)),
        ):
            used[step] = run(*command)
    beside = used.get("review before", used["review"])[0]
    figures = {step: {"cpu_seconds": cpu, "mb": mb, "of_review": cpu / beside} for step, (cpu, mb) in used.items()}
    return tell("campaign", {"rows": rows, **figures}, options)


if __name__ == "__main__":
    sys.exit(main())
