"""A batch on its way into DuckDB: one JSON record per line, in an unnamed file."""

from __future__ import annotations

import tempfile
from contextlib import suppress


class Spool:
    """Rows of a batch.

    The file is private and has no name, so nothing is left of it however the process ends. DuckDB opens it by its
    descriptor.

    Attributes:
        rows: The number of rows.
        size: Their total size in bytes.
        longest: The size of the longest row in bytes.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1 << 18)  # noqa: SIM115  # closed by `close`
        self.rows = self.size = self.longest = 0

    def write(self, *records: bytes | memoryview) -> None:
        """Add rows.

        Args:
            records: JSON without a line break.

        Raises:
            OSError: The disk is full.
        """
        self._file.write(b"\n".join([*records, b""]))
        self.rows += len(records)
        self.size += sum(map(len, records))
        self.longest = max(self.longest, *map(len, records))

    def path(self) -> str:
        """The path under which DuckDB can read the file.

        Raises:
            OSError: The disk is full.
        """
        self._file.flush()
        return f"/dev/fd/{self._file.fileno()}"

    def close(self) -> None:
        """Delete the file, also on a full disk: what was not written to it yet, nobody reads."""
        with suppress(OSError):
            self._file.close()
