"""The dbt project as a whole: everything in it is described, and the description is true."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.dbt import run_dbt
from tests.transform.warehouse import MODELS, ROOT, Warehouse


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """An empty warehouse with the models, and what dbt knows of the project."""
    folder = tmp_path_factory.mktemp("project")
    warehouse = Warehouse(folder / "wix.duckdb")
    assert warehouse.build("--exclude", "test_type:data", cache=folder / "target").code == 0
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return warehouse, manifest


def test_every_model_and_column_is_described(built):
    """A model or seed has exactly the columns that its description names, and each has a sentence."""
    warehouse, manifest = built
    wrong = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] not in {"model", "seed"}:
            continue
        described = {name for name, column in node["columns"].items() if column["description"].strip()}
        query = (
            "select column_name from information_schema.columns "
            f"where table_schema = '{node['schema']}' and table_name = '{node['alias']}'"
        )
        stored = {name for (name,) in warehouse.ask(query)}
        if described != stored or not described or not node["description"].strip():
            wrong[node["name"]] = described ^ stored
    assert wrong == {}


def test_every_table_that_people_use_is_tested(built):
    """Each model of `access` has a check of its key, but for the views that are made without keys twice."""
    _, manifest = built
    checks = _checks(manifest)
    tested = {name for name, found in checks.items() if any({"unique", "one_row_per_grant"} & {*one} for one in found)}
    models = {path.stem for path in (ROOT / "transform/models/access").glob("*.sql")}
    assert models - tested == {"wix__access", "wix__access_over_time", "wix__folder_headcount"}


def test_every_check_is_asked(built):
    """What a description lists is asked by one of the two tests."""
    _, manifest = built
    asked = set()
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            asked |= {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
    assert set(_checks(manifest)) - asked == set()


def _checks(manifest) -> dict[str, list[dict[str, object]]]:
    nodes = manifest["nodes"].values()
    return {node["name"]: node["config"]["meta"]["checks"] for node in nodes if node["config"]["meta"].get("checks")}


def test_what_is_current_is_of_the_last_build(told, tmp_path):
    """What happens to the loaded rows changes none of its tables before the next build."""
    later = Warehouse(Path(shutil.copy(told.path, tmp_path / "wix.duckdb")))
    for table in MODELS:
        later.execute(f"delete from raw_wix.{table}")
    tables = "select table_name from information_schema.tables where table_schema = 'current_wix'"
    staged = {table for (table,) in later.ask(tables)}
    rows = {table: f"from current_wix.{table} order by all" for table in staged}
    assert [table for table, query in rows.items() if later.ask(query) != told.ask(query)] == []
    assert {*MODELS, "receipt_chain", "receipt_forks"} == staged
    assert later.ask("select count(*) > 50 from current_wix.users") == [(True,)]


BUILD = "select is_whole from access_wix.build"


def test_what_is_there_is_of_one_build(told, tmp_path):
    """A build says so at its end; not one that is killed, or makes a part of what is current: then nobody can ask."""
    later, cache = Warehouse(Path(shutil.copy(told.path, tmp_path / "wix.duckdb"))), tmp_path / "target"
    found = [later.ask(BUILD)]
    assert _killed(later, tmp_path / "killed") == -signal.SIGKILL
    found.append(later.ask(BUILD))
    for chosen in ((), ("--select", "wix__people"), ("--select", "stg_wix__users")):
        assert later.dbt("run", *chosen, cache=cache).code == 0
        found.append(later.ask(BUILD))
    assert found == [[(True,)], [(False,)], [(True,)], [(True,)], [(False,)]]
    asked = later.dbt("show", "--select", "access_as_of", cache=cache)
    assert asked.code > 0
    assert "The models are not of one build" in asked.output


def _killed(warehouse, folder):
    """Begin a build, and kill it as soon as it made something."""
    command = [
        f"{ROOT}/.meltano/utilities/dbt-duckdb/venv/bin/dbt", "--no-use-colors", "run",
        "--project-dir", f"{ROOT}/transform", "--profiles-dir", f"{ROOT}/transform/profiles/duckdb",
    ]  # fmt: skip
    paths = {"WIX_DUCKDB": str(warehouse.path), "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
    with subprocess.Popen(command, env={**os.environ, **paths}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert any("OK created sql wix_table model current_wix" in line for line in process.stdout)
        process.kill()
    return process.returncode


def test_the_exposures_are_of_models_that_people_use(built):
    """What a dashboard or the review page reads is named as an exposure."""
    _, manifest = built
    used = {
        name: sorted(parent.split(".")[-1] for parent in exposure["depends_on"]["nodes"])
        for name, exposure in ((one["name"], one) for one in manifest["exposures"].values())
    }
    assert "wix__access_review" in used["access_review_page"]
    assert {"wix__access", "wix__findings"} <= set(used["dashboard"])


def test_the_documentation_is_one_page(built, tmp_path):
    """`dbt docs generate --static` writes it."""
    warehouse, _ = built
    done = run_dbt("docs", "generate", "--static", target=tmp_path, WIX_DUCKDB=str(warehouse.path))
    assert done.returncode == 0, done.stdout
    page = (tmp_path / "static_index.html").read_text(encoding="utf-8")
    assert "Who can get at which site with which role" in page
