"""Environments of the tests' own: made and filled by uv, which Meltano brings along, in a tenth of pip's work."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.meltano import MELTANO
from tools.install import uv_settings

ROOT = Path(__file__).parent.parent
UV = Path(MELTANO).with_name("uv")


@cache
def separate() -> dict[str, str]:
    """The environment without what leads to this checkout, and with what uv needs to install from where pip does."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_", "TAP_WIX_USERS"))
    }
    return {**uv_settings(listed), **kept, "PATH": f"{UV.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def build(*options: str, into: Path) -> list[Path]:
    """Build the package, by tools of their own, as a release is; the files that were made.

    Args:
        options: More for `build`.
        into: The folder for these.
    """
    run(sys.executable, "-m", "build", "--installer", "uv", *options, "--outdir", into, ROOT, folder=into.parent)
    return sorted(into.iterdir())


def install(python: Path, *requirements: str) -> None:
    """Install into the environment of this Python, which needs no pip."""
    pinned = ("--constraint", ROOT / "constraints.txt")
    run(UV, "pip", "install", "--quiet", "--python", python, *pinned, *requirements, folder=python.parent)


def run(*command: str | Path, folder: Path) -> None:
    """Run a command, which has to end well."""
    line = [str(part) for part in command]
    done = subprocess.run(line, cwd=folder, env=separate(), capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
