"""The project as a local package in somebody's own, which has a model `people`, and views of what is current."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.dbt import run_dbt
from tests.transform.cases import MANAGER, account
from tests.transform.scenario import store
from tests.transform.warehouse import ROOT, Warehouse


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The folder of that project after `dbt build`, and its warehouse."""
    folder = tmp_path_factory.mktemp("host")
    warehouse = Warehouse(folder / "wix.duckdb")
    store(warehouse, account("studio").user("ben", "Ben", "ben@studio.example").holds("ben", "k", MANAGER).read(1))
    profile = {"type": "duckdb", "path": str(warehouse.path), "schema": "host", "threads": 1}
    files = {
        "dbt_project.yml": {
            "name": "host",
            "version": "1.0",
            "profile": "host",
            "model-paths": ["models"],
            "models": {"wix_access": {"staging": {"+materialized": "wix_view"}}},
        },
        "packages.yml": {"packages": [{"local": str(ROOT / "transform")}]},
        "profiles.yml": {"host": {"target": "duckdb", "outputs": {"duckdb": profile}}},
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    (folder / "models").mkdir()
    (folder / "models" / "people.sql").write_text("select 'theirs' as mine", encoding="utf-8")
    text = "select person from {{ ref('wix__people') }} cross join {{ ref('people') }}"
    (folder / "models" / "report.sql").write_text(text, encoding="utf-8")
    project = ("--project-dir", str(folder))
    for command in ("deps", "build"):
        done = run_dbt(command, *project, target=folder / "target", profiles=str(folder))
        assert done.returncode == 0, done.stdout
    return folder, warehouse


def test_both_have_their_own_people(host):
    """Theirs stays theirs, our answers are made of ours, and their models may ask both."""
    _, warehouse = host
    assert warehouse.ask("from host.people") == [("theirs",)]
    assert warehouse.ask("select person, role from access_wix.access_review order by all") == [
        ("Ann", "Owner"),
        ("Ben", "Website Manager"),
    ]
    assert warehouse.ask("from host.report order by all") == [("Ann",), ("Ben",)]


def test_the_checks_run_there(host):
    """The tests of the package ask what its models list."""
    folder, _ = host
    found = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    asked = {one["unique_id"].split(".")[2]: one for one in found if one["unique_id"].startswith("test.wix_access")}
    assert {name: one["status"] for name, one in asked.items()} == {"what_was_loaded": "pass", "what_was_made": "pass"}


def test_views_of_what_is_current(host, tmp_path):
    """Where that project wants views, they show what is loaded at once, and their checks find what is wrong."""
    folder, warehouse = host
    store(warehouse, account("studio").user("ben", "Ben", "ben@studio.example").read(1))
    warehouse.execute("insert into raw_wix.users from raw_wix.users where id = 'ben'")
    assert warehouse.ask("select count(*) from current_wix.users where id = 'ben'") == [(2,)]
    assert warehouse.ask("select count(*) from access_wix.people where person_id = 'ben'") == [(1,)]
    done = run_dbt("test", "--project-dir", str(folder), target=tmp_path, profiles=str(folder))
    assert done.returncode == 1
    assert "Check failed: stg_wix__users unique (account_id, id, observed_at, snapshot_at): 1 rows" in done.stdout
