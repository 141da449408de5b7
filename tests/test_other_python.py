"""The wheel on another Python than this one: the newest that is installed here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from tests.installing import build, install, separate

ROOT = Path(__file__).parent.parent
NEWEST_FIRST = ("3.14", "3.13", "3.12", "3.11")
CORE = ("tap/test_catalog.py", "tap/test_rows.py", "tap/test_standard.py", "releases", "snapshot")
"""Real syncs over HTTP, states, catalogs, and the laws about them. Nothing that is slow or needs Meltano."""
NEEDED = ("pytest", "hypothesis", "jsonschema", "duckdb", "pytz", "singer-sdk[testing]")


def _candidates(release):
    """Where another Python may be: on the path, next to this one, or among pyenv's, whose shims may fail."""
    places = [Path(sys.base_prefix).parent, Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"]
    beside = (sorted(place.glob(f"{release}.*/bin/python{release}")) for place in places)
    return [shutil.which(f"python{release}"), *chain(*beside)]


def _works(python):
    """Whether it starts, and can make environments."""
    try:
        line = [python, "-c", "import venv"]
        return subprocess.run(line, capture_output=True, check=False, env=separate()).returncode == 0
    except OSError:
        return False


def other_python():
    """Release and path of the newest other Python; None if there is none."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for release in NEWEST_FIRST:
        for python in filter(None, _candidates(release)):
            if release != own and _works(python):
                return release, str(python)
    return None


def _ran(*line, cwd):
    return subprocess.run(
        list(map(str, line)), cwd=cwd, env=separate(), capture_output=True, text=True, check=False, timeout=900
    )


def test_the_core_of_the_tests(tmp_path, record_property):
    """The wheel is installed there, separate from this checkout, and the core of the tests passes on it."""
    if (found := other_python()) is None:
        pytest.skip("no Python from 3.11 to 3.14 is installed beside this one")
    release, python = found
    (wheel,) = build("--wheel", into=tmp_path / "out")
    assert _ran(python, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path).returncode == 0
    own = tmp_path / "venv" / "bin" / "python"
    install(own, f"{wheel}[sandbox]", *NEEDED)
    # Without the package beside them: what is tested is the wheel.
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CHANGELOG.md", "sample_config.json"):
        shutil.copy(ROOT / name, tmp_path)
    where = "import sys, tap_wix_users as t; print('%d.%d' % sys.version_info[:2], t.__file__)"
    version, place = _ran(own, "-c", where, cwd=tmp_path).stdout.split()
    assert version == release
    assert place.startswith(str(tmp_path / "venv"))
    ran = _ran(own, "-m", "pytest", "--quiet", *(f"tests/{part}" for part in CORE), cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    (count,) = re.findall(r"^(\d+) passed", ran.stdout, re.MULTILINE)
    assert int(count) > 450
    record_property("python", release)
