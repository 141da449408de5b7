"""The four warehouses, DuckDB with two targets: loaded by the real targets that Meltano installed, and queried."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import yaml

from tap_wix_users.warehouse.files import table_statements
from tests import forks
from tests.support import environment, last_state, write_json
from tests.warehouses.snowflake import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.warehouses.postgres import Postgres
    from tests.warehouses.snowflake import Snowflake

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).parent / "inside"
"""What runs in the environment of a target: apart, as Python puts the folder of a script before all packages."""
Row = dict[str, Any]

NESTED = {"contributor_account_ids", "extra", "restrictions"}
"""Columns that hold objects and arrays."""
_NO_TIME = datetime(1970, 1, 1)  # noqa: DTZ001 - as it comes


class LoadFailed(Exception):
    """A target ended with an exit code other than 0; with what it said."""


def loader(name: str) -> dict[str, Any]:
    """The definition of a loader in `meltano.yml`."""
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]
    (found,) = (one for one in plugins["loaders"] if one["name"] == name)
    return dict(found)


class Warehouse(ABC):
    """A place that a target loads into.

    Args:
        folder: An empty one, for files.
        history: Whether a row per version is loaded.
        settings: What to set of the target's settings other than `meltano.yml` does.
    """

    name: ClassVar[str]
    entry: ClassVar[str]
    """The target's command, or a file that stands for it."""
    keeps_empty_strings: ClassVar[bool] = True

    def __init__(self, folder: Path, *, history: bool = False, **settings: Any) -> None:
        self.folder, self.history = folder, history
        self.settings = {**loader(self.name)["config"], **self.connection(), **settings}
        self._loads = 0

    @property
    def schema(self) -> str:
        """The schema of the tables."""
        return str(self.settings["default_target_schema"])

    @property
    def python(self) -> Path:
        """The Python of the target's own environment."""
        path = ROOT / ".meltano" / "loaders" / self.name / "venv" / "bin" / "python"
        assert path.exists(), f"{self.name} is not installed: run `make install-warehouses`"
        return path

    def close(self) -> None:  # noqa: B027 - most keep nothing open
        """Let go of what asking keeps open."""

    @abstractmethod
    def connection(self) -> dict[str, Any]:
        """The settings that say where the warehouse is."""

    @abstractmethod
    def rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """The names of a query's columns, and its rows."""

    def environment(self) -> dict[str, str]:
        """The environment that the target needs."""
        return environment(**loader(self.name).get("env", {}), **self.address())

    def address(self) -> dict[str, str]:
        """What only the shim has to know."""
        return {}

    def variables(self) -> dict[str, str]:
        """How Meltano and dbt learn where the warehouse is: as in a `.env`."""
        prefix = self.name.upper().replace("-", "_")
        return {f"{prefix}_{name.upper()}": str(value) for name, value in self.connection().items()}

    def command(self) -> list[str]:
        """How to start the target on its standard input."""
        entry = [str(self.python.with_name(self.entry))]
        if self.entry.endswith(".py"):
            entry = [str(self.python), str(INSIDE / self.entry)]
        return [*entry, "--config", write_json(self.folder / f"{self.name}.json", self.settings)]

    def load(self, *runs: Sequence[str]) -> None:
        """Load the lines of runs, in turn.

        Raises:
            LoadFailed: The target failed.
        """
        config = write_json(self.folder / f"{self.name}.json", self.settings)
        entry = str(INSIDE / self.entry) if self.entry.endswith(".py") else self.entry
        for lines in runs:
            self._loads += 1
            given, written, said = (self.folder / f"{self._loads}.{kind}" for kind in ("jsonl", "out", "err"))
            given.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            code = forks.run(
                self.python, entry, "--config", config,
                # target-snowflake leaves the files of a batch that fails where it runs.
                folder=self.folder, environment=self.environment(), files=(given, written, said),
            )  # fmt: skip
            if code:
                raise LoadFailed(said.read_text(encoding="utf-8")[-3000:])
            states = written.read_text(encoding="utf-8").splitlines()
            assert (json.loads(states[-1]) if states else None) == self.state_of(lines)

    def state_of(self, lines: Sequence[str]) -> Any:
        """The state that the target hands back of these lines."""
        return last_state(map(json.loads, lines))

    def ask(self, query: str) -> list[Row]:
        """The rows of a query by the names of its columns, each value as the tap wrote it."""
        columns, rows = self.rows(query)
        names = [column.lower() for column in columns]
        return [{name: _plain(name, value) for name, value in zip(names, row, strict=True)} for row in rows]

    def run(self, statements: Iterable[str]) -> None:
        """Run statements."""
        for statement in statements:
            self.rows(statement)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        if value == _NO_TIME:
            return None
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.loads(value) if name in NESTED and isinstance(value, str) else value


