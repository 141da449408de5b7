"""The dbt models on Postgres and on Snowflake: the same answers as on DuckDB, and the same review.

Of Snowflake this covers that each model's SQL parses as Snowflake's and gives the right rows, by dbt-snowflake and the
real connector. It runs on DuckDB behind fakesnow: only a real account would show types and casts that Snowflake treats
in its own way, sorting of text, the descriptions that dbt writes (`persist_docs`), grants, clustering, speed and cost.
The names of the schemas are in capitals here, since fakesnow does not fold them where it lists tables.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.dbt import run_dbt
from tests.transform.demo import demo_runs, demo_warehouse
from tests.transform.questions import as_table, dashboards, questions, undated
from tests.warehouses.conftest import WAREHOUSES
from tests.warehouses.review import address_of, written_from

PROFILES = str(Path(__file__).parent / "inside" / "fakesnow")
_SCHEMAS = ("raw", "current", "intermediate", "access")
CAPITALS = f"--vars '{{{', '.join(f'{name}_schema: {name.upper()}_WIX' for name in _SCHEMAS)}}}'"


@pytest.fixture(scope="module", params=["postgres", "snowflake"])
def built(request, tmp_path_factory):
    """The demo's two reads in a warehouse, with the models; what dbt compiled; and the time in the account."""
    kind, needs = WAREHOUSES[request.param]
    folder = tmp_path_factory.mktemp("built")
    first, second, now = demo_runs()
    with closing(kind(folder, request.getfixturevalue(needs).with_new_database())) as loaded:
        loaded.load(first.lines, second.lines)
        snowflake = request.param == "snowflake"
        more = ("--vars", CAPITALS.removeprefix("--vars ").strip("'")) if snowflake else ()
        done = run_dbt(
            "build", *more, target=folder / "dbt", adapter=request.param, profiles=PROFILES if snowflake else "",
            WIX_ACCESS_AS_OF=now, **loaded.variables(), **loaded.address(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        yield loaded, folder / "dbt" / "compiled", now


def test_the_answers_are_those_of_duckdb(built):
    """Every model builds, every test of the models passes, and questions and dashboards have the same answers."""
    loaded, folder, _ = built
    # The targets store times without a zone, in UTC: to convert these would shift them by the session's zone.
    compiled = [path.read_text(encoding="utf-8") for path in folder.rglob("stg_wix__*.sql")]
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
    assert [tuple(row) for row in loaded.rows("select is_whole from access_wix.build")[1]] == [(True,)]


@pytest.fixture(scope="module")
def review_in_duckdb(tmp_path_factory):
    """A campaign and a review of the same reads, from DuckDB; and the decisions that were taken in it."""
    folder = tmp_path_factory.mktemp("duckdb")
    path, now = demo_warehouse(folder).path, demo_runs()[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIX_ACCESS_AS_OF", now)
        return written_from(str(path), folder / "review", folder / "filled.csv", now[:10]), folder / "filled.csv"


def test_a_campaign_and_a_review_from_a_server(built, review_in_duckdb, tmp_path, monkeypatch):
    """Opened, decided, planned, proved and shown as from DuckDB, byte by byte; the server's clock is not UTC."""
    loaded, _, now = built
    theirs, filled = review_in_duckdb
    monkeypatch.setenv("WIX_ACCESS_AS_OF", now)
    ours = written_from(address_of(loaded, monkeypatch), tmp_path, filled, now[:10])
    assert len(theirs["items.jsonl"]) > 80
    assert ours.keys() == theirs.keys()
    assert [name for name in theirs if ours[name] != theirs[name]] == []


VIEWS = {
    "reports.people": "access_wix.people",
    "reports.access": "access_wix.access",
    "reports.users": "current_wix.users",
}
"""What somebody built: on a table of answers, on a view of answers, and on what is current."""


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_what_others_built_stays(warehouse, tmp_path):
    """Views of theirs and grants of a role are there after the next run, and show what it made."""
    loaded = warehouse()
    first, second, now = demo_runs()

    def build(lines, *chosen):
        loaded.load(lines)
        done = run_dbt(
            "build", "--exclude", "test_type:data", "--select", *chosen, "--vars", "{readers: [reader]}",
            target=tmp_path / "dbt", adapter="postgres", WIX_ACCESS_AS_OF=now, **loaded.variables(), **loaded.address(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    with loaded.server.connect() as connection:

        def ask(query):
            return connection.execute(query).fetchall()

        def counts(names):
            return [ask(f"select count(*) from {name}")[0][0] for name in names]

        for role in ("analyst", "reader"):
            connection.execute(f"drop role if exists {role}")
            connection.execute(f"create role {role}")
        build(first.lines, "+wix__people", "+wix__access")
        connection.execute("create schema reports")
        for name, ours in VIEWS.items():
            connection.execute(f"create view {name} as select * from {ours}")
        connection.execute("grant select on access_wix.people, access_wix.access, current_wix.users to analyst")
        # One that `readers` names only now.
        connection.execute("drop owned by reader")
        before = counts(VIEWS)
        said = build(second.lines, "+wix__people", "+wix__access")
        assert counts(VIEWS) == counts(VIEWS.values()) != before
        may = "select has_table_privilege('{}', '{}', 'select')"
        assert [ask(may.format("analyst", name)) for name in VIEWS.values()] == [[(True,)]] * 3
        assert [ask(may.format("reader", name)) for name in VIEWS.values()] == [[(True,)], [(True,)], [(False,)]]
        # Not whole, since some were not chosen; and who may read the answers may read that.
        assert ask("select is_whole from access_wix.build") == [(False,)]
        assert ask(may.format("reader", "access_wix.build")) == [(True,)]
        assert "made anew" not in said
        # Another release has other columns.
        connection.execute("alter table access_wix.people rename column person to name")
        said = build((), "wix__people")
        assert said.count("has other columns than before: it is made anew") == 1
        assert "built on it (access_wix.access, reports.access, reports.people)" in said
        assert ask("select count(person) from access_wix.people") == ask("select count(*) from access_wix.people")
        # A release before had views of what is current.
        connection.execute("drop table current_wix.users cascade; create view current_wix.users as select 1 as id")
        connection.execute("create view reports.users as select * from current_wix.users")
        connection.execute("create view reports.ids as select * from reports.users")
        said = build((), "stg_wix__users")
        assert "becomes a table: it is made anew" in said
        assert "built on it (reports.ids, reports.users)" in said
        assert "made anew" not in build((), "stg_wix__users")
        for role in ("analyst", "reader"):
            connection.execute(f"drop owned by {role}")
            connection.execute(f"drop role {role}")
