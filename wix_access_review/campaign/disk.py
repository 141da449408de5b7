"""Files of a campaign on disk: whole or not at all, for their owner alone, and known by their hash."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.errors import ReviewError
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


def inside(folder: Path, name: str) -> Path:
    """The path of a file of a campaign, which others may have sent.

    Args:
        folder: The campaign's folder.
        name: The file's path in it.

    Raises:
        ReviewError: It leads out of the folder, or it is not a file: a link may lead anywhere, and a pipe never ends.
        OSError: There is no such file.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ReviewError(f"{folder} names a file outside itself ({name[:200]!r}): it is not read")
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ReviewError(f"{path} is not a file: it is not read")
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file.

    Args:
        path: The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
