"""Files of a campaign on disk: whole or not at all, for their owner alone, and known by their hash."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.files import drafts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """Write a file whole, or leave it as it is; only its owner may read it.

    Args:
        path: The file.
        content: What shall be in it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with drafts([path]) as (draft,), draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def lines(rows: Iterable[Any]) -> bytes:
    """Rows as lines of JSON.

    Args:
        rows: What to write.
    """
    encode = msgspec.json.Encoder().encode
    return b"".join(encode(row) + b"\n" for row in rows)


def digest(path: Path) -> str:
    """The SHA-256 of a file.

    Args:
        path: The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
