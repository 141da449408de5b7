"""What a run sends to its main thread again."""

from __future__ import annotations

import os
import signal
import time

from tap_wix_users.signals import SignalRepeater


def test_another_signal_is_left_alone():
    """A signal that does not end a run comes as often as it was sent, whoever handles it."""
    came: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: came.append(number))
    try:
        with SignalRepeater():
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.7)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert came == [signal.SIGUSR1]
