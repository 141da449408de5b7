"""Warehouses that several modules ask."""

from __future__ import annotations

import pytest

from tests.transform.cases import NOW, cases
from tests.transform.scenario import store
from tests.transform.warehouse import Warehouse


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The small accounts of `cases`, with the answers built and tested."""
    warehouse = Warehouse(tmp_path_factory.mktemp("cases") / "wix.duckdb")
    store(warehouse, *cases())
    # The receipts of these accounts count every version of a row.
    built = warehouse.build("--exclude", "test_name:rows_match_receipt", as_of=NOW)
    assert (built.code, built.failed()) == (0, []), built.output
    return warehouse
