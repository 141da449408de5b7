"""fakesnow in server mode, which replaces Snowflake here, as no account can be reached from a test.

It speaks the protocol that the real connector speaks, parses Snowflake's SQL, and runs it on DuckDB.

Covered: that target-snowflake logs in with a key pair and sends DDL, batch files, PUT, MERGE, UPDATE and DELETE that
parse and do what they say; names in capitals; nested columns as VARIANT; and that the views' SQL is Snowflake's.

What only a real account would show: whether it accepts the key, the role and its grants; the user's own stage, REMOVE,
DROP FILE FORMAT and a MERGE that reads a stage (`inside/target_snowflake_shim.py` puts others in their place); VARIANT
columns that hold a JSON null, which Snowflake does not count as NULL and fakesnow does; locks, speed and cost.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.warehouses.process import HOST, free_port, serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import snowflake.connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


KEY_COMMAND = "openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes256 -inform PEM -out rsa_key.p8"
PASSPHRASE = "not 'a' \\ s3cret"  # noqa: S105 - of a key that lives for one test run


@dataclass(frozen=True, kw_only=True)
class Snowflake:
    """Where the server is, and what to name in a login. It believes everybody."""

    port: int
    host: str = HOST
    account: str = "acme-studio"
    user: str = "LOADER"
    role: str = "LOADER"
    warehouse: str = "LOADING"
    database: str = "WAREHOUSE"
    private_key: Path
    """A file with a private key of this run alone."""

    def connect(self) -> Any:
        """A connection by the real connector. It makes the database, if there is none."""
        return snowflake.connector.connect(
            host=self.host, port=self.port, protocol="http", account=self.account, user=self.user, role=self.role,
            database=self.database, authenticator="SNOWFLAKE_JWT",
            private_key_file=str(self.private_key), private_key_file_pwd=PASSPHRASE,
        )  # fmt: skip

    def with_new_database(self) -> Snowflake:
        """The same server, with an empty database of its own."""
        server = replace(self, database=f"WAREHOUSE_{uuid4().hex}".upper())
        server.connect().close()
        return server

    def answers(self) -> bool:
        """Whether something listens."""
        try:
            socket.create_connection((self.host, self.port), 1).close()
        except OSError:
            return False
        return True


@contextmanager
def running(folder: Path) -> Iterator[Snowflake]:
    """A new server with an empty database.

    Args:
        folder: An empty one, for its log and the key.
    """
    server = Snowflake(port=free_port(), private_key=new_key(folder))
    command = [sys.executable, "-m", "fakesnow", "--server", "--port", str(server.port)]
    with serving(command, folder / "log", server.answers):
        server.connect().close()
        yield server


def new_key(folder: Path) -> Path:
    """Create a private key as docs/warehouses.md says, but without a passphrase, which a test cannot type."""
    command = f"{KEY_COMMAND} -passout env:PASSPHRASE"
    subprocess.run(
        ["bash", "-ec", command],  # noqa: S607
        cwd=folder, env={**os.environ, "PASSPHRASE": PASSPHRASE}, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "rsa_key.p8"
