"""A Dagster job that runs the project every night, with the summary's figures on each run.

WIX_PROJECT=/srv/tap-wix-users dagster dev -f examples/operations/dagster_job.py
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from dagster import Definitions, Failure, ScheduleDefinition, job, op

_FIGURES = ("outcome", "requests", "retries", "duration_seconds")


def load(project: Path) -> tuple[int, dict[str, Any]]:
    """Run the project; its exit code and the run's summary, which is empty where no run began."""
    script = project / "examples" / "operations" / "nightly.sh"
    done = subprocess.run(
        [script], env={**os.environ, "WIX_PROJECT": str(project)}, stdout=subprocess.PIPE, text=True, check=False
    )
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}


@op
def wix_users(context) -> None:  # noqa: ANN001  # Dagster cannot read an annotation that is text
    """Load the account; what is not complete fails the op, with what failed."""
    code, summary = load(Path(os.environ["WIX_PROJECT"]))
    figures = {name: summary[name] for name in _FIGURES if name in summary}
    context.log.info("summary: %s", summary)
    if code:
        why = summary.get("failed") or summary.get("outcome", "no run began")
        raise Failure(f"not complete: {why}", metadata=figures)
    context.add_output_metadata(figures)


@job
def wix() -> None:
    """Load the account."""
    wix_users()


defs = Definitions(jobs=[wix], schedules=[ScheduleDefinition(job=wix, cron_schedule="15 5 * * *")])
