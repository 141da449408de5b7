"""What several threads do first, and at the same time, in a process that has done nothing of the kind before."""

from __future__ import annotations

import subprocess
import sys

_FORTY_PROCESSES = """
import os, sys, threading
{setup}
sys.setswitchinterval(1e-6)
def act(gate):
    gate.wait()
    {action}
for _ in range(40):
    if not (child := os.fork()):
        gate = threading.Barrier(8)
        threads = [threading.Thread(target=act, args=[gate]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit("a process crashed")
"""


def in_threads(setup: str, action: str) -> None:
    """Act in eight threads at the same time, in each of forty processes.

    Args:
        setup: Lines of Python that do nothing yet.
        action: An expression.

    Raises:
        subprocess.CalledProcessError: A process crashed.
    """
    script = _FORTY_PROCESSES.format(setup=setup, action=action)
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
