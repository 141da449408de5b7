"""Run a loader on several files in turn: processes of their own that share imports alone, which are most of the time.

``python forker.py ENTRY CONFIG FILE...``, by the Python of the loader's environment. ENTRY is a console script of it,
or a Python file. Each run's output and errors go to FILE.out and FILE.err; the exit codes are printed as JSON. A run
that fails is the last.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import runpy
import sys


def _entry(name: str):
    """The function behind a console script, or a file's `main`."""
    if not name.endswith(".py"):
        (script,) = importlib.metadata.entry_points(group="console_scripts", name=name)
        return script.load()
    return runpy.run_path(name)["main"]


def main(name: str, config: str, *files: str) -> None:
    """Run it on each file."""
    entry, codes = _entry(name), []
    for file in files:
        child = os.fork()
        if not child:
            for descriptor, path, flags in (
                (0, file, os.O_RDONLY),
                (1, f"{file}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
                (2, f"{file}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ):
                os.dup2(os.open(path, flags), descriptor)
            sys.argv = [name, "--config", config]
            sys.exit(entry())
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if codes[-1]:
            break
    print(json.dumps(codes))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
