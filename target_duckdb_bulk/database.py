"""The database: a DuckDB file, open for writing."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb

from target_duckdb_bulk.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCKED = re.compile(r"Conflicting lock is held in .*?\(PID (\d+)\)")


def quoted(name: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string for SQL."""
    return "'" + text.replace("'", "''") + "'"


class Database:
    """A DuckDB file that is open for writing.

    Args:
        path: The file; if it does not exist, it is created so that only its owner can read it.

    Raises:
        DatabaseError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        # Also for the write-ahead log that DuckDB creates next to the file.
        self._umask = os.umask(0o077)
        try:
            self._connection = duckdb.connect(str(path))
        except duckdb.Error as error:
            os.umask(self._umask)
            raise DatabaseError(_why_not_open(path, str(error))) from None
        # A date-time without an offset counts as UTC, whatever the machine's zone.
        self.ask("set TimeZone = 'UTC'")
        ((self.name,),) = self.ask("select current_database()")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        os.umask(self._umask)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block in a transaction."""
        self.ask("begin")
        try:
            yield
            self.ask("commit")
        except BaseException:
            with suppress(duckdb.Error):
                self.ask("rollback")
            raise

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement.

        Args:
            query: The statement.
            parameters: The values of its placeholders.

        Returns:
            The rows of the result.
        """
        return self._connection.execute(query, parameters).fetchall()


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn DuckDB's errors into a one-line message.

    Args:
        doing: The operation, for the message.

    Raises:
        DatabaseError: DuckDB failed.
    """
    try:
        yield
    except duckdb.Error as error:
        raise DatabaseError(f"DuckDB cannot {doing}: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _why_not_open(path: Path, error: str) -> str:
    if held := _LOCKED.search(error):
        return (
            f"Another process (PID {held[1]}) has {path} open, and DuckDB allows no other writer: end it, or let it "
            "read a copy of the file, and run again."
        )
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} for the database {path.name}."
    return f"DuckDB cannot open {path}: {error.partition(chr(10))[0]}"
