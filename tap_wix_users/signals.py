"""Signals that end a run although its main thread waits."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

ENDING = (signal.SIGINT, signal.SIGTERM)
"""The signals that end a run."""

_AGAIN_AFTER = 0.2
"""Seconds that the main thread has to handle a signal before it is sent again."""


class SignalRepeater:
    """Sends a signal to the main thread until that has handled it.

    Python runs a handler between two steps of the main thread, or when the signal interrupts what that thread waits
    for. A signal that another thread receives, or that arrives just before the wait begins, interrupts nothing: its
    handler runs after the wait, which may be as long as all retries of a request. With several threads that happens,
    since a thread that is about to wait first waits for another one to take over.

    Outside the main thread, which alone handles signals, it does nothing.
    """

    def __init__(self) -> None:
        self._handled = threading.Event()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            arrived, arriving = os.pipe()
            self._open.callback(os.close, arrived)
            os.set_blocking(arriving, False)
            before = signal.set_wakeup_fd(arriving, warn_on_full_buffer=False)
            repeating = threading.Thread(target=self._repeat, args=(arrived,), name="signals", daemon=True)
            repeating.start()
            # In reverse: nothing writes any more, which the thread then reads.
            self._open.callback(repeating.join)
            self._open.callback(os.close, arriving)
            self._open.callback(self._handled.set)
            self._open.callback(signal.set_wakeup_fd, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def handled(self) -> None:
        """Called by the handler: the signal has arrived."""
        self._handled.set()

    def _repeat(self, arrived: int) -> None:
        while number := os.read(arrived, 1):
            # Another signal that somebody handles in this process is not ours to send again.
            while number[0] in ENDING and not self._handled.wait(_AGAIN_AFTER):
                signal.pthread_kill(threading.main_thread().ident or 0, number[0])
