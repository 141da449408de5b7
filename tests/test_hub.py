"""The definition for MeltanoHub: made of what the code declares, and taken by Meltano as it is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.meltano import MELTANO, make_project, meltano, project_environment
from tests.support import BY_SITE, environment
from tools import hub
from wix_sandbox import Sandbox, Size, World

ROOT = Path(__file__).parent.parent
FILE = ROOT / "hub" / "tap-wix-users.yml"
STATUSES = {"active", "beta", "development", "inactive", "unknown"}
KEYS = {
    "capabilities", "commands", "definition", "description", "docs", "domain_url", "executable", "hidden", "keywords",
    "label", "logo_url", "maintenance_status", "metadata", "name", "namespace", "next_steps", "pip_url", "prereq",
    "quality", "repo", "requires", "schema", "select", "settings", "settings_group_validation", "settings_preamble",
    "usage", "variant",
}  # fmt: skip
"""What the hub lets stand in a definition of an extractor."""


def _meltano(folder, *arguments):
    return subprocess.run(
        [meltano(folder), *arguments],
        cwd=folder, env=environment(NO_COLOR="1"), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def valid():
    """Checks a project file against the schema that this Meltano ships."""
    (path,) = (Path(MELTANO).parents[1] / "lib").glob("python*/site-packages/meltano/schemas/meltano.schema.json")
    schema = json.loads(path.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema).validate


def test_it_is_the_one_that_the_code_makes():
    """`hub/tap-wix-users.yml` is what `python -m tools.hub` writes."""
    assert FILE.read_text(encoding="utf-8") == hub.text()


def test_what_the_hub_asks_for():
    """The members that the hub requires are there, no other than it knows, and a status of its list."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert {"name", "namespace", "variant", "label"} <= set(found) <= KEYS
    assert found["maintenance_status"] in STATUSES


def test_it_is_that_of_meltano_yml():
    """The project of this repository declares the tap in the same way, but for its place and its own choices."""
    (own,) = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    same = {name: value for name, value in own.items() if name not in {"pip_url", "config"}}
    assert {name: found[name] for name in same} == same


def test_meltano_adds_it(tmp_path, valid):
    """`meltano add --from-ref` takes the file; what it writes is valid, and knows the settings and the secret."""
    start = 'requires_meltano: ">=4.4,<5"\nsend_anonymous_usage_stats: false\n'
    (tmp_path / "meltano.yml").write_text(start, encoding="utf-8")
    plugin = ("--plugin-type", "extractor", "tap-wix-users")
    done = _meltano(tmp_path, "add", *plugin, "--from-ref", str(FILE), "--no-install")
    assert done.returncode == 0, done.stderr
    assert "Added extractor 'tap-wix-users' to your project" in done.stdout + done.stderr
    project = yaml.safe_load((tmp_path / "meltano.yml").read_text(encoding="utf-8"))
    valid(project)
    (added,) = project["plugins"]["extractors"]
    assert added["settings_group_validation"] == [["api_key", "account_id"]]
    asked = _meltano(tmp_path, "config", "print", "tap-wix-users")
    settings = yaml.safe_load(FILE.read_text(encoding="utf-8"))["settings"]
    assert json.loads(asked.stdout) == {one["name"]: one["value"] for one in settings if "value" in one}
    assert _meltano(tmp_path, "config", "set", "tap-wix-users", "api_key", "IST.secret-0123").returncode == 0
    assert "IST.secret-0123" not in (tmp_path / "meltano.yml").read_text(encoding="utf-8")
    safe = json.loads(_meltano(tmp_path, "config", "print", "tap-wix-users").stdout)
    assert safe["api_key"] == "*****"


@pytest.mark.parametrize("name", BY_SITE)
def test_the_way_to_leave_costly_tables_out(tmp_path, name):
    """The commands of its `usage` are ones that Meltano knows: they leave the table out."""
    (tmp_path / "meltano.yml").write_text("send_anonymous_usage_stats: false\n", encoding="utf-8")
    plugin = ("--plugin-type", "extractor", "tap-wix-users")
    assert _meltano(tmp_path, "add", *plugin, "--from-ref", str(FILE), "--no-install").returncode == 0
    (line,) = (line for line in hub.definition()["usage"].splitlines() if f" {name} " in line)
    assert line == f"    meltano select tap-wix-users --exclude {name} '*'"
    assert _meltano(tmp_path, "select", "tap-wix-users", "--exclude", name, "*").returncode == 0
    (added,) = yaml.safe_load((tmp_path / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    assert f"!{name}.*" in added["select"]


def test_our_own_project(valid):
    """`meltano.yml` is valid by the same schema."""
    valid(yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("key", "code"), [(None, 0), ("IST.nobody-knows-it", 1)])
def test_meltano_tests_the_key(tmp_path, key, code):
    """`meltano config test` passes with a key that Wix accepts, and fails with another, which gets no record."""
    project = make_project(tmp_path)
    with Sandbox(World(Size(users=12, sites=3))) as sandbox:
        variables = project_environment(project, sandbox) | ({"TAP_WIX_USERS_API_KEY": key} if key else {})
        done = subprocess.run(
            [meltano(project), "--environment=sandbox", "config", "test", "tap-wix-users"],
            cwd=project, env=variables, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == code
    assert ("Plugin configuration is valid" in done.stdout + done.stderr) is (code == 0)
