"""`meltano run` with the jobs of `meltano.yml`, into servers of the tests' own."""

from __future__ import annotations

import json

import pytest

from tests.meltano import make_project, run_job
from tests.tap import expected
from tests.warehouses.story import SMALL
from tests.warehouses.targets import INSIDE
from tests.warehouses.test_models import CAPITALS, PROFILES
from wix_sandbox import Sandbox, World


def _with_shim(project, warehouse):
    """The project runs the shim in the target's place, and dbt finds the server; all else is the real `meltano.yml`."""
    command = project / "shim"
    command.write_text(f'#!/bin/sh\nexec "{warehouse.python}" "{INSIDE / warehouse.entry}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    file = project / "meltano.yml"
    text = file.read_text(encoding="utf-8")
    assert text.count("executable: target-snowflake\n") == 1
    text = text.replace("executable: target-snowflake\n", f"executable: {command}\n")
    profiles = "$MELTANO_PROJECT_ROOT/transform/profiles/snowflake"
    assert text.count(profiles) == 1
    file.write_text(text.replace(profiles, PROFILES), encoding="utf-8")


def _for_one_answer(project, kind):
    """What dbt builds is the list that the test asks for: `test_models` builds all."""
    file = project / "meltano.yml"
    before, command, after = file.read_text(encoding="utf-8").partition(f"namespace: dbt_{kind}\n")
    build = f"build --select +wix__access_review --exclude test_type:data {CAPITALS if kind == 'snowflake' else ''}"
    after = after.replace("args: build\n", f"args: {json.dumps(build.strip())}\n", 1)
    file.write_text(before + command + after, encoding="utf-8")


@pytest.mark.parametrize("warehouse", ["postgres", "snowflake", "jsonl"], indirect=True)
def test_a_job(warehouse, tmp_path):
    """`meltano run` leaves every row whole in the warehouse, as the settings of `meltano.yml` go, with the answers."""
    loaded = warehouse()
    kind = loaded.name.removeprefix("target-")
    (tmp_path / "project").mkdir()
    project = make_project(tmp_path / "project")
    if kind == "snowflake":
        _with_shim(project, loaded)
    if kind != "jsonl":
        _for_one_answer(project, kind)
    with Sandbox(World(SMALL)) as sandbox:
        done = run_job(project, sandbox, f"wix-to-{kind}", **loaded.variables(), **loaded.address())
        tables = expected.tables(sandbox.world.main)
    assert done.returncode == 0, (done.stdout + done.stderr)[-9000:]
    loaded.load()
    for name, rows in tables.items():
        columns = ", ".join(next(iter(rows.values())))
        stored = loaded.ask(f"select {columns} from {loaded.schema}.{name}")
        assert {expected.key_of(name, row): row for row in stored} == rows
        assert len(stored) == len(rows)
    if kind != "jsonl":
        (reviewed,) = loaded.ask("select count(*) as items from access_wix.access_review where person_type = 'member'")
        assert reviewed == {"items": len(tables["assignments"])}
