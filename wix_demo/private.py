"""Files that are for their owner alone: what the demo writes looks like what a real run writes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def private() -> Iterator[dict[str, str]]:
    """Make every file of the block, and of the processes that it starts, readable by its owner alone.

    Yields:
        Variables for those processes: a folder for their temporary files, which goes with the block.
    """
    before = os.umask(0o077)
    try:
        with tempfile.TemporaryDirectory(prefix="tap-wix-users-demo.") as folder:
            yield {"TMPDIR": folder}
    finally:
        os.umask(before)
