"""Commands of other environments: processes of their own that share imports, which are most of what a start takes.

For each command there is one process that imports it when it is first run, and a child of that for each time that it
is run: by a test, or by a program that finds a `launcher` in the command's place. A command of this project that leaves
a file or a connection open at its end says which, and exits with the code 97.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
"""What a command may be kept from: files of any size, and any number of them."""

_PARENT = """
import atexit, contextlib, gc, importlib, importlib.metadata, json, os, resource, runpy, select, signal, socket, sys
import tempfile, time

LEFT_OPEN = 97
codes, ours, opened_before = [], [], None

def opened():
    found = {}
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing itself is closed by now
            found[number] = os.readlink(f"/proc/self/fd/{number}")
    return {pair for pair in found.items() if int(pair[0]) > 2}

@atexit.register  # before all others, so that it acts after them
def leave():
    # To take apart what was imported costs more than most commands.
    with contextlib.suppress(OSError, ValueError):
        if opened_before is not None and (left := opened() - opened_before):
            print("Left open at the end:", *sorted(target for _, target in left), file=sys.stderr)
            codes[:] = [LEFT_OPEN]
        for code in codes:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

def entry_of(name):
    if name.endswith(".py"):
        main = runpy.run_path(name)["main"]
        return lambda: main
    (script,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    importlib.import_module(script.module)
    if script.dist.name == "tap-wix-users":
        ours.append(name)
    # Not yet: a command of the SDK sets up its log as soon as it is looked up.
    return script.load

def prepare(job, descriptors):
    global opened_before
    signal.alarm(300)
    if ours:
        opened_before = opened()
    os.umask(job["umask"])
    for number, limits in job["limits"]:
        resource.setrlimit(number, limits)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    time.tzset()
    tempfile.tempdir = None
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = job["command"]

def to_its_end(main):
    # Who makes errors of warnings hears of what is left open only when all is taken apart.
    if "error" not in sys.warnoptions:
        codes.append(1)
    try:
        sys.exit(main())
    except SystemExit as end:
        codes[:] = [end.code if isinstance(end.code, int) else int(end.code is not None)] * len(codes)
        raise
    except KeyboardInterrupt:
        codes.clear()
        raise

def run(connection):
    job, descriptors, *_ = socket.recv_fds(connection, 1 << 20, 3)
    if not (child := os.fork()):
        connection.close()
        prepare(json.loads(job), descriptors)
        to_its_end(entry())
    for descriptor in descriptors:
        os.close(descriptor)
    ended = os.pidfd_open(child)
    while ended not in select.select([connection, ended], [], [])[0]:
        if not (number := connection.recv(9)):
            os.kill(child, signal.SIGKILL)
            break
        os.kill(child, int(number))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(code).encode())

listener, entry, children = socket.socket(fileno=int(sys.argv[1])), None, 0
while 0 not in (ready := select.select([0, listener], [], [], 1 if children else None)[0]):
    if ready:
        connection, _ = listener.accept()
        if not entry:
            entry = entry_of(sys.argv[2])
            for module in sys.argv[3:]:
                runpy.run_path(module) if module.endswith(".py") else importlib.import_module(module)
            # Whoever collects garbage would look through all of it, and copy it.
            gc.freeze()
        if not os.fork():
            listener.close()
            run(connection)
            os._exit(0)
        children += 1
        connection.close()
    while children and os.waitpid(-1, os.WNOHANG)[0]:
        children -= 1
listener.close()
codes.append(0)
"""

_LAUNCHER = """#!{python} -IS
import json, os, resource, signal, socket, sys

job = {{
    "command": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(), "umask": os.umask(0o77),
    "limits": [(number, resource.getrlimit(number)) for number in {limits!r}],
}}
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.connect({address!r})
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: connection.send(str(number).encode()))
    socket.send_fds(connection, [json.dumps(job).encode()], [0, 1, 2])
    # What this process keeps open would seem to be in use by the command.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    code = int(connection.recv(9))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@cache
def _parent(python: str, command: str, modules: tuple[str, ...], flags: tuple[str, ...]) -> Path:
    """The socket of the process that has imported a command."""
    folder = TemporaryDirectory(prefix="forks-")
    address = Path(folder.name) / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        listener.listen()
        process = subprocess.Popen(
            [python, *flags, "-P", "-c", _PARENT, str(listener.fileno()), command, *modules],
            stdin=subprocess.PIPE, pass_fds=[listener.fileno()],
        )  # fmt: skip
    atexit.register(folder.cleanup)
    atexit.register(process.communicate)
    return address


@cache
def launcher(python: Path, command: str, modules: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> Path:
    """A program that runs a command, for whoever starts programs by their path; it hands on signals and exit code.

    Args:
        python: As for `run`.
        command: As for `run`.
        modules: As for `run`.
        flags: Options of that Python.
    """
    address = _parent(str(python), command, modules, flags)
    path = address.with_name(command)
    path.write_text(_LAUNCHER.format(python=sys.executable, address=str(address), limits=_LIMITS), encoding="utf-8")
    path.chmod(0o755)
    return path


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
        modules: What else to import beforehand; of a Python file, the path.

    Returns:
        Its exit code; that of a signal is negative.
    """
    os.umask(umask := os.umask(0o77))
    job = {
        "command": [command, *arguments], "environment": dict(environment), "folder": str(folder), "umask": umask,
        "limits": [(number, resource.getrlimit(number)) for number in _LIMITS],
    }  # fmt: skip
    given, *written = (str(file or os.devnull) for file in files)
    descriptors = [os.open(given, os.O_RDONLY)]
    descriptors += [os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666) for file in written]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(str(_parent(str(python), command, modules, ())))
            socket.send_fds(connection, [json.dumps(job).encode()], descriptors)
            return int(connection.recv(9))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
