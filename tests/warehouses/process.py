"""A server as a process of its own, on a free port of this machine, for as long as a `with` block lasts."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_START_SECONDS = 60
_STOP_SECONDS = 10
HOST = "127.0.0.1"


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], log: Path, ready: Callable[[], bool], **options: Any) -> Iterator[None]:
    """A server, from when it is ready.

    Args:
        command: How to start it.
        log: A file for what it says.
        ready: Whether it answers.
        options: More for `Popen`.

    Raises:
        RuntimeError: It ended, or did not answer in time; with what it said.
    """
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said, **options) as process:
        try:
            until = time.monotonic() + _START_SECONDS
            while not ready():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{command[0]} does not answer:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
