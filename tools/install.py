"""Install by uv, which Meltano brings along, as pip would: with pip's settings, and by pip where uv fails.

``python tools/install.py UV PYTHON OPTION...`` is ``PYTHON -m pip install OPTION...``, and
``python tools/install.py meltano MELTANO OPTION...`` is ``MELTANO install OPTION...``, in a tenth of the work.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
}
"""Settings of pip, and what uv calls them."""


def uv_settings(listed: str) -> dict[str, str]:
    """What uv has to be given so that it installs from where pip does.

    Args:
        listed: What `pip config list` prints; what comes later has precedence.
    """
    # As pip does: the best version of all indexes, rather than that of the first one that has the package.
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for place in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.removeprefix(place).partition("=")
            if line.startswith(place) and name in NAMES:
                found[NAMES[name]] = (",".join if name == "find-links" else " ".join)(ast.literal_eval(value).split())
    return found


def main(uv: str, command: str, *options: str) -> int:
    """Install.

    Args:
        uv: The command uv; `meltano` where Meltano finds its own.
        command: The Python of the environment; that of Meltano, where it installs plugins.
        options: The rest of the command line.

    Returns:
        The exit code.
    """
    # Of the environment's own pip: the system's Python may have none.
    python = str(Path(command).with_name("python")) if uv == "meltano" else command
    pip = [python, "-m", "pip"]
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)  # noqa: S603
    if listed.returncode and (other := Path(uv).with_name("python")).exists():
        # An environment that uv made has no pip: the one beside uv works on it from outside.
        beside = [str(other), "-m", "pip"]
        listed = subprocess.run([*beside, "config", "list"], capture_output=True, text=True, check=False)  # noqa: S603
        pip = [*beside, "--python", python]
    env = {**uv_settings(listed.stdout), "MELTANO_VENV_BACKEND": "uv", **os.environ}
    plain = [command, "install"] if uv == "meltano" else [*pip, "install"]
    quick = plain if uv == "meltano" else [uv, "pip", "install", "--python", command]
    if not subprocess.run([*quick, *options], env=env, check=False).returncode:  # noqa: S603  # the Makefile's own words
        return 0
    sys.stderr.write("uv could not install this: pip does.\n")
    return subprocess.run([*plain, *options], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
