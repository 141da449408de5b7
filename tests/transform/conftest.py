"""Warehouses that several modules ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt import run_dbt
from tests.transform.cases import NOW, cases
from tests.transform.doubts import doubts
from tests.transform.scenario import store
from tests.transform.warehouse import Warehouse

AsOf = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The small accounts of `cases` and `doubts`, with the answers built and tested."""
    warehouse = Warehouse(tmp_path_factory.mktemp("cases") / "wix.duckdb")
    store(warehouse, *cases(), *doubts())
    # The receipts of these accounts count every version of a row.
    built = warehouse.build("--vars", "{unchecked: [rows_match_receipt]}", as_of=NOW)
    assert (built.code, built.failed()) == (0, []), built.output
    return warehouse


@pytest.fixture(scope="session")
def as_of(told: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> AsOf:
    """Ask for a day at noon, of grants or of sites."""
    target = tmp_path_factory.mktemp("as_of")
    variables = ("--select", "access_as_of", "site_access_as_of", "--vars", "{as_of: MOMENT}")
    done = run_dbt("compile", *variables, target=target, WIX_DUCKDB=str(told.path))
    assert done.returncode == 0, done.stdout
    compiled = {path.stem: path.read_text(encoding="utf-8") for path in (target / "compiled").rglob("*_as_of.sql")}

    def ask(account: str, day: int, columns: str, analysis: str = "site_access_as_of") -> list[tuple[Any, ...]]:
        query = compiled[analysis].replace("MOMENT", f"2026-11-{day:02} 12:00:00")
        return told.ask(
            f"select {columns} from ({query}) where account_id = '{account}' and person_id <> 'ann' order by all"
        )

    return ask
