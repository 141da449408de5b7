"""docs/warehouses.md: the loaders, jobs, settings and commands that it names are those that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing

import duckdb
import yaml

from tests.support import run
from tests.tap import expected
from tests.warehouses.snowflake import KEY_COMMAND
from tests.warehouses.story import SMALL
from tests.warehouses.targets import ROOT, JsonLines, loader
from wix_sandbox import Sandbox, World

PAGE = (ROOT / "docs" / "warehouses.md").read_text(encoding="utf-8")
MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_loaders_and_jobs():
    """The page's first table has exactly the loaders, jobs and dbts of `meltano.yml`, and each job runs its own."""
    listed = re.findall(r"^\| [\w ]+ \| `(target-[\w-]+)` \| `([\w-]+)` \| (?:`(dbt-\w+)`|-) \|$", PAGE, re.MULTILINE)
    jobs = {job["name"]: job["tasks"] for job in MELTANO["jobs"]}
    # DuckDB's job ends with the copy for dashboards, and has a second loader, which stays possible.
    ends = {"wix-to-duckdb": ["dbt-duckdb:publish"]}
    assert {
        job: [f"tap-wix-users {name}", *([f"{dbt}:build"] if dbt else []), *ends.get(job, [])]
        for name, job, dbt in listed
    } == jobs
    loaders = {one["name"] for one in MELTANO["plugins"]["loaders"]}
    assert {name for name, _, _ in listed} | {"target-duckdb"} == loaders
    assert "`target-duckdb`" in PAGE
    assert {dbt for _, _, dbt in listed if dbt} == {one["name"] for one in MELTANO["plugins"]["utilities"]}
    assert set(re.findall(r"meltano run ([\w-]+)", PAGE)) <= jobs.keys() | {"tap-wix-users"}
    assert set(re.findall(r"meltano install (target-[\w-]+)", PAGE)) <= loaders


def test_variables():
    """Every variable that the page sets is a setting of its loader; what is secret in it, Meltano hides."""
    named = set(re.findall(r"TARGET_([A-Z]+)_(\w+)", PAGE))
    assert len(named) > 12
    for kind, variable in named:
        settings = {one["name"]: one for one in loader(f"target-{kind.lower()}")["settings"]}
        setting = settings[variable.lower()]
        secret = variable.endswith(("PASSWORD", "PASSPHRASE", "PRIVATE_KEY"))
        assert setting.get("sensitive", False) == secret


def test_every_loader_writes_to_one_schema():
    """`raw_wix` everywhere, as the views expect."""
    for one in MELTANO["plugins"]["loaders"]:
        assert one["name"] == "target-jsonl" or one["config"]["default_target_schema"] == "raw_wix"


def test_the_key_is_made_so():
    """The fakesnow tests log in with a key that the page's command made."""
    assert len([block for block in _blocks("sh") if f"{KEY_COMMAND}\n" in block]) == 1


def test_asking_files(tmp_path):
    """The commands of the page make tables and views of what target-jsonl wrote."""
    (commands,) = (block for block in _blocks("sh") if "warehouse.files" in block)
    (tmp_path / "output").mkdir()
    with closing(JsonLines(tmp_path / "output")) as written, Sandbox(World(SMALL)) as sandbox:
        written.load(run(sandbox).lines)
        people = expected.tables(sandbox.world.main)["users"]
    script = commands.replace(".venv/bin/python", sys.executable)
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True)  # noqa: S607
    with duckdb.connect(str(tmp_path / "output" / "files.duckdb")) as connection:
        ids = connection.execute("select account_id, id from current_wix.users where is_current").fetchall()
    assert set(ids) == set(people)
    assert len(ids) == len(people)
