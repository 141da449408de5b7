"""Commands of other environments: processes of their own that share imports, which are most of what a start takes.

For each command there is one process that has imported it, and a child of that for each time that it is run.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PARENT = """
import importlib, importlib.metadata, json, os, runpy, signal, sys

def entry_of(name):
    if name.endswith(".py"):
        return runpy.run_path(name)["main"]
    (script,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    return script.load()

entry = entry_of(sys.argv[1])
for module in sys.argv[2:]:
    importlib.import_module(module)
for line in sys.stdin:
    job = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    signal.alarm(300)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    for descriptor in (0, 1, 2):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND if descriptor else os.O_RDONLY
        os.dup2(os.open(job["files"][descriptor], flags), descriptor)
    sys.argv = [sys.argv[1], *job["arguments"]]
    sys.exit(entry())
"""


@cache
def _parent(python: str, command: str, modules: tuple[str, ...]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [python, "-P", "-c", _PARENT, command, *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def run(
    python: Path,
    command: str,
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str],
    files: tuple[Any, Any, Any],
    modules: tuple[str, ...] = (),
) -> int:
    """Run a command to its end.

    Args:
        python: The Python of its environment.
        command: The name of a console script there, or a Python file with a function `main`.
        arguments: Its command line.
        folder: Where it runs.
        environment: All variables of its environment.
        files: Its standard input (None for an empty one), output and errors.
        modules: What else to import beforehand.

    Returns:
        Its exit code; that of a signal is negative.
    """
    process = _parent(str(python), command, modules)
    assert process.stdin
    assert process.stdout
    job = {
        "arguments": arguments,
        "environment": dict(environment),
        "folder": str(folder),
        "files": [str(file or os.devnull) for file in files],
    }
    process.stdin.write(f"{json.dumps(job)}\n")
    process.stdin.flush()
    return int(process.stdout.readline())
