"""The notes of a release: its section in the changelog, after checking that the release is consistent.

``python -m tools.release_notes 0.1.0``
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]


def notes(version: str, changelog: str) -> str:
    """The section of a version; empty when there is none."""
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() + "\n" if found else ""


def problems(version: str, root: Path = ROOT) -> Iterator[str]:
    """Messages about what prevents this version from being released."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if project["version"] != version:
        yield f"pyproject.toml has version {project['version']}, and the tag says {version}."
    if "Repository" not in project.get("urls", {}):
        yield "pyproject.toml has no [project.urls] with `Repository`: a published package has to say where it lives."
    if not notes(version, (root / "CHANGELOG.md").read_text(encoding="utf-8")):
        yield f"CHANGELOG.md has no section for {version}."
    if not (root / "tests" / "releases" / version).is_dir():
        yield f"The formats of {version} are not kept: run `make freeze-release`."


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the notes, or say what is missing."""
    (version,) = sys.argv[1:] if arguments is None else arguments
    found = list(problems(version))
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if not found:
        sys.stdout.write(notes(version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
