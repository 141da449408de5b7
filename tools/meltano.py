"""The tap's settings in `meltano.yml`, generated from the code's declarations. The rest of it is written by hand.

python -m tools.meltano meltano.yml
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

from tools import hub

_BLOCK = re.compile(
    r"(?<=^    executable: tap-wix-users\n)(.*?^    settings:\n)(.*?)(?=^    settings_group)", re.MULTILINE | re.DOTALL
)
"""The text between the tap's `settings` and the member after them."""


def with_settings(project: str) -> str:
    """A project file with the tap's settings as the code declares them.

    Args:
        project: The project file.

    Raises:
        LookupError: It does not declare the tap.
    """
    written = yaml.safe_dump(hub.definition()["settings"], sort_keys=False, allow_unicode=True, width=1000)
    block = "".join(f"    {line}\n" for line in written.splitlines())
    made, number = _BLOCK.subn(lambda found: found[1] + block, project)
    if number != 1:
        raise LookupError("no place for the settings of tap-wix-users, between `settings` and another member")
    return made


def main(arguments: list[str]) -> int:
    """Write the settings into a project file.

    Args:
        arguments: The file.

    Returns:
        The exit code.
    """
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.stderr.write(f"usage: python -m {__spec__.name} meltano.yml\n")
        return 2
    path = Path(arguments[0])
    path.write_text(with_settings(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
