"""Wall time against the least that a request limit allows.

    python benchmarks/budget.py [--sites 60 --children 5] [--requests-per-minute 180]
    python benchmarks/budget.py --sites 600 --children 25        # the size of the goal: ten minutes

Both streams of site contributors and all child accounts are read, with the sandbox's own limit on: 200 requests in any
60 seconds where the tap keeps to 180. No limit of that kind lets the n-th request pass before 60 s x ⌊(n - 1) / 180⌋,
which is the least time; a budget without bursts would take n / 180 minutes. A request that is answered with 429 would
be a waste, and none is expected.
"""

from __future__ import annotations

import sys

import bench

ALLOWED, KEPT_TO = 200, 180
"""What Wix allows a minute, and what the tap keeps to by default."""


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--children", type=int, default=5)
    parser.add_argument("--requests-per-minute", type=int, default=KEPT_TO)
    parser.add_argument("--latency-ms", type=int, default=50)
    options = parser.parse_args()
    budget = options.requests_per_minute
    world = ("--users", options.users, "--sites", options.sites, "--child-accounts", options.children)
    limit = ("--requests-per-minute", budget * ALLOWED // KEPT_TO, "--latency-ms", options.latency_ms)
    with bench.sandbox(*world, *limit) as wix:
        catalog = wix.catalog(select=("site_contributors", "site_contributor_roles"))
        run = wix.run(settings={"requests_per_minute": budget, "include_child_accounts": True}, catalog=catalog)
        stats = wix.stats()
    requests = sum(stats["requests"].values())
    least = 60 * ((requests - 1) // budget)
    evenly = 60 * requests / budget
    figures = {
        "requests": requests,
        "throttled": stats["throttled"],
        "rows": run.rows,
        "seconds": run.seconds,
        "least_seconds": least,
        "ratio_to_least": run.seconds / least if least else None,
        "ratio_to_even_pace": run.seconds / evenly,
        "cpu_seconds": run.cpu_seconds,
    }
    return bench.tell("budget", figures, options)


if __name__ == "__main__":
    sys.exit(main())
