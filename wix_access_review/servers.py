"""The models on a server, copied into a DuckDB file that lives as long as the command: there is one way to read."""

from __future__ import annotations

import contextlib
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from wix_access_review.contract import NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVERS = {
    "postgresql": ("Postgres", "wix_access_review.postgres"),
    "postgres": ("Postgres", "wix_access_review.postgres"),
    "snowflake": ("Snowflake", "wix_access_review.snowflake"),
}
"""The kind of server and the module that reads it, by what its addresses begin with."""


def server_of(database: str | Path) -> str | None:
    """The kind of server that a database is named on; None for a file.

    Args:
        database: Path or address.
    """
    scheme, separator, _ = str(database).partition("://")
    return _SERVERS[scheme][0] if separator and scheme in _SERVERS else None


@contextlib.contextmanager
def copied(address: str) -> Iterator[Path]:
    """The models of a server as a DuckDB file.

    Args:
        address: The server's address.

    Raises:
        ReviewError: The driver is not installed, or the server cannot be read.
    """
    copy = import_module(_SERVERS[address.partition("://")[0]][1]).copy_models
    with tempfile.TemporaryDirectory(prefix="wix-access-review.") as folder:
        path = Path(folder) / "wix.duckdb"
        with duckdb.connect(str(path)) as target:
            for schema in sorted({table.partition(".")[0] for table in NEEDED}):
                target.execute(f"create schema {schema}")
            copy(address, target)
        yield path
