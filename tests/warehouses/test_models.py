"""The dbt models on Postgres and on Snowflake: the same answers as on DuckDB.

Of Snowflake this covers that each model's SQL parses as Snowflake's and gives the right rows, by dbt-snowflake and the
real connector. It runs on DuckDB behind fakesnow: only a real account would show types and casts that Snowflake treats
in its own way, sorting of text, the descriptions that dbt writes (`persist_docs`), grants, clustering, speed and cost.
The names of the schemas are in capitals here, since fakesnow does not fold them where it lists tables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.transform.demo import demo_runs
from tests.transform.questions import as_table, questions
from tests.transform.warehouse import run_dbt

PROFILES = str(Path(__file__).parent / "inside" / "fakesnow")
_SCHEMAS = ("raw", "current", "intermediate", "access")
CAPITALS = f"--vars '{{{', '.join(f'{name}_schema: {name.upper()}_WIX' for name in _SCHEMAS)}}}'"

runs = cache(demo_runs)


@pytest.mark.parametrize("warehouse", ["postgres", "snowflake"], indirect=True)
def test_the_answers_are_those_of_duckdb(warehouse, tmp_path):
    """Every model builds, every test of the models passes, and the thirty questions have the same answers."""
    loaded = warehouse()
    first, second, now = runs()
    loaded.load(first.lines, second.lines)
    snowflake = loaded.name == "target-snowflake"
    more = ("--vars", CAPITALS.removeprefix("--vars ").strip("'")) if snowflake else ()
    done = run_dbt(
        "build", *more, target=tmp_path / "dbt", adapter=loaded.name.removeprefix("target-"),
        profiles=PROFILES if snowflake else "", WIX_ACCESS_AS_OF=now, **loaded.variables(), **loaded.address(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    # The targets store times without a zone, in UTC: to convert these would shift them by the session's zone.
    compiled = [path.read_text(encoding="utf-8") for path in (tmp_path / "dbt" / "compiled").rglob("stg_wix__*.sql")]
    assert len(compiled) > 11
    assert [text for text in compiled if "zone" in text] == []
    wrong = {}
    for query, answer in questions():
        names, rows = loaded.rows(query)
        told = as_table([name.lower() for name in names], rows)
        # Each warehouse sorts text in its own way.
        if sorted(told.splitlines()) != sorted(answer.strip("\n").splitlines()):
            wrong[query] = (told, answer)
    assert wrong == {}
