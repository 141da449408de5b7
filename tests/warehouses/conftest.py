"""The servers, once for all tests of a process: `dbt` and Meltano can be pointed at them, too."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.warehouses import postgres, snowflake
from tests.warehouses.targets import DuckDb, DuckDbBulk, InPostgres, InSnowflake, JsonLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.warehouses.postgres import Postgres
    from tests.warehouses.snowflake import Snowflake
    from tests.warehouses.targets import Warehouse

WAREHOUSES = {
    "duckdb": (DuckDb, None),
    "duckdb-bulk": (DuckDbBulk, None),
    "postgres": (InPostgres, "postgres_server"),
    "snowflake": (InSnowflake, "snowflake_server"),
    "jsonl": (JsonLines, None),
}
"""Each kind of warehouse, and the server that it needs."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A Postgres server: host, port, user, password and database. Where none is installed, only CI takes offence."""
    folder = postgres.binaries()
    if not folder:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(postgres.MISSING)
    with postgres.running(folder) as server:
        yield server


@pytest.fixture(scope="session")
def snowflake_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snowflake]:
    """A fakesnow server: host, port, account, user, role, warehouse, database and private key."""
    with snowflake.running(tmp_path_factory.mktemp("snowflake")) as server:
        yield server


@pytest.fixture(params=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Warehouse]]:
    """Makes an empty warehouse of each kind; a test may choose among them by their names."""
    kind: Any
    kind, needs = WAREHOUSES[request.param]
    servers = [request.getfixturevalue(needs).with_new_database()] if needs else []
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(kind(tmp_path, *servers, **options)))
