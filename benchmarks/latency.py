"""Wall time at 50, 200 and 500 ms of latency, against one request at a time.

    python benchmarks/latency.py [--users 9900] [--slow-users 2500] [--concurrency 8]

100 pages of Search Team with 100 rows each (fewer where every answer takes half a second), and the short lists beside
them, with the tap's default `max_concurrency` and with 1. `ratio` is that of whole runs; `walk_ratio` that of the walk
through the pages alone, as the tap logs it. There is no request limit: it would hide what is measured.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import bench

_WALK = re.compile(r"Read team of account \S+: [\d,]+ in ([\d.]+) s \([^)]*\), (\d+) requests")
SLOW = 500
"""Milliseconds from which on the smaller account is read."""


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=9_900)
    parser.add_argument("--slow-users", type=int, default=2_500)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--latencies-ms", type=int, nargs="+", default=[50, 200, 500])
    options = parser.parse_args()
    figures = {f"{latency}_ms": _measure(latency, options) for latency in options.latencies_ms}
    return bench.tell("latency", figures, options)


def _measure(latency: int, options: Any) -> dict[str, Any]:
    users = options.users if latency < SLOW else min(options.users, options.slow_users)
    with bench.sandbox("--users", users, "--latency-ms", latency, "--page-cap", 100) as wix:
        beside = wix.run(settings={"max_concurrency": options.concurrency})
        single = wix.run(settings={"max_concurrency": 1})
    (walked, pages), (walked_single, _) = _walk(beside), _walk(single)
    return {
        "pages": int(pages),
        "seconds": beside.seconds,
        "one_at_a_time_seconds": single.seconds,
        "ratio": beside.seconds / single.seconds,
        "walk_ratio": walked / walked_single,
    }


def _walk(run: bench.Run) -> tuple[float, float]:
    """Seconds and requests of the walk through the team, as the tap logs it."""
    found = _WALK.search(run.log)
    if not found:
        raise SystemExit(f"the tap did not log its walk:\n{run.log[-2000:]}")
    return float(found[1]), int(found[2])


if __name__ == "__main__":
    sys.exit(main())
