"""The metrics of the semantic layer, asked by dbt's own tool for them, MetricFlow."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pytest

from tests import forks

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def metricflow(told, tmp_path_factory):
    """Runs `mf` on the project as dbt read it, and returns its output. `mf` looks for that in the project's folder."""
    project = tmp_path_factory.mktemp("metrics")
    shutil.copy(ROOT / "transform/dbt_project.yml", project)
    (project / "target").mkdir()
    shutil.copy(told.path.with_suffix(".target") / "semantic_manifest.json", project / "target")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "WIX_"))} | {
        "DBT_PROFILES_DIR": str(ROOT / "transform/profiles/duckdb"),
        "DBT_LOG_PATH": str(project),
        "WIX_DUCKDB": str(told.path),
        "NO_COLOR": "1",
    }

    def run(*command: str) -> str:
        output = project / "output.txt"
        code = forks.run(
            ROOT / ".meltano/utilities/dbt-duckdb/venv/bin/python", "mf", *command,
            folder=project, environment=environment, files=(None, output, output), modules=("dbt.adapters.duckdb",),
        )  # fmt: skip
        said = output.read_text(encoding="utf-8")
        assert code == 0, said
        return said

    return run


@pytest.fixture(scope="module")
def ask(metricflow, tmp_path_factory):
    """Rows of metrics by dimensions, in their order."""

    def rows(metrics: str, group_by: str) -> list[tuple[str, ...]]:
        answer = tmp_path_factory.mktemp("answer") / "rows.csv"
        metricflow("query", "--metrics", metrics, "--group-by", group_by, "--csv", str(answer))
        with answer.open(newline="", encoding="utf-8") as lines:
            return sorted(tuple(line.values()) for line in csv.DictReader(lines))

    return rows


def test_what_is_declared_can_be_asked(metricflow):
    """Each entity, dimension, measure and metric is a query that the warehouse answers."""
    told = [line for line in metricflow("validate-configs").splitlines() if "ERRORS" in line]
    assert len(told) == 6
    assert [line for line in told if not line.endswith("(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)")] == []


def test_the_people_of_folders(told, ask):
    """By folder, what `folder_headcount` has; over all folders, the most, since a sum would count people twice."""
    metrics = "folder_people,folder_certain_people,folder_privileged_people"
    counts = "people, certain_people, privileged_people"
    rows = told.ask(f"select month::timestamp, account_id, folder_id, {counts} from access_wix.folder_headcount")
    assert ask(metrics, "metric_time__month,folder_month__account_id,folder_month__folder_id") == _as_csv(rows)
    most = told.ask("select month::timestamp, max(people) from access_wix.folder_headcount group by month")
    assert ask("folder_people", "metric_time__month") == _as_csv(most)


def test_changes_of_access(told, ask):
    """By day and kind, as many as `access_changes` has rows."""
    rows = told.ask("""
        select changed_on::timestamp, change_type, count(*), count(distinct person_key)
        from access_wix.access_changes group by all
    """)
    asked = ask("access_changes,people_with_changes", "metric_time__day,access_change__change_type")
    assert asked == _as_csv(rows)
    kinds = told.ask("""
        select account_id, nullif(count(*) filter (where change_type = 'gained'), 0),
            nullif(count(*) filter (where change_type = 'lost'), 0)
        from access_wix.access_changes where change_type in ('gained', 'lost') group by all
    """)
    assert ask("access_gained,access_lost", "access_change__account_id") == _as_csv(kinds)


def _as_csv(rows):
    return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)
