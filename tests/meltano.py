"""Meltano projects of the tests' own: the real one's file and installed plugins, but not its state and output."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import environment

if TYPE_CHECKING:
    from wix_sandbox import Sandbox

ROOT = Path(__file__).parent.parent
MELTANO = os.environ.get("MELTANO") or str(ROOT / ".venv-meltano" / "bin" / "meltano")


def make_project(folder: Path) -> Path:
    """A project in this folder."""
    for path in (ROOT / "meltano.yml", ROOT / "pyproject.toml", *ROOT.glob("constraints*.txt")):
        shutil.copy(path, folder)
    (folder / "transform").symlink_to(ROOT / "transform")
    (folder / ".meltano").mkdir()
    (folder / "output").mkdir()
    for name in ("extractors", "loaders", "utilities"):
        (folder / ".meltano" / name).symlink_to(ROOT / ".meltano" / name)
    return folder


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
        [MELTANO, "--environment=sandbox", "run", job],
        cwd=project,
        env=project_environment(project, sandbox, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
