"""The SQL of the models parses as that of other warehouses. It is not run there."""

from __future__ import annotations

import pytest
import sqlglot

from tests.dbt import run_dbt


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The SQL of every model, by its name."""
    folder = tmp_path_factory.mktemp("dialects")
    done = run_dbt("compile", target=folder, WIX_DUCKDB=str(folder / "wix.duckdb"))
    assert done.returncode == 0, done.stdout
    found = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "compiled").rglob("models/**/*.sql")}
    assert {"wix__access", "int_wix__versions", "wix__access_changes", "stg_wix__users"} <= set(found)
    return found


@pytest.mark.parametrize("dialect", ["bigquery", "databricks", "redshift"])
def test_it_parses(compiled, dialect):
    """No model has SQL that only the three warehouses of the tests understand."""
    wrong = {}
    for name, sql in compiled.items():
        try:
            sqlglot.parse_one(sql, dialect=dialect)
        except sqlglot.errors.ParseError as error:
            wrong[name] = str(error)
    assert wrong == {}
