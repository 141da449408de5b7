"""When Python looks for garbage, in a process of the tap's own."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Never look for garbage among what is here by now, and seldom among what comes.

    Modules stay, and rows live as long as their page: to look through them after every 700 objects, and once more at
    the exit, costs a third of a start. Only for whoever owns the process: a program that imports the tap has garbage of
    its own.
    """
    gc.set_threshold(50_000, 20, 20)
    gc.freeze()
