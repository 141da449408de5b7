"""Files that appear whole or not at all, and the system's errors in words that say what to do."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wix_access_review.errors import ReviewError
from wix_access_review.servers import server_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DRAFT = ".draft."
"""What the names of folders begin with in which files are written; one is left only where a command was killed."""

_SYSTEM = {
    errno.ENOSPC: "the disk is full: free some space, or name another folder",
    errno.EDQUOT: "the quota is used up: free some space, or name another folder",
    errno.EFBIG: "the file would be larger than this system allows: name another folder",
    errno.EACCES: "you may not write there: name another folder, or run this as a user who may",
    errno.EROFS: "the file system is read-only: name another folder",
    errno.EEXIST: "it is a file: name a folder",
    errno.ENOTDIR: "it is not a folder: name a folder",
    errno.EISDIR: "there is a folder of that name: remove it, or name another one",
}


def beside(database: Path | str) -> Path:
    """Where files of a database are written when nobody says where: beside it, or here when it is a server's.

    Args:
        database: The DuckDB file, or the address of a server.
    """
    return Path() if server_of(database) else Path(database).parent


@contextlib.contextmanager
def drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths to write to, which take the place of the targets together when the block ends well, and vanish otherwise.

    Args:
        targets: The files to make or to replace.
    """
    with contextlib.ExitStack() as stack:
        # A folder of our own: in one that others write to, a link of theirs could be waiting under a draft's name.
        folders = {
            folder: Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder)))
            for folder in {path.parent for path in targets}
        }
        written = [folders[path.parent] / path.name for path in targets]
        yield written
        for draft, target in zip(written, targets, strict=True):
            # They name people and what they may do: they are for their owner alone.
            draft.chmod(0o600)
            draft.replace(target)


@contextlib.contextmanager
def naming(folder: Path) -> Iterator[None]:
    """Tell what stands in the way of writing into a folder.

    Args:
        folder: Where the block writes.

    Raises:
        ReviewError: The system refused.
    """
    try:
        yield
    except OSError as error:
        why = _SYSTEM.get(error.errno or 0, f"cannot be written ({error.strerror or error}): name another folder")
        raise ReviewError(f"{folder}: {why}") from error
