"""Peak memory by the number of assignments, in FULL_TABLE and INCREMENTAL, and the bytes of state per row.

    python benchmarks/memory.py            # 5,000 and 50,000 assignments
    python benchmarks/memory.py --large    # 500,000 too: some minutes, and a large sandbox beside it

INCREMENTAL is measured twice: the first run, and the one after it, which holds two snapshots to compare. There
`max_state_rows` is raised so that every row is remembered; FULL_TABLE keeps its default. The peak is the kernel's count
for the tap's process (`ru_maxrss`). Every figure is of a whole run.
"""

from __future__ import annotations

import sys
from typing import Any

import bench

PER_USER = 3
"""Assignments that a user of the sandbox has on average."""

EVERY_ROW = 100_000_000


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--assignments", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--large", action="store_true", help="measure 500,000 assignments too")
    options = parser.parse_args()
    sizes = [*options.assignments, *([500_000] if options.large else [])]
    figures = {f"{size}_assignments": _measure(size) for size in sizes}
    return bench.tell("memory", figures, options)


def _measure(assignments: int) -> dict[str, Any]:
    with bench.sandbox("--users", assignments // PER_USER, "--assignments-per-user", PER_USER) as wix:
        full_table = wix.run(catalog=wix.catalog(method="FULL_TABLE"))
        keeping = {"max_state_rows": EVERY_ROW}
        messages = wix.folder / "messages.jsonl"
        first = wix.run(settings=keeping, out=messages)
        state = wix.state_after(messages)
        second = wix.run(settings=keeping, state=state)
        exact = wix.stats()["counts"]["assignments"]
        state_bytes = state.stat().st_size
    return {
        "assignments": exact,
        "rows": first.rows,
        "full_table_mb": full_table.peak_mb,
        "incremental_first_mb": first.peak_mb,
        "incremental_second_mb": second.peak_mb,
        "state_bytes_per_row": state_bytes / first.rows,
        "full_table_seconds": full_table.seconds,
        "incremental_first_seconds": first.seconds,
        "incremental_second_seconds": second.seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
