"""The licences of the tap's dependencies, read from the installed packages.

python -m tools.licences > docs/licences.md
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = "tap-wix-users"

ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU",
        "MPL-2.0", "PSF-2.0", "Zlib",
    }
)  # fmt: skip
"""Licences that are compatible with Apache-2.0. MPL-2.0 only requires changed files to be published."""

_NAMES = {
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
"""Older packages declare their licence with a classifier."""


_DECLARED: dict[str, Any] = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = tuple(_DECLARED["dependency-groups"])
"""Groups that only developers install."""


class Licence(NamedTuple):
    """A required package, and its licence.

    Attributes:
        package: Its name, as installed.
        version: Its version.
        words: The licence as the package names it: an SPDX expression where the package is recent.
        extra: The extra that needs it; empty when the tap itself does.
    """

    package: str
    version: str
    words: str
    extra: str


def extras() -> list[str]:
    """The extras for users of the tap; one that includes another comes after it."""
    declared = _DECLARED["project"]["optional-dependencies"]
    return sorted(declared, key=lambda extra: len(needed(frozenset({extra}))))


def needed(extras: frozenset[str], groups: Iterable[str] = ()) -> set[str]:
    """The packages that are installed for the tap with these extras and groups, on this machine and Python."""
    found: set[str] = set()
    waiting = [(PACKAGE, extras)]
    for group in groups:
        waiting += _applicable(_DECLARED["dependency-groups"][group], frozenset())
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            requirements = _requirements(name, wanted)
        except PackageNotFoundError:
            raise LookupError(f"{name} is required but not installed: run `make install`") from None
        found.add(name)
        waiting += _applicable(requirements, wanted)
    return found - {PACKAGE}


def _requirements(name: str, extras: frozenset[str]) -> list[str]:
    if name != PACKAGE:
        return distribution(name).requires or []
    optional = _DECLARED["project"]["optional-dependencies"]
    return [*_DECLARED["project"]["dependencies"], *(one for extra in extras for one in optional[extra])]


def _applicable(requirements: list[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def licences() -> list[Licence]:
    """Every required package, by name; those of the tap itself first."""
    groups = {"": needed(frozenset())}
    for extra in extras():
        groups[extra] = needed(frozenset({extra})) - set().union(*groups.values())
    tool = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed"]
    names = sorted(set().union(*groups.values()))
    listed = json.loads(
        subprocess.run([*tool, "--packages", *names], capture_output=True, text=True, check=True).stdout  # noqa: S603
    )
    by_name: dict[str, Any] = {canonicalize_name(one["Name"]): one for one in listed}
    return [
        Licence(by_name[name]["Name"], by_name[name]["Version"], _short(by_name[name]["License"]), extra)
        for extra, group in groups.items()
        for name in sorted(group)
    ]


def problem(words: str) -> str:
    """Why a licence is not acceptable; empty if it is.

    Args:
        words: The licence as a package names it. `A OR B` leaves the choice, `A AND B` and `A; B` do not.
    """
    for part in re.split(r"\s+AND\s+|;\s*", words):
        choices = [part, *(choice.strip("() ") for choice in re.split(r"\s+OR\s+", part))]
        if not any(_NAMES.get(choice, choice).split(" WITH ")[0] in ALLOWED for choice in choices):
            return f"`{part}` is not among the licences of tools/licences.py"
    return ""


def _short(words: str) -> str:
    """A licence in one line: a few packages contain its whole text."""
    return words.splitlines()[0].strip() if words.strip() else "UNKNOWN"


def text() -> str:
    """The page of licences."""
    lines = [
        "# Licences of what the tap needs",
        "",
        "Written by `python -m tools.licences` from the packages that `constraints.txt` pins, on CPython 3.11.",
        "A test fails if a package has no licence known to be compatible with Apache-2.0, or if this page is outdated.",
        "",
        "| package | version | licence | needed by |",
        "| --- | --- | --- | --- |",
    ]
    for one in licences():
        user = f"the extra `{one.extra}`" if one.extra else "the tap"
        lines.append(f"| {one.package} | {one.version} | {one.words} | {user} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
