"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@contextlib.contextmanager
def drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths to write to, which take the place of the targets together when the block ends well, and vanish otherwise.

    Args:
        targets: The files to make or to replace.
    """
    written = [path.with_name(f".{path.name}.{os.getpid()}.draft") for path in targets]
    try:
        yield written
        for draft, target in zip(written, targets, strict=True):
            draft.replace(target)
    finally:
        for draft in written:
            draft.unlink(missing_ok=True)
