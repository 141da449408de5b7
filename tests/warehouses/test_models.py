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

from tests.dbt import run_dbt
from tests.transform.demo import demo_runs
from tests.transform.questions import as_table, dashboards, questions, undated

PROFILES = str(Path(__file__).parent / "inside" / "fakesnow")
_SCHEMAS = ("raw", "current", "intermediate", "access")
CAPITALS = f"--vars '{{{', '.join(f'{name}_schema: {name.upper()}_WIX' for name in _SCHEMAS)}}}'"

runs = cache(demo_runs)


@pytest.mark.parametrize("warehouse", ["postgres", "snowflake"], indirect=True)
def test_the_answers_are_those_of_duckdb(warehouse, tmp_path):
    """Every model builds, every test of the models passes, and questions and dashboards have the same answers."""
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
    for query, answer in (*questions(), *dashboards()):
        names, rows = loaded.rows(query)
        told = as_table([name.lower() for name in names], rows)
        told = undated(told) if "(day)" in answer else told
        # Each warehouse sorts text in its own way.
        if sorted(told.splitlines()) != sorted(answer.strip("\n").splitlines()):
            wrong[query] = (told, answer)
    assert wrong == {}


VIEWS = {
    "reports.people": "access_wix.people",
    "reports.access": "access_wix.access",
    "reports.users": "current_wix.users",
}
"""What somebody built: on a table of ours, on a view of answers, and on one of staging."""


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_what_others_built_stays(warehouse, tmp_path):
    """Views of theirs and grants of a role are there after the next run, and show what it made."""
    loaded = warehouse()
    first, second, now = runs()

    def build(lines, *more):
        loaded.load(lines)
        done = run_dbt(
            "run", "--exclude", "path:models/review", "wix__findings+", *more, target=tmp_path / "dbt",
            adapter="postgres", WIX_ACCESS_AS_OF=now, **loaded.variables(), **loaded.address(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    with loaded.server.connect() as connection:

        def ask(query):
            return connection.execute(query).fetchall()

        def counts(names):
            return [ask(f"select count(*) from {name}")[0][0] for name in names]

        seeds = run_dbt("seed", target=tmp_path / "dbt", adapter="postgres", **loaded.variables(), **loaded.address())
        assert seeds.returncode == 0, seeds.stdout
        build(first.lines)
        connection.execute("create schema reports")
        for name, ours in VIEWS.items():
            connection.execute(f"create view {name} as select * from {ours}")
        for role in ("analyst", "reader"):
            connection.execute(f"drop role if exists {role}")
            connection.execute(f"create role {role}")
        connection.execute("grant select on access_wix.people, access_wix.access, current_wix.users to analyst")
        before = counts(VIEWS)
        said = build(second.lines, "--vars", "{readers: [reader]}")
        assert counts(VIEWS) == counts(VIEWS.values()) != before
        may = "select has_table_privilege('{}', '{}', 'select')"
        assert [ask(may.format("analyst", name)) for name in VIEWS.values()] == [[(True,)]] * 3
        assert [ask(may.format("reader", name)) for name in VIEWS.values()] == [[(True,)], [(True,)], [(False,)]]
        assert "made anew" not in said
        # Another release has other columns.
        connection.execute("alter table access_wix.people rename column person to name")
        said = build(second.lines, "--select", "wix__people")
        assert said.count("has other columns than before: it is made anew") == 1
        assert ask("select count(person) from access_wix.people") == ask("select count(*) from access_wix.people")
        for role in ("analyst", "reader"):
            connection.execute(f"drop owned by {role}")
            connection.execute(f"drop role {role}")
