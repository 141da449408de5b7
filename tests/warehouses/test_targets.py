"""The same changing account through the real targets into four warehouses, which give the same ten answers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tap_wix_users.tables.registry import TABLES
from tap_wix_users.warehouse.current import current_views
from tests.tap.expected import KEYS
from tests.warehouses import story
from tests.warehouses.questions import AS_OF, QUESTIONS, sorted_rows, without_empty_strings

if TYPE_CHECKING:
    from tests.warehouses.story import Row, Story
    from tests.warehouses.targets import Warehouse

LOADED = [table for table in TABLES if table.selected]
WHO_MAY = [table for table in LOADED if table.name in {"users", "assignments"}]
"""The tables that say who may do what."""


@pytest.fixture(scope="module")
def everything() -> Story:
    """Six runs over an account that changes."""
    return story.everything()


@pytest.fixture(scope="module")
def versions() -> Story:
    """Three runs with `history`."""
    return story.versions()


@pytest.fixture(scope="module")
def forks() -> Story:
    """Four runs, of which one went on from a state that was restored."""
    return story.forks()


def _expected(rows: list[Row], warehouse: Warehouse) -> list[Row]:
    return sorted_rows(rows if warehouse.keeps_empty_strings else without_empty_strings(rows))


def test_ten_questions(everything, warehouse):
    """Every warehouse gives the account's answers to all ten, and nobody who stayed was ever missing."""
    loaded, steps = warehouse(), everything.steps
    for before, upto in pairwise((0, 1, 3, 4, 6)):
        loaded.load(*(step.lines for step in steps[before:upto]))
        if not before:
            loaded.run(current_views(LOADED, loaded.schema, "current_wix"))
        for table in ("users", "assignments", "sites"):
            stored = loaded.ask(f"select {', '.join(KEYS[table])} from current_wix.{table} where is_current")
            throughout = set.intersection(*(set(step.account[table]) for step in steps[:upto]))
            assert throughout <= {tuple(row.values()) for row in stored}, (steps[upto - 1].name, table)
    for question in QUESTIONS:
        answer = _expected(question.answer(everything), loaded)
        assert answer, question.words
        assert sorted_rows(loaded.ask(question.query)) == answer, question.words
    if loaded.name != "target-snowflake":
        _made_anew(loaded)


def _made_anew(loaded: Warehouse) -> None:
    """The views can be made after an upgrade that added a column, where Postgres only lets a view grow at its end."""
    before = loaded.ask("select * from current_wix.users")
    loaded.run(["alter table raw_wix.users add column of_a_later_release varchar"])
    loaded.run(current_views(LOADED, loaded.schema, "current_wix"))
    after = loaded.ask("select * from current_wix.users")
    assert before
    assert sorted_rows(after) == sorted_rows([{**row, "of_a_later_release": None} for row in before])


def test_a_restored_state(forks, warehouse):
    """In every warehouse what the other state wrote does not count, is reported, and a full refresh ends it."""
    loaded, steps = warehouse(), forks.steps

    def current(table: str) -> set[tuple[object, ...]]:
        rows = loaded.ask(f"select {', '.join(KEYS[table])} from current_wix.{table} where is_current")
        return {tuple(row.values()) for row in rows}

    for number, told in enumerate([set(), set(), {"change", "receipt"}, set()]):
        loaded.load(steps[number].lines)
        if not number:
            loaded.run(current_views(WHO_MAY, loaded.schema, "current_wix"))
        assert {table: current(table) for table in ("users", "assignments")} == {
            table: set(steps[number].account[table]) for table in ("users", "assignments")
        }, steps[number].name
        forks = loaded.ask("select evidence from current_wix.receipt_forks where stream_name = 'users'")
        assert {value for row in forks for value in row.values()} == told, steps[number].name


def test_access_as_of_any_day(versions, warehouse):
    """Loaded with `history`, every warehouse still knows who had access to what at each run, and what is so now."""
    loaded = warehouse(history=True)
    loaded.load(*(step.lines for step in versions.steps))
    loaded.run(current_views(WHO_MAY, loaded.schema, "current_wix"))
    receipts = [row for row in versions.rows("snapshots") if row["stream_name"] == "assignments"]
    for receipt, step in zip(receipts, versions.steps, strict=True):
        rows = loaded.ask(AS_OF.format(moment=receipt["snapshot_at"].removesuffix("Z")))
        known = step.account["assignments"].values()
        columns = ("account_id", "user_id", "assignment_key", "role_id", "restrictions")
        assert sorted_rows(rows) == sorted_rows([{name: row[name] for name in columns} for row in known]), step.name
    (now,) = loaded.ask("select count(*) as current_rows from current_wix.assignments where is_current")
    (stored,) = loaded.ask("select count(*) as versions from raw_wix.assignments")
    assert now["current_rows"] == len(versions.now["assignments"]) < stored["versions"]
    assert stored["versions"] == len(versions.rows("assignments"))
