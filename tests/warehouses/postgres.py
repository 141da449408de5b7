"""A real Postgres server of the tests' own: on a free port, in a temporary directory, gone when they end."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg

from tests.warehouses.process import HOST, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = "Postgres is not installed: neither `initdb` in PATH nor /usr/lib/postgresql (Debian: apt install postgresql)"
_UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """Where the server is, and who may log in: by password, as everywhere."""

    port: int
    host: str = HOST
    user: str = "loader"
    password: str = "not 'a' \\ s3cret"  # noqa: S105 - of a server that lives for one test run
    database: str = "warehouse"

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """A connection whose clock is UTC, and which commits by itself."""
        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password,
            dbname=database or self.database, options="-c timezone=UTC", autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def with_new_database(self) -> Postgres:
        """The same server, with an empty database of its own."""
        server = replace(self, database=f"warehouse_{uuid4().hex}")
        server.create()
        return server

    def create(self) -> None:
        """Make the database. The server's clock is not UTC, so that nothing works only by chance."""
        with self.connect("postgres") as connection:
            connection.execute(f"create database {self.database}")
            connection.execute(f"alter database {self.database} set timezone to 'Asia/Tokyo'")

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: the one in PATH, else the newest of Debian's; None without any."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), reverse=True)
    whole = (folder for folder in folders if all((folder / name).is_file() for name in ("initdb", "postgres")))
    return next(whole, None)


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """A new server with an empty database.

    Args:
        folder: Where its programs are.
    """
    server = Postgres(port=free_port())
    # A folder that another user may enter, which pytest's are not.
    with TemporaryDirectory(prefix="postgres-") as name:
        home, who = Path(name), _somebody()
        password = home / "password"
        password.write_text(server.password, encoding="utf-8")
        if who:
            for path in (home, password):
                shutil.chown(path, who["user"], who["group"])
        options = {"cwd": name, **(who or {})}
        data = str(home / "data")
        login = ["-U", server.user, "--pwfile", str(password), "-A", "scram-sha-256"]
        command = [str(folder / "initdb"), "-D", data, *login, "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, **options)
        settings = [f"listen_addresses={server.host}", "unix_socket_directories=", *_UNSAFE_AND_FAST]
        serve = [str(folder / "postgres"), "-D", data, "-p", str(server.port)]
        serve += [part for setting in settings for part in ("-c", setting)]
        with serving(serve, home / "log", server.answers, **options):
            server.create()
            yield server


def _somebody() -> dict[str, Any] | None:
    """Another user to be, for `Popen`: the server refuses root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
