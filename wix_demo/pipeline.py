"""The demo: a simulated account, through Meltano into DuckDB, and who has access to what.

Each run lets 30 more days pass in the simulated account, so that the second one has changes to show.
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

from wix_access_review.campaign.pages import PAGE
from wix_access_review.findings import worst
from wix_access_review.report import write_review
from wix_demo.campaign import campaign_folder, certify, look_back
from wix_demo.private import private
from wix_sandbox.app import ApiOptions
from wix_sandbox.server import Sandbox
from wix_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS_BETWEEN_RUNS = 30
JOB = "wix-to-duckdb"
VIEWS = "current_wix"
ANSWERS = "access_wix"
_PYTHON = Path(".venv/bin/python")
"""The interpreter of `make install`; an installed package has none."""

_ACCESS = f"""
select person as "Person", coalesce(email, '(no e-mail)') as "E-mail", role as "Role", asset as "On"
from {ANSWERS}.access_review
where person_type = 'member'
order by asset_type <> 'account', role, email nulls last, asset
"""  # noqa: S608  # only names of this module are put in

_CHANGES = f"""
select change_type as "Access", coalesce(email, person, person_id) as "Person", role_title as "Role",
  coalesce(asset_name, asset_type) as "On", strftime(changed_after, '%Y-%m-%d %H:%M:%S') as "After",
  strftime(changed_before, '%Y-%m-%d %H:%M:%S') as "By"
from {ANSWERS}.access_changes
join {ANSWERS}.latest_receipts using (account_id, stream_name)
where changed_before = complete_finished_at
order by case change_type when 'lost' then 1 when 'gained' then 2 else 3 end, email nulls last, role_title, asset_name
"""  # noqa: S608

_RECEIPTS = f"""
select stream_name as "Table", row_count as "Rows", coalesce(proof, '-') as "Proved by", request_count as "Requests",
  coalesce(added_count, 0) as "Added", coalesce(modified_count, 0) as "Modified",
  coalesce(removed_count, 0) as "Removed", status as "Status"
from {VIEWS}.snapshots
qualify row_number() over (partition by stream_name order by snapshot_at desc) = 1
order by stream_name
"""  # noqa: S608


def main(command: str = "make demo") -> int:
    """Run the demo in the current folder, the project's root.

    Args:
        command: What to run for the next 30 days.

    Returns:
        The exit code: Meltano's own when the pipeline failed.
    """
    with private() as variables:
        return _demo(command, variables)


def _demo(command: str, variables: dict[str, str]) -> int:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    root = Path.cwd()
    if not (root / "meltano.yml").is_file():
        console.print("There is no meltano.yml here: run `make demo` in the root of the project.")
        return 2
    output = root / "output"
    output.mkdir(exist_ok=True)
    database, calendar = output / "wix.duckdb", output / "demo.json"
    first = not (database.exists() and calendar.exists())
    days = 0 if first else int(json.loads(calendar.read_text(encoding="utf-8"))["days"]) + DAYS_BETWEEN_RUNS
    world = World()
    world.advance(days)
    with Sandbox(world, options=ApiOptions(requests_per_minute=200)) as sandbox:
        console.print(f"A simulated Wix account, {world.clock.now:%Y-%m-%d}, at {sandbox.url}: made up, no real data.")
        code = _run_pipeline(sandbox, root, variables, fresh=first)
    if code:
        console.print(f"The pipeline failed (exit code {code}): its log above says why.")
        return code
    calendar.write_text(json.dumps({"days": days}), encoding="utf-8")
    with duckdb.connect(str(database), read_only=True) as connection:
        _tell(console, connection, days)
    _tell_campaign(console, database, first=first)
    _tell_review(console, database)
    _tell_how_to_go_on(console, database, days, command)
    return 0


def _run_pipeline(sandbox: Sandbox, root: Path, variables: dict[str, str], *, fresh: bool) -> int:
    meltano = os.environ.get("MELTANO") or shutil.which("meltano") or "meltano"
    environment = {
        **os.environ,
        **variables,
        "TAP_WIX_USERS_BASE_URL": sandbox.url,
        "TAP_WIX_USERS_API_KEY": sandbox.world.key,
        "TAP_WIX_USERS_ACCOUNT_ID": sandbox.world.main.id,
        # Including the tables that cost a request per site: there are few sites.
        "TAP_WIX_USERS__SELECT": '["*.*"]',
        # The age of an invite follows the made-up calendar.
        "WIX_ACCESS_AS_OF": f"{sandbox.world.clock.now:%Y-%m-%d %H:%M:%S}",
        "MELTANO_CLI_LOG_LEVEL": os.environ.get("MELTANO_CLI_LOG_LEVEL", "warning"),
    }
    # If the previous database is gone, the state would keep unchanged rows from being sent again.
    refresh = ["--full-refresh"] if fresh else []
    command = [meltano, "--environment=sandbox", "run", *refresh, JOB]
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode  # noqa: S603


def _tell(console: Console, connection: duckdb.DuckDBPyConnection, days: int) -> None:
    _print(console, connection, "Who has access to what", _ACCESS, most=40)
    if days:
        _print(console, connection, "Who gained and who lost access since the previous run", _CHANGES, most=40)
    _print(console, connection, "The receipts of this run", _RECEIPTS, most=40)


def _tell_review(console: Console, database: Path) -> None:
    page, *tables = map(_shown, write_review(database, database.parent))
    console.print("The most important findings", style="bold")
    for line in worst(database):
        console.print(Text(f"- {line}"), soft_wrap=True)
    console.print(
        f"\nThe access review: {page} (open it in a browser; to certify: {' and '.join(tables)})", soft_wrap=True
    )


def _tell_campaign(console: Console, database: Path, *, first: bool) -> None:
    lines = certify(database) if first else look_back(database)
    if lines:
        console.print("A campaign: decided" if first else "What became of the campaign's decisions", style="bold")
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
        page = _shown(campaign_folder(database) / PAGE)
        console.print(f"The campaign: {page}, next to its workbooks, plan and evidence\n", soft_wrap=True)


def _shown(path: Path) -> str:
    """A path that works in the user's folder: `make demo` runs in this one, the installed command in another."""
    return str(path.relative_to(Path.cwd()) if _PYTHON.is_file() else path)


def _tell_how_to_go_on(console: Console, database: Path, days: int, command: str) -> None:
    python, file = str(_PYTHON) if _PYTHON.is_file() else sys.executable, _shown(database)
    opened = f"import duckdb; duckdb.connect('{file}', read_only=True)"
    query = "select person, site_name, role_title, via from access_wix.access"
    console.print(
        f"The tables are in {file}: as loaded in the schema raw_wix, with `is_current` in current_wix, and the models "
        "in access_wix.\n"
        f"Query them: {python} -c \"{opened}.sql('{query}').show()\"",
        soft_wrap=True,
    )
    if not days:
        console.print(f"Run `{command}` again: 30 days pass, and only what changed is sent.")


def _print(console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str, *, most: int) -> None:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    rows: Sequence[Sequence[Any]] = result.fetchall()
    table = RichTable(title=f"{title} ({len(rows)} rows)", title_justify="left", title_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:most]:
        # As plain text: names are untrusted, and rich would interpret brackets as markup.
        table.add_row(*(Text("" if value is None else " ".join(str(value).split())) for value in row))
    console.print(table)
    if len(rows) > most:
        console.print(f"... and {len(rows) - most} more.")
    console.print()


if __name__ == "__main__":
    sys.exit(main())
