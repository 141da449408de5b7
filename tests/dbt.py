"""Commands of dbt, and what it made of the project's files: a later command only looks whether these have changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests import forks

ROOT = Path(__file__).parents[1]
_PARSED: dict[tuple[str, ...], bytes] = {}
"""What the first command made of the files, by its adapter, profiles and variables."""


def beforehand(adapter: str) -> tuple[str, ...]:
    """What a process imports before it runs dbt's commands on a warehouse."""
    return f"dbt.adapters.{adapter}", str(ROOT / "tests" / "dbt_beforehand.py")


def run_dbt(
    *arguments: str, target: Path, adapter: str = "duckdb", profiles: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run dbt on the project.

    Args:
        arguments: Its command line.
        target: Folder for what it writes.
        adapter: The warehouse that it works on.
        profiles: Folder of the connection's profile; the project's own for this warehouse when not given.
        environment: Variables of the environment.
    """
    target.mkdir(parents=True, exist_ok=True)
    folder = ROOT / "transform"
    if "WIX_DUCKDB" in environment:
        # By its name, which all have in common: when a variable of a profile changes, dbt parses everything again.
        path = Path(environment["WIX_DUCKDB"])
        folder, environment["WIX_DUCKDB"] = path.parent, path.name
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "WIX_"))}
    variables |= {
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "NO_COLOR": "1",
        "DBT_WRITE_JSON": "true",
        **environment,
    }
    where = ["--profiles-dir", profiles or str(ROOT / "transform" / "profiles" / adapter)]
    if "--project-dir" not in arguments:
        where += ["--project-dir", str(ROOT / "transform")]
    at = arguments.index("--vars") + 1 if "--vars" in arguments else len(arguments)
    parsed, kept = target / "partial_parse.msgpack", (adapter, profiles, *arguments[at : at + 1])
    if kept in _PARSED and not parsed.exists():
        parsed.write_bytes(_PARSED[kept])
    command, output = ["--no-use-colors", *arguments, *where], target / "output.txt"
    code = forks.run(
        ROOT / f".meltano/utilities/dbt-{adapter}/venv/bin/python", "dbt", *command,
        folder=folder, environment=variables, files=(None, output, output), modules=beforehand(adapter),
    )  # fmt: skip
    if parsed.exists():
        _PARSED.setdefault(kept, parsed.read_bytes())
    return subprocess.CompletedProcess(command, code, output.read_text(encoding="utf-8"))
