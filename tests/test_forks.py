"""Commands that share their imports end as processes of their own do, and say what they left open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forks

LEAKY = """
import os, socket, sys

kept = []

def main():
    sys.exit(eval(sys.argv[1]))
"""


@pytest.fixture
def leaky(tmp_path, monkeypatch):
    """A command of this project that does what it is told."""
    (tmp_path / "leaky.py").write_text(LEAKY, encoding="utf-8")
    known = tmp_path / "tap_wix_users-9.dist-info"
    known.mkdir()
    (known / "METADATA").write_text("Name: tap-wix-users\nVersion: 9\n", encoding="utf-8")
    (known / "entry_points.txt").write_text("[console_scripts]\nleaky = leaky:main\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # The process with its imports is of this test alone.
    return forks.launcher(Path(sys.executable), "leaky", flags=("-X", f"of={tmp_path}"))


def test_how_a_command_ends(leaky):
    """With its own code, unless a file or a connection is still open: each is named then."""

    def ended(does):
        done = subprocess.run([leaky, does], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr

    assert ended("open(os.devnull).close()") == (0, "")
    assert ended("3") == (3, "")
    assert ended("'a sentence'") == (1, "a sentence\n")
    assert ended("kept.append(open(os.devnull))") == (97, f"Left open at the end: {os.devnull}\n")
    code, told = ended("kept.append(socket.socket())")
    assert (code, told.startswith("Left open at the end: socket:[")) == (97, True)
