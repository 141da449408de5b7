"""Kill a load at every message: each is a process that has taken so many messages, and waits for the next one.

``python killed.py``, with the messages, the size of a batch and the signal as JSON on its standard input. The databases
go to `1.duckdb` and so on, the states that were emitted to `1.states`, and so on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_duckdb_bulk.target import TargetDuckDbBulk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Waiting:
    """Messages, and then nothing.

    Args:
        messages: The messages.
        ready: A file to make as soon as all of them were taken.
    """

    def __init__(self, messages: Sequence[str], ready: Path) -> None:
        self._messages, self._ready = messages, ready

    def __iter__(self) -> Iterator[str]:
        """The messages."""
        yield from self._messages
        self._ready.touch()
        while True:
            signal.pause()


def _load(messages: Sequence[str], name: str, size: int) -> None:
    os.dup2(os.open(f"{name}.states", os.O_WRONLY | os.O_CREAT), sys.stdout.fileno())
    target = TargetDuckDbBulk(config={"filepath": f"{name}.duckdb", "batch_size_rows": size})
    waiting: Any = Waiting(messages, Path(f"{name}.ready"))
    target.listen(waiting)


def main() -> None:
    """Start and kill one after the other: they share imports alone, which are most of the time."""
    settings = json.load(sys.stdin)
    for upto in range(1, len(settings["messages"]) + 1):
        child = os.fork()
        if not child:
            _load(settings["messages"][:upto], str(upto), settings["batch_size_rows"])
        while not Path(f"{upto}.ready").exists():
            time.sleep(0.005)
        os.kill(child, settings["signal"])
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
