"""The demo: a simulated account, through Meltano into DuckDB, and who has access to what.

Each run lets 30 more days pass in the simulated account, so that the second one has changes to tell.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from tap_wix_users.sandbox.app import Rules
from tap_wix_users.sandbox.server import Sandbox
from tap_wix_users.sandbox.world import World
from tap_wix_users.tables.current import current_views
from tap_wix_users.tables.registry import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS_BETWEEN_RUNS = 30
JOB = "wix-to-duckdb"
RAW = "raw_wix"
VIEWS = "current_wix"

_ACCESS = f"""
select coalesce(nullif(trim(concat_ws(' ', person.first_name, person.last_name)), ''), '(no name)') as "Person",
  coalesce(person.email, '(no e-mail)') as "E-mail",
  coalesce(role.title, assignment.role_id) as "Role",
  case assignment.asset_type
    when 'account' then 'the whole account'
    when 'unknown' then 'cannot be read: look it up'
    else concat(replace(assignment.asset_type, '_', ' '), ' ', coalesce(assignment.asset_name, assignment.asset_id))
  end as "On"
from (select * from {VIEWS}.assignments where is_current) as assignment
left join (select * from {VIEWS}.users where is_current) as person
  on person.account_id = assignment.account_id and person.id = assignment.user_id
left join (select * from {VIEWS}.roles where is_current) as role
  on role.account_id = assignment.account_id and role.id = assignment.role_id
order by assignment.asset_type <> 'account', role.title, person.email nulls last, "On"
"""  # noqa: S608  # only names of this module are put in

_CHANGES = f"""
with change as (select * from {RAW}.change_log where stream_name = 'assignments' and observed_at = (
  select max(snapshot_at) from {RAW}.snapshots where stream_name = 'assignments' and status = 'complete'))
select case change.change_type when 'added' then 'gained' when 'removed' then 'lost' else 'changed' end as "Access",
  coalesce(person.email, split_part(change.record_key, '|', 1)) as "Person",
  coalesce(role.title, assignment.role_id) as "Role",
  coalesce(assignment.asset_name, assignment.asset_type) as "On",
  strftime(change.previous_observed_at, '%Y-%m-%d %H:%M:%S') as "After",
  strftime(change.observed_at, '%Y-%m-%d %H:%M:%S') as "By"
from change
join {RAW}.assignments as assignment on assignment.account_id = change.account_id
  and assignment.user_id || '|' || assignment.assignment_key = change.record_key
left join {RAW}.users as person on person.account_id = change.account_id and person.id = assignment.user_id
left join {RAW}.roles as role on role.account_id = change.account_id and role.id = assignment.role_id
order by change.change_type, person.email nulls last
"""  # noqa: S608

_RECEIPTS = f"""
select stream_name as "Table", row_count as "Rows", coalesce(proof, '-') as "Proved by", request_count as "Requests",
  coalesce(added_count, 0) as "Added", coalesce(modified_count, 0) as "Modified",
  coalesce(removed_count, 0) as "Removed", status as "Status"
from {RAW}.snapshots
qualify row_number() over (partition by stream_name order by snapshot_at desc) = 1
order by stream_name
"""  # noqa: S608


def main() -> int:
    """Run the demo in the current folder, the project's root.

    Returns:
        The exit code: Meltano's own when the pipeline failed.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    root = Path.cwd()
    if not (root / "meltano.yml").is_file():
        console.print("There is no meltano.yml here: run `make demo` in the project's root.")
        return 2
    output = root / "output"
    output.mkdir(exist_ok=True)
    database, calendar = output / "wix.duckdb", output / "demo.json"
    first = not (database.exists() and calendar.exists())
    days = 0 if first else int(json.loads(calendar.read_text(encoding="utf-8"))["days"]) + DAYS_BETWEEN_RUNS
    world = World()
    world.advance(days)
    with Sandbox(world, rules=Rules(requests_per_minute=200)) as sandbox:
        console.print(f"A simulated Wix account, {world.clock.now:%Y-%m-%d}, at {sandbox.url}: made up, no real data.")
        code = _run_pipeline(sandbox, root, fresh=first)
    if code:
        console.print(f"The pipeline failed (exit code {code}): its log above says why.")
        return code
    calendar.write_text(json.dumps({"days": days}), encoding="utf-8")
    with duckdb.connect(str(database)) as connection:
        for statement in current_views((table for table in TABLES if table.selected), RAW, VIEWS):
            connection.execute(statement)
        _tell(console, connection, days)
    return 0


def _run_pipeline(sandbox: Sandbox, root: Path, *, fresh: bool) -> int:
    meltano = os.environ.get("MELTANO") or shutil.which("meltano") or "meltano"
    environment = {
        **os.environ,
        "TAP_WIX_USERS_BASE_URL": sandbox.url,
        "TAP_WIX_USERS_API_KEY": sandbox.world.key,
        "TAP_WIX_USERS_ACCOUNT_ID": sandbox.world.main.id,
        "MELTANO_CLI_LOG_LEVEL": os.environ.get("MELTANO_CLI_LOG_LEVEL", "warning"),
    }
    # Without the database of the run before, the state of that run would leave its rows out.
    refresh = ["--full-refresh"] if fresh else []
    command = [meltano, "--environment=sandbox", "run", *refresh, JOB]
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode  # noqa: S603


def _tell(console: Console, connection: duckdb.DuckDBPyConnection, days: int) -> None:
    _print(console, connection, "Who has access to what", _ACCESS, most=40)
    if days:
        _print(console, connection, "Who gained and who lost access since the run before", _CHANGES, most=40)
    _print(console, connection, "The receipts of this run", _RECEIPTS, most=40)
    console.print(
        "The tables are in output/wix.duckdb: as loaded in the schema raw_wix, and with `is_current` in current_wix.\n"
        "Ask on: .venv/bin/python -c \"import duckdb; duckdb.connect('output/wix.duckdb', read_only=True)"
        ".sql('select email, first_name from current_wix.users where is_current').show()\"",
        soft_wrap=True,
    )
    if not days:
        console.print("Run `make demo` again: 30 days pass, and only what changed is sent.")


def _print(console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str, *, most: int) -> None:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    rows: Sequence[Sequence[Any]] = result.fetchall()
    table = RichTable(title=f"{title} ({len(rows)} rows)", title_justify="left", title_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:most]:
        # As text: names come from outside, and rich would read their brackets as markup.
        table.add_row(*(Text("" if value is None else " ".join(str(value).split())) for value in row))
    console.print(table)
    if len(rows) > most:
        console.print(f"... and {len(rows) - most} more.")
    console.print()


if __name__ == "__main__":
    sys.exit(main())
