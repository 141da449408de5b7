"""Rows a second from the sandbox to /dev/null, beside a bare loop over the same pages in the same run.

    python benchmarks/throughput.py [--users 50000] [--repeat 3]

Prints one line of JSON. Trust the ratio, not the absolute figures: machines differ, and are noisy. The bare loop walks
once, parses and writes the same lines, and checks nothing: it is the most that one process of Python could do.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

RECORDS = re.compile(rb'"metric":"record_count","value":(\d+)')


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready")
        command = ["-m", "tap_wix_users.sandbox.cli", "--users", str(options.users), "--sites", str(options.sites)]
        command += ["--requests-per-minute", "0", "--ready-file", str(ready)]
        with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as sandbox:
            try:
                config = _config(sandbox.stdout.readline() if sandbox.stdout else "")
                path = Path(folder, "config.json")
                path.write_text(json.dumps(config), encoding="utf-8")
                print(json.dumps(_measure(config, path, options.repeat)))
            finally:
                sandbox.terminate()
    return 0


def _config(ready_line: str) -> dict[str, Any]:
    found = re.search(r"at (\S+) \(account (\S+), key (\S+)\)", ready_line)
    if not found:
        raise SystemExit(f"the sandbox did not start: {ready_line!r}")
    url, account_id, key = found.groups()
    return {"base_url": url, "account_id": account_id, "api_key": key, "requests_per_minute": 10_000_000}


def _measure(config: dict[str, Any], path: Path, repeat: int) -> dict[str, Any]:
    _stats(config)
    bare = [_bare_loop(config) for _ in range(repeat)]
    before = _stats(config)
    runs = [_tap(path) for _ in range(repeat)]
    requests = (_stats(config) - before) // repeat
    rows, seconds = min(runs, key=lambda run: run[1])
    bare_rows, bare_seconds = min(bare, key=lambda run: run[1])
    return {
        "benchmark": "throughput",
        "rows": rows,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "requests": requests,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "bare_loop_rows_per_second": round(bare_rows / bare_seconds),
        "ratio_to_bare_loop": round(rows / seconds / (bare_rows / bare_seconds), 3),
    }


def _stats(config: dict[str, Any]) -> int:
    return sum(httpx.get(f"{config['base_url']}/_sandbox/stats").json()["requests"].values())


def _tap(path: Path) -> tuple[int, float]:
    """A whole run of the command line tool, its start included."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tap_wix_users.tap", "--config", str(path)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - started
    return sum(map(int, RECORDS.findall(done.stderr))), seconds


def _bare_loop(config: dict[str, Any]) -> tuple[int, float]:
    """What a user could write at the least: it proves nothing, remembers nothing and survives nothing."""
    encode = msgspec.json.Encoder().encode
    rows = offset = 0
    started = time.perf_counter()
    headers = {"authorization": config["api_key"], "wix-account-id": config["account_id"]}
    with Path("/dev/null").open("wb") as out, httpx.Client(base_url=config["base_url"], headers=headers) as client:
        while True:
            body = {"paging": {"limit": 100, "offset": offset}}
            members = msgspec.json.decode(client.post("/roles-management/v3/team/search", json=body).content)[
                "teamMembers"
            ]
            if not members:
                return rows, time.perf_counter() - started
            offset += len(members)
            for member in members:
                kind, row = next(iter(member.items()))
                for assignment in row.pop("assignments", None) or ():
                    out.write(encode({"type": "RECORD", "stream": f"{kind}_assignments", "record": assignment}) + b"\n")
                    rows += 1
                out.write(encode({"type": "RECORD", "stream": kind, "record": row}) + b"\n")
                rows += 1


if __name__ == "__main__":
    sys.exit(main())
