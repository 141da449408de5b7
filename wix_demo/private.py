"""Files that only their owner can read: the demo writes the same kinds of files as a real run."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def private() -> Iterator[dict[str, str]]:
    """Let only their owner read the files that the block, and the processes that it starts, create.

    Yields:
        Environment variables for those processes: a folder for temporary files, which is deleted after the block.
    """
    before = os.umask(0o077)
    try:
        with tempfile.TemporaryDirectory(prefix="tap-wix-users-demo.") as folder:
            yield {"TMPDIR": folder}
    finally:
        os.umask(before)