class DuckDb(Warehouse):
    """A DuckDB file."""

    name, entry = "target-duckdb", "target-duckdb"
    keeps_empty_strings = False

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "wix.duckdb"

    def connection(self) -> dict[str, Any]:
        """The file."""
        return {"filepath": str(self.file)}

    def rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """As DuckDB gives them."""
        with duckdb.connect(str(self.file)) as connection:
            return _fetched(connection.execute(query))


class DuckDbBulk(DuckDb):
    """A DuckDB file, loaded by this project's own target."""

    name, entry = "target-duckdb-bulk", "target-duckdb-bulk"
    keeps_empty_strings = True


class InPostgres(Warehouse):
    """A database of a Postgres server.

    Args:
        folder: An empty one, for files.
        server: The server.
        options: As for every warehouse.
    """

    name, entry = "target-postgres", "target-postgres"

    def __init__(self, folder: Path, server: Postgres, **options: Any) -> None:
        self.server = server
        super().__init__(folder, **options)

    def connection(self) -> dict[str, Any]:
        """The server, and who we are."""
        return {name: getattr(self.server, name) for name in ("host", "port", "user", "password", "database")}

    def rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """As psycopg gives them."""
        with self.server.connect() as connection:
            return _fetched(connection.execute(query))


class InSnowflake(Warehouse):
    """A database of fakesnow.

    Args:
        folder: An empty one, for files.
        server: The server.
        options: As for every warehouse.
    """

    name, entry = "target-snowflake", "target_snowflake_shim.py"

    def __init__(self, folder: Path, server: Snowflake, **options: Any) -> None:
        self.server = server
        super().__init__(folder, **options)

    def connection(self) -> dict[str, Any]:
        """The account, and who we are."""
        names = ("account", "user", "role", "warehouse", "database")
        settings = {name: getattr(self.server, name) for name in names}
        return {**settings, "private_key_path": str(self.server.private_key), "private_key_passphrase": PASSPHRASE}

    def address(self) -> dict[str, str]:
        """The server, which the target has no setting for."""
        return {"FAKESNOW_HOST": self.server.host, "FAKESNOW_PORT": str(self.server.port)}

    def rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """As the connector gives them."""
        return _fetched(self._connection.cursor().execute(query))

    def close(self) -> None:
        """Log out."""
        if "_connection" in self.__dict__:
            self._connection.close()

    @cached_property
    def _connection(self) -> Any:
        # A login takes longer than a query.
        return self.server.connect()


class JsonLines(Warehouse):
    """Files of JSON lines, read by DuckDB: of each key the last row."""

    name, entry = "target-jsonl", "target-jsonl"

    def __init__(self, folder: Path, **options: Any) -> None:
        (folder / "jsonl").mkdir()
        self.connected = duckdb.connect()
        super().__init__(folder, **options)

    @property
    def schema(self) -> str:
        """The schema that the files are read into."""
        return "raw_wix"

    def connection(self) -> dict[str, Any]:
        """The folder of the files."""
        return {"destination_path": str(self.folder / "jsonl")}

    def load(self, *runs: Sequence[str]) -> None:
        """Load the lines of runs, and read all files again.

        Raises:
            LoadFailed: The target failed.
        """
        super().load(*runs)
        self.run(table_statements(self.folder / "jsonl", self.schema, history=self.history))

    def close(self) -> None:
        """Close the tables."""
        self.connected.close()

    def state_of(self, lines: Sequence[str]) -> Any:
        """This target forgets a state when rows follow it, as they do when a run fails at its end."""
        messages = [json.loads(line) for line in lines]
        after = reversed([message["type"] for message in messages if message["type"] in {"RECORD", "STATE"}])
        return last_state(messages) if next(after, None) == "STATE" else None

    def rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """As DuckDB gives them."""
        return _fetched(self.connected.execute(query))


def _fetched(cursor: Any) -> tuple[list[str], list[Sequence[Any]]]:
    if not cursor.description:
        return [], []
    return [column[0] for column in cursor.description], cursor.fetchall()
