"""A DuckDB warehouse as a target leaves it, and the dbt project built on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tap_wix_users.tables.models import DELETED_AT
from tap_wix_users.tables.registry import MODELS as DECLARED
from tap_wix_users.tables.schema import singer_schema
from tap_wix_users.warehouse.files import duckdb_type
from tests.dbt import run_dbt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
MODELS = {model.table: model for model in DECLARED}
CHECKS = {"what_was_loaded", "what_was_made"}
"""The tests of the project: each asks all checks of many models."""


@dataclass(frozen=True)
class Built:
    """How a build ended: its exit code, and the name and status of every model and test."""

    code: int
    statuses: Mapping[str, str]
    output: str

    def failed(self) -> list[str]:
        """The models that were not built, and of the checks each one that failed: `MODEL KIND (COLUMNS)`."""
        wrong = {name for name, status in self.statuses.items() if status not in {"success", "pass", "no-op"}}
        told = [line.partition("Check failed: ")[2] for line in self.output.splitlines() if "Check failed: " in line]
        return sorted({*(wrong if not told else wrong - CHECKS), *(line.rpartition(":")[0] for line in told)})


class Warehouse:
    """A database file with raw tables.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(exist_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema if not exists raw_wix")

    def store(self, table: str, rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None = None) -> None:
        """Make a raw table of these rows, with the types that target-duckdb gives its columns.

        Args:
            table: The table.
            rows: Its rows; a column that is missing is null.
            schema: Its Singer schema, when it is not the one that the code declares.
        """
        declared = (schema or singer_schema(MODELS[table]))["properties"]
        columns = {name: duckdb_type(column) for name, column in declared.items() if name != DELETED_AT}
        source = self.path.with_suffix(f".{table}.jsonl")
        source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(
                f"create or replace table raw_wix.{table} as "
                f"from read_json('{source}', format = 'newline_delimited', columns = {columns})"
            )

    def execute(self, statement: str) -> None:
        """Change something."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(statement)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        return self.answer(query)[1]

    def answer(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of an answer's columns, and its rows."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            result = connection.execute(query)
            return [column[0] for column in result.description or ()], result.fetchall()

    def build(self, *arguments: str, as_of: str = "", cache: Path | None = None, seeds: Path | str = "review") -> Built:
        """Run `dbt build`.

        Args:
            arguments: More of the command line.
            as_of: What counts as now.
            cache: A folder that several builds share, so that the project is parsed once.
            seeds: The folder of what a review hands over.
        """
        return self.dbt("build", *arguments, as_of=as_of, cache=cache, seeds=seeds)

    def dbt(self, *arguments: str, as_of: str = "", cache: Path | None = None, seeds: Path | str = "review") -> Built:
        """Run a command of dbt. The arguments are those of `build`."""
        target = cache or self.path.with_suffix(".target")
        done = run_dbt(
            *arguments,
            target=target,
            WIX_DUCKDB=str(self.path),
            WIX_ACCESS_AS_OF=as_of,
            WIX_REVIEW_SEEDS=str(seeds),
        )
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        statuses = {one["unique_id"].split(".")[2]: one["status"] for one in results}
        return Built(done.returncode, statuses, done.stdout)


def last_rows(rows: Iterable[Mapping[str, Any]], key: Sequence[str]) -> list[Mapping[str, Any]]:
    """What an upsert leaves: of each key, the last row."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())
