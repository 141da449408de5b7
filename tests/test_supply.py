"""The dependencies of the tap: every package is pinned, and has a compatible licence."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.utils import canonicalize_name

from tools import licences

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = sys.version_info[:2] == (3, 11)
"""Newer Pythons need a few packages less; the files are those of the oldest."""


def _pins():
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines)
    return {canonicalize_name(name): number for name, number in pins.items()}


def test_constraints_pin_everything():
    """What the tap, its extras and its developers need is pinned at the version that is installed; nothing else is."""
    needed = licences.needed(frozenset(licences.extras()), licences.GROUPS)
    pins = _pins()
    assert {name: pins.get(name) for name in needed} == {name: version(name) for name in needed}
    assert not OLDEST or set(pins) == needed


def test_constraints_hold_no_address():
    """A line is a name and a version: where packages come from is each user's own affair."""
    lines = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("constraints*.txt"))
    assert [
        line
        for line in filter(None, lines.splitlines())
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)
    ] == []


def test_licences():
    """Each package that a user installs has a licence, and one that goes with Apache-2.0."""
    found = licences.licences()
    assert len(found) > 40
    assert {"", *licences.extras()} >= {one.extra for one in found}
    assert {one.package: why for one in found if (why := licences.problem(one.words))} == {}


def test_the_page_of_licences():
    """`docs/licences.md` is what `python -m tools.licences` writes where `constraints.txt` is installed."""
    page, made = PAGE.read_text(encoding="utf-8"), licences.text()
    assert page == made if OLDEST else set(made.splitlines()) <= set(page.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        "MIT",
        "BSD License",
        "Apache-2.0 OR GPL-3.0-only",
        "MIT AND PSF-2.0",
        "(MIT OR AFL-2.1)",
        "Mozilla Public License 2.0 (MPL 2.0)",
    ],
)
def test_a_licence_that_fits(words):
    """One that is listed; of alternatives one has to be, of a combination all."""
    assert licences.problem(words) == ""


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("MIT AND LGPL-3.0-only", "LGPL-3.0-only"),
        ("MIT License; GNU Affero General Public License v3", "GNU Affero General Public License v3"),
        ("UNKNOWN", "UNKNOWN"),
        ("", ""),
        ("GPL-2.0-only OR SSPL-1.0", "GPL-2.0-only OR SSPL-1.0"),
    ],
)
def test_a_licence_that_does_not_fit(words, part):
    """Strong copyleft, and a licence that cannot be parsed, are reported."""
    assert licences.problem(words) == f"`{part}` is not among the licences of tools/licences.py"


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "examples/operations/github-actions.yml"],
    ids=lambda path: path.name,
)  # fmt: skip
def test_actions_stand_by_digest(path):
    """A tag can be moved to other code, a digest cannot; whatever else is installed has a version."""
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [line.strip() for line in lines if "uses:" in line]
    assert used
    assert [line for line in used if not re.fullmatch(r"- uses: [\w/-]+@[0-9a-f]{40}  # v[\d.]+", line)] == []
    assert [line for line in lines if "pip install" in line and not re.search(r"==|--constraint", line)] == []


def test_plugins_are_pinned():
    """Each plugin of Meltano names the version of everything that it installs, or a file that does."""
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]
    for plugin in (plugin for kind in plugins.values() for plugin in kind if "pip_url" in plugin):
        words = plugin["pip_url"].split()
        assert "-c" in words or all("==" in word for word in words), plugin["name"]
        assert "-c" not in words or (ROOT / words[words.index("-c") + 1]).is_file()
