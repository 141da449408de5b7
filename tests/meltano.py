"""Meltano projects of the tests' own: the real one's file and installed plugins, but not its state and output.

Meltano and the plugins are what was installed, as processes that share their imports (`tests/forks.py`); the tests of
the package and of the demo start them as users do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests import forks
from tests.dbt import beforehand
from tests.support import environment

if TYPE_CHECKING:
    from wix_sandbox import Sandbox

ROOT = Path(__file__).parent.parent
MELTANO = os.environ.get("MELTANO") or str(ROOT / ".venv-meltano" / "bin" / "meltano")
SHARED = {
    "tap-wix-users": ("tap_wix_users.tap",),
    "dbt": (),
    "target-duckdb-bulk": (),
    "target-jsonl": (),
    "target-postgres": (),
}
"""The commands of plugins that share their imports, and what else to import for them."""


def make_project(folder: Path) -> Path:
    """A project in this folder."""
    for path in (ROOT / "meltano.yml", ROOT / "pyproject.toml", *ROOT.glob("constraints*.txt")):
        shutil.copy(path, folder)
    (folder / "transform").symlink_to(ROOT / "transform")
    (folder / ".meltano").mkdir()
    (folder / "output").mkdir()
    for kind in ("extractors", "loaders", "utilities"):
        (folder / ".meltano" / kind).mkdir()
        for plugin in (ROOT / ".meltano" / kind).iterdir():
            _share(plugin, folder / ".meltano" / kind / plugin.name)
    return folder


def meltano(folder: Path) -> str:
    """A command in this folder that is Meltano, sharing its imports."""
    path = folder / "meltano"
    if not path.exists():
        modules = ("alembic.command", "anyio._backends._asyncio")
        # A copy: a test that writes something else in its place does so for itself alone.
        shutil.copy(forks.launcher(Path(MELTANO).with_name("python"), "meltano", modules), path)
    return str(path)


def _share(plugin: Path, place: Path) -> None:
    """Put a plugin's environment into a project, with a launcher in place of its command."""
    programs = place / "venv" / "bin"
    programs.mkdir(parents=True)
    for path in (*plugin.iterdir(), *(plugin / "venv").iterdir(), *(plugin / "venv" / "bin").iterdir()):
        target = place / path.relative_to(plugin)
        if path.name in SHARED and path.parent.name == "bin":
            adapter = beforehand(plugin.name.removeprefix("dbt-")) if path.name == "dbt" else ()
            modules = (*SHARED[path.name], *adapter)
            shutil.copy(forks.launcher(path.with_name("python"), path.name, modules), target)
        elif not target.exists():  # as the folders of the launchers do
            target.symlink_to(path)


def project_environment(project: Path, sandbox: Sandbox | None = None, **variables: str) -> dict[str, str]:
    """The environment of a project, with the account of a sandbox to read."""
    settings = {"MELTANO_PROJECT_ROOT": str(project), "MELTANO": MELTANO, "NO_COLOR": "1"}
    if sandbox:
        settings |= {
            "TAP_WIX_USERS_BASE_URL": sandbox.url,
            "TAP_WIX_USERS_API_KEY": sandbox.world.key,
            "TAP_WIX_USERS_ACCOUNT_ID": sandbox.world.main.id,
        }
    return environment(**settings, **variables)


def run_job(project: Path, sandbox: Sandbox, job: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`meltano run` to its end."""
    return subprocess.run(
        [meltano(project), "--environment=sandbox", "run", job],
        cwd=project,
        env=project_environment(project, sandbox, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
