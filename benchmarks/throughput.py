"""Rows a second from the sandbox to /dev/null, beside what else could be done with the same pages in the same run.

    python benchmarks/throughput.py [--users 50000] [--sites 600] [--repeat 2]

Measured one after the other, without a request limit, each a process from its start to its end (but the loops, which
have no start to speak of):

- `incremental`: a first run of the tap, everything compared and remembered;
- `unchanged`: the run after it, in which no row has to be sent ;
- `full_table`: a run with FULL_TABLE;
- `rest_stream`: the plain SDK tap of `peers/rest_stream_tap.py`;
- `bare_loop`: one walk that parses with msgspec, and writes lines with the same columns: it proves nothing, remembers
  nothing, survives nothing, and is the most that one process of Python could do;
- `raw_loop`: the same, with the API's objects as they come.

Trust the ratios: machines differ, and are noisy, and the sandbox shares this one. Those by CPU count the work of the
process alone, and hold also where other jobs run.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import bench
import httpx
import msgspec

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

PEER = (sys.executable, str(Path(__file__).with_name("peers") / "rest_stream_tap.py"))

Row = tuple[str, dict[str, Any]]
Shape: TypeAlias = "Callable[[str, dict[str, Any]], Iterator[Row]]"


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--repeat", type=int, default=2, help="runs of each, of which the fastest counts")
    options = parser.parse_args()
    # All of them in pages of the same size, which the peer and the loops ask for.
    with bench.sandbox("--users", options.users, "--sites", options.sites, "--page-cap", 100) as wix:
        return bench.tell("throughput", _measure(wix, options), options)


def _measure(wix: bench.Sandbox, options: argparse.Namespace) -> dict[str, Any]:
    again = range(options.repeat)
    full = wix.catalog(method="FULL_TABLE")
    wix.run(settings={"max_walk_attempts": 1})  # The sandbox makes its lists on the first request.
    bare, bare_cpu = _loops(wix, _same_columns, options.repeat)
    raw, raw_cpu = _loops(wix, _as_they_come, options.repeat)
    before = wix.requests()
    incremental = bench.fastest(wix.run() for _ in again)
    requests = (wix.requests() - before) // options.repeat
    messages = wix.folder / "messages.jsonl"
    wix.run(out=messages)
    state = wix.state_after(messages)
    megabytes = messages.stat().st_size / 1e6
    messages.unlink()
    unchanged = bench.fastest(wix.run(state=state) for _ in again)
    full_table = bench.fastest(wix.run(catalog=full) for _ in again)
    before = wix.requests()
    peer = wix.run(PEER)
    peer_requests = wix.requests() - before
    started = _start_seconds()
    return {
        "rows": incremental.rows,
        "requests": requests,
        "messages_mb": megabytes,
        "state_mb": state.stat().st_size / 1e6,
        "start_seconds": started,
        "incremental": _figures(incremental),
        "unchanged": {
            **_figures(unchanged),
            "rows_per_second": incremental.rows / unchanged.seconds,
            "rows_sent": unchanged.rows,
        },
        "full_table": _figures(full_table),
        "rest_stream": {**_figures(peer), "rows": peer.rows, "requests": peer_requests},
        "bare_loop_rows_per_second": bare,
        "raw_loop_rows_per_second": raw,
        "ratio_to_rest_stream": incremental.rate / peer.rate,
        "ratio_to_bare_loop": incremental.rate / bare,
        "ratio_to_bare_loop_without_start": incremental.rows / (incremental.seconds - started) / bare,
        "ratio_to_raw_loop": incremental.rate / raw,
        "cpu_ratio_to_rest_stream": incremental.cpu_rate / peer.cpu_rate,
        "cpu_ratio_to_bare_loop": incremental.cpu_rate / bare_cpu,
        "cpu_ratio_to_raw_loop": incremental.cpu_rate / raw_cpu,
        "ratio_unchanged_to_first_run": incremental.seconds / unchanged.seconds,
        "ratio_full_table_to_incremental": full_table.rate / incremental.rate,
    }


def _figures(run: bench.Run) -> dict[str, float | None]:
    return {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds, "rows_per_second": run.rate, "peak_mb": run.peak_mb}


def _start_seconds() -> float:
    """What it takes until the tap could send its first request."""
    started = time.perf_counter()
    subprocess.run([*bench.TAP, "--about"], capture_output=True, check=True, env=bench.ENVIRONMENT)
    return time.perf_counter() - started


def _loops(wix: bench.Sandbox, shape: Shape, repeat: int) -> tuple[float, float]:
    """The most rows a second, and per second of CPU, of some runs of the least that a user could write."""
    runs = [_loop(wix, shape) for _ in range(repeat)]
    return max(rows / seconds for rows, seconds, _ in runs), max(rows / cpu for rows, _, cpu in runs)


def _loop(wix: bench.Sandbox, shape: Shape) -> tuple[int, float, float]:
    """Rows, seconds, and seconds of CPU of one run."""
    encode = msgspec.json.Encoder().encode
    rows = offset = 0
    started, cpu = time.perf_counter(), time.process_time()
    headers = {"authorization": wix.key, "wix-account-id": wix.account_id}
    with Path("/dev/null").open("wb") as out, httpx.Client(base_url=wix.url, headers=headers) as client:
        while True:
            body = {"paging": {"limit": 100, "offset": offset}}
            answer = client.post("/roles-management/v3/team/search", json=body)
            members = msgspec.json.decode(answer.content)["teamMembers"]
            if not members:
                return rows, time.perf_counter() - started, time.process_time() - cpu
            offset += len(members)
            for member in members:
                for stream, record in shape(wix.account_id, member):
                    message = {"type": "RECORD", "stream": stream, "record": record, "time_extracted": _NOW}
                    out.write(encode(message) + b"\n")
                    rows += 1


_NOW = "2026-11-24T12:00:00.000000Z"
_SEEN_AT = {"observed_at": _NOW, "snapshot_at": _NOW}


def _as_they_come(_account_id: str, member: dict[str, Any]) -> Iterator[Row]:
    kind, row = next(iter(member.items()))
    for assignment in row.pop("assignments", None) or ():
        yield f"{kind}_assignments", assignment
    yield kind, row


def _same_columns(account_id: str, member: dict[str, Any]) -> Iterator[Row]:
    """The rows of a member with the tap's columns, as short as Python says it."""
    if user := member.get("user"):
        name = user.get("name") or {}
        yield (
            "users",
            {
                "account_id": account_id,
                "id": user["id"],
                "email": user.get("email"),
                "first_name": name.get("firstName"),
                "last_name": name.get("lastName"),
                "profile_image": user.get("profileImage"),
                "joined_team_at": user.get("joinedTeamAt"),
                "extra": None,
                **_SEEN_AT,
            },
        )
        for one in user.get("assignments") or ():
            subject = one.get("subject") or {}
            own = {
                "user_id": user["id"],
                "assignment_id": one.get("assignmentId"),
                "subject_id": subject.get("id"),
                "subject_type": subject.get("subjectType"),
            }
            for row in _assets(account_id, one):
                yield "assignments", {**row, **own}
    if invite := member.get("invite"):
        yield (
            "invites",
            {
                "account_id": account_id,
                "id": invite["id"],
                "email": invite.get("email"),
                "status": invite.get("status"),
                "date_created": invite.get("dateCreated"),
                "date_updated": invite.get("dateUpdated"),
                "expiration_date": invite.get("expirationDate"),
                "extra": None,
                **_SEEN_AT,
            },
        )
        for one in invite.get("assignments") or ():
            for row in _assets(account_id, one):
                yield "invite_assignments", {**row, "invite_id": invite["id"]}


def _assets(account_id: str, one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = one.get("restrictions")
    if not where:
        yield _asset(account_id, one, "account", account_id)
    elif conditions := (where.get("conditions") or {}).get("conditions"):
        for condition in conditions:
            yield _asset(account_id, one, "folder", condition["id"], condition.get("value"))
    elif site := where.get("site") or where.get("resource"):
        inside = site.get("resource")
        kind, asset_id = ("site_resource", inside["id"]) if inside else ("site", site["id"])
        yield _asset(account_id, one, kind, asset_id, site.get("value"))
    else:
        yield _asset(account_id, one, "unknown", None)


def _asset(
    account_id: str, one: dict[str, Any], kind: str, asset_id: str | None, name: str | None = None
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "assignment_key": one.get("assignmentId") or f"{one.get('policyId')}@{kind}:{asset_id}",
        "role_id": one.get("policyId"),
        "asset_type": kind,
        "asset_id": asset_id,
        "asset_name": name,
        "site_id": asset_id if kind == "site" else None,
        "folder_id": asset_id if kind == "folder" else None,
        "restrictions": one.get("restrictions"),
        "extra": None,
        **_SEEN_AT,
    }


if __name__ == "__main__":
    sys.exit(main())
