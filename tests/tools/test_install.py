"""Installing by uv with pip's settings: from where pip would, and by pip where uv fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.install import uv_settings

COMMAND = [sys.executable, str(Path(__file__).parents[2] / "tools" / "install.py")]
AS_PIP = {"UV_INDEX_STRATEGY": "unsafe-best-match"}


@pytest.mark.parametrize(
    ("listed", "settings"),
    [
        ("", {}),
        ("global.timeout='60'\n:env:.disable-pip-version-check='1'", {}),
        ("global.index-url='file:///a'", {"UV_DEFAULT_INDEX": "file:///a"}),
        (":env:.index-url='file:///b'\nglobal.index-url='file:///a'", {"UV_DEFAULT_INDEX": "file:///b"}),
        ("install.index-url='file:///b'\nglobal.index-url='file:///a'", {"UV_DEFAULT_INDEX": "file:///b"}),
        ("download.index-url='file:///b'", {}),
        ("global.extra-index-url='file:///a\\nfile:///b'", {"UV_INDEX": "file:///a file:///b"}),
        ("global.extra-index-url='file:///a file:///b'", {"UV_INDEX": "file:///a file:///b"}),
        ("global.find-links='/a /b'", {"UV_FIND_LINKS": "/a,/b"}),
        ("global.constraint='/a.txt'\nglobal.no-index='true'", {"UV_CONSTRAINT": "/a.txt", "UV_NO_INDEX": "true"}),
        (":env:.cert='/a.pem'\nglobal.trusted-host='a'", {"SSL_CERT_FILE": "/a.pem", "UV_INSECURE_HOST": "a"}),
    ],
)
def test_pip_settings(listed, settings):
    """What `pip config list` prints, as the variables that uv reads: the environment's word has precedence."""
    assert uv_settings(listed) == AS_PIP | settings


@pytest.mark.slow
@pytest.mark.parametrize(("options", "code"), [(["--help"], 0), (["--no-such-option"], 2)])
def test_where_uv_fails(options, code):
    """Pip does it, as the output says, and its exit code is the whole command's."""
    done = subprocess.run(
        [*COMMAND, "/bin/false", sys.executable, *options], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "uv could not install this: pip does." in done.stderr) == (code, True)
    assert "pip install [options]" in done.stdout + done.stderr


@pytest.mark.slow
def test_an_environment_without_pip(tmp_path):
    """As uv makes them: its settings are those of the pip beside uv, which also installs where uv fails."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "made"], check=True)
    for name, script in {"uv": "env | grep ^UV_ >&2; exit 1", "python": f'exec {sys.executable} "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [*COMMAND, tmp_path / "uv", tmp_path / "made/bin/python", "no-such-package-of-ours", "--no-index"],
        env={**os.environ, "PIP_TIMEOUT": "7", "PIP_INDEX_URL": "https://index.example/simple"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "https://index.example/simple" in done.stderr
    assert "No matching distribution found for no-such-package-of-ours" in done.stderr


def test_where_uv_succeeds():
    """Pip is not asked."""
    done = subprocess.run([*COMMAND, "/bin/true", "/bin/false"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
