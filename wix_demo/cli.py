"""The commands that need an extra: the sandbox, and the demo without a clone of the repository."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from wix_demo.private import private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

PARTS = ("meltano.yml", "constraints-dbt.txt", "transform")
"""The parts of the repository that the demo needs. The wheel has them in the folder `project` (hatch_build.py)."""

_FROM_THE_CHECKOUT = {
    "tap-wix-users": "    pip_url: -e . -c constraints.txt\n",
    "target-duckdb-bulk": "    pip_url: -e .[target-duckdb] -c constraints.txt\n",
}
"""Commands of this installation, and the lines by which `meltano.yml` has Meltano install them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo in a folder, as a Meltano project that is created if it does not exist.

    Args:
        arguments: The command line; that of the process if omitted.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="tap-wix-users-demo", description="Load a made-up Wix account into DuckDB.")
    parser.add_argument("folder", type=Path, help="the Meltano project of the demo; created if it does not exist")
    folder: Path = parser.parse_args(arguments).folder
    if not (os.environ.get("MELTANO") or shutil.which("meltano")):
        parser.exit(
            2, "Meltano is not installed: run `pip install meltano`, or set the variable MELTANO to its path.\n"
        )
    demo = _with_extra("demo", "wix_demo.pipeline")
    try:
        with private():
            lay(folder)
    except OSError as error:
        parser.exit(2, f"Cannot create a project in {folder}: {error.strerror}.\n")
    with contextlib.chdir(folder):
        code: int = demo.main(f"tap-wix-users-demo {folder}")
    return code


def sandbox() -> int:
    """Run `tap-wix-users-sandbox`.

    Returns:
        The exit code.
    """
    code: int = _with_extra("sandbox", "wix_sandbox.cli").main()
    return code


def _with_extra(extra: str, module: str) -> ModuleType:
    """Import a module; exits if one of its dependencies is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed: run `pip install 'tap-wix-users[{extra}]'`.\n")
        raise SystemExit(2) from None


def lay(folder: Path) -> None:
    """Create a Meltano project that runs this installation of the tap; an existing one is not changed.

    Args:
        folder: The folder, which does not have to exist.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "meltano.yml").exists():
        return
    shipped = files(__package__) / "project"
    with as_file(shipped) as kept:
        # An editable installation has no copy: there, the package is inside the checkout.
        source = kept if kept.is_dir() else Path(__file__).parents[1]
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, folder / part, dirs_exist_ok=True)
            else:
                shutil.copyfile(source / part, folder / part)
    project = folder / "meltano.yml"
    project.write_text(_with_these_commands(project.read_text(encoding="utf-8")), encoding="utf-8")


def _with_these_commands(text: str) -> str:
    """The project file, with the installed commands instead of the checkout, so that Meltano installs nothing."""
    for command, pip_url in _FROM_THE_CHECKOUT.items():
        from_the_checkout = f"{pip_url}    executable: {command}\n"
        if from_the_checkout not in text:
            raise ValueError(f"meltano.yml installs {command} in a way that this module does not know")
        # A path as a JSON string is valid YAML, whatever characters it has.
        installed = json.dumps(str(Path(sys.executable).with_name(command)))
        text = text.replace(from_the_checkout, f"    executable: {installed}\n")
    return text


if __name__ == "__main__":
    sys.exit(main())
