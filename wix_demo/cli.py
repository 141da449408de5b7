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
"""What the demo needs of the repository. The wheel has these in the folder `project` (hatch_build.py)."""

_FROM_THE_CHECKOUT = {
    "tap-wix-users": "    pip_url: -e . -c constraints.txt\n",
    "target-duckdb-bulk": "    pip_url: -e .[target-duckdb] -c constraints.txt\n",
}
"""Commands of this installation, and how the project file has Meltano install them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo in a folder, as a Meltano project that is made there when there is none.

    Args:
        arguments: Those of the command line; the process's own when not given.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="tap-wix-users-demo", description="Load a made-up Wix account into DuckDB.")
    parser.add_argument("folder", type=Path, help="the Meltano project of the demo; it is made when there is none")
    folder: Path = parser.parse_args(arguments).folder
    if not (os.environ.get("MELTANO") or shutil.which("meltano")):
        parser.exit(2, "Meltano is not there: run `pip install meltano`, or name it in the variable MELTANO.\n")
    demo = _with_extra("demo", "wix_demo.pipeline")
    try:
        with private():
            lay(folder)
    except OSError as error:
        parser.exit(2, f"Cannot make a project in {folder}: {error.strerror}.\n")
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
    """A module, or the end of the process where what it needs was not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not there: run `pip install 'tap-wix-users[{extra}]'`.\n")
        raise SystemExit(2) from None


def lay(folder: Path) -> None:
    """Make a Meltano project that runs this very installation of the tap; one that is there stays as it is.

    Args:
        folder: Where; it need not exist.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "meltano.yml").exists():
        return
    shipped = files(__package__) / "project"
    with as_file(shipped) as kept:
        # An editable installation has no copy: there the checkout itself is beside the package.
        source = kept if kept.is_dir() else Path(__file__).parents[1]
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, folder / part, dirs_exist_ok=True)
            else:
                shutil.copyfile(source / part, folder / part)
    project = folder / "meltano.yml"
    project.write_text(_with_these_commands(project.read_text(encoding="utf-8")), encoding="utf-8")


def _with_these_commands(text: str) -> str:
    """The project file, with the installed commands in place of the checkout: Meltano has nothing to install."""
    for command, pip_url in _FROM_THE_CHECKOUT.items():
        from_the_checkout = f"{pip_url}    executable: {command}\n"
        if from_the_checkout not in text:
            raise ValueError(f"meltano.yml installs {command} in another way than this module knows")
        # A path in JSON is one in YAML, whatever stands in it.
        installed = json.dumps(str(Path(sys.executable).with_name(command)))
        text = text.replace(from_the_checkout, f"    executable: {installed}\n")
    return text


if __name__ == "__main__":
    sys.exit(main())
