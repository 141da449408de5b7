"""A batch on its way into DuckDB: one JSON record a line, in a file that has no name."""

from __future__ import annotations

import tempfile


class Spool:
    """Rows of a batch.

    The file is private and has no name: nothing is left of it when the process ends, however it ends. DuckDB opens it
    by its descriptor.

    Attributes:
        rows: How many rows it holds.
        size: Their bytes.
        longest: Bytes of the longest one.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1 << 18)  # noqa: SIM115  # closed by `close`
        self.rows = self.size = self.longest = 0

    def write(self, record: bytes | memoryview) -> None:
        """Add a row.

        Args:
            record: JSON without a line break.

        Raises:
            OSError: The disk is full.
        """
        length = len(record)
        self._file.write(record)
        self._file.write(b"\n")
        self.rows += 1
        self.size += length
        self.longest = max(self.longest, length)

    def path(self) -> str:
        """Where DuckDB can read all that was written.

        Raises:
            OSError: The disk is full.
        """
        self._file.flush()
        return f"/dev/fd/{self._file.fileno()}"

    def close(self) -> None:
        """Give the disk's space back."""
        self._file.close()
