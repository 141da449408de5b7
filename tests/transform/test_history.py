"""Since when, until when, and what changed: `access_history`, `access_changes` and access as of a day."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dbt import run_dbt
from tests.transform.scenario import Account, day, store
from tests.transform.warehouse import Warehouse

ROLE, OTHER = "6600344420111308827", "6728490215530471936"
KEYS = ("assignments", "users", "roles")


def _at(number: int, *, minute: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(day(number, minute=minute)).replace(tzinfo=None)


def _read(account: Account, *days: int, baseline: int = 1) -> Account:
    for number in days:
        account.read(number, *KEYS, baseline=baseline)
    return account


def _latest() -> Account:
    """Four days of an account in a warehouse that keeps the latest version of each row."""
    one = Account("latest").role(ROLE, "Manager").role(OTHER, "Office")
    for user in ("stays", "leaves", "joins", "changes", "returns"):
        one.user(user, user.title(), f"{user}@studio.example")
    one.holds("stays", "k", ROLE, "site:s1").holds("leaves", "k", ROLE).holds("joins", "k", ROLE, seen=2)
    one.holds("changes", "k", OTHER, seen=3).holds("returns", "k", ROLE, seen=4)
    one.change("assignments", "leaves|k", "removed", 2, 3).change("assignments", "joins|k", "added", 1, 2)
    one.change("assignments", "changes|k", "modified", 2, 3)
    one.change("assignments", "returns|k", "removed", 2, 3).change("assignments", "returns|k", "added", 3, 4)
    return _read(one, 1, 2, 3, 4)


def _versions() -> Account:
    """The same with `history`: a row per version."""
    one = Account("versions").role(ROLE, "Manager").role(OTHER, "Office")
    one.user("changes", "Changes", "changes@studio.example")
    one.holds("changes", "k", ROLE, "site:s1").holds("changes", "k", OTHER, "site:s2", seen=3)
    one.change("assignments", "changes|k", "modified", 2, 3)
    return _read(one, 1, 2, 3)


def _lost_state() -> Account:
    """The state was lost after the second day: on the third every row is sent, and who left is not logged."""
    one = Account("lost").role(ROLE, "Manager")
    one.user("stays", sent=3).user("left")
    one.holds("stays", "k", ROLE, seen=3).holds("left", "k", ROLE)
    _read(one, 1, 2)
    return _read(one, 3, baseline=3)


def _killed() -> Account:
    """A run of the second day logged a removal and was killed; on the third day the row is there, as it was."""
    one = Account("killed").role(ROLE, "Manager").user("back", sent=3).holds("back", "k", ROLE, sent=3)
    one.change("assignments", "back|k", "removed", 1, 2)
    _read(one, 1)
    return _read(one, 3, baseline=3)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """All of these accounts."""
    warehouse = Warehouse(tmp_path_factory.mktemp("history") / "wix.duckdb")
    store(warehouse, _latest(), _versions(), _lost_state(), _killed())
    built = warehouse.build("--exclude", "test_type:data")
    assert (built.code, built.failed()) == (0, [])
    return warehouse


def _history(warehouse: Warehouse, account: str) -> list[tuple[object, ...]]:
    return warehouse.ask(
        "select person_id, version_number, role_title, started_by, granted_after, granted_before, ended_by, "
        f"ended_after, ended_before, is_current from access_wix.access_history where account_id = '{account}' "
        "order by person_id, version_number"
    )


def test_intervals(warehouse):
    """Each grant from between which snapshots it came to between which it went; what it was like before is not kept."""
    began = ("first seen", None, _at(1, minute=1))
    still = (None, None, None, True)
    assert _history(warehouse, "latest") == [
        ("changes", 1, None, "first seen", None, _at(2, minute=1), "modified", _at(2), _at(3, minute=1), False),
        ("changes", 2, "Office", "modified", _at(2), _at(3, minute=1), *still),
        ("joins", 1, "Manager", "added", _at(1), _at(2, minute=1), *still),
        ("leaves", 1, "Manager", *began, "removed", _at(2), _at(3, minute=1), False),
        ("returns", 1, None, "first seen", None, _at(2, minute=1), "removed", _at(2), _at(3, minute=1), False),
        ("returns", 2, "Manager", "added", _at(3), _at(4, minute=1), *still),
        ("stays", 1, "Manager", *began, *still),
    ]


def test_versions(warehouse):
    """With `history` it is known what a grant was like before it changed."""
    assert _history(warehouse, "versions") == [
        ("changes", 1, "Manager", "first seen", None, _at(1, minute=1), "modified", _at(2), _at(3, minute=1), False),
        ("changes", 2, "Office", "modified", _at(2), _at(3, minute=1), None, None, None, True),
    ]


def test_a_lost_state(warehouse):
    """Who left meanwhile went between the last time that the row was sent and the first complete read without it."""
    assert _history(warehouse, "lost") == [
        ("left", 1, "Manager", "first seen", None, _at(1, minute=1), "removed", _at(1), _at(3, minute=1), False),
        ("stays", 1, "Manager", "first seen", None, _at(3, minute=1), None, None, None, True),
    ]


def test_a_removal_that_was_undone(warehouse):
    """A grant that was seen to be gone and is back, without a log of that, came back after it was gone."""
    assert _history(warehouse, "killed") == [
        ("back", 1, "Manager", "first seen", None, _at(1, minute=1), "removed", _at(1), _at(2), False),
        ("back", 2, "Manager", "first seen", _at(2), _at(3, minute=1), None, None, None, True),
    ]


def test_changes(warehouse):
    """Who gained, lost or changed access, by day, with bounds; what was there from the beginning is no change."""
    query = (
        "select changed_on::varchar, change_type, person_id, role_title, previous_role_title, asset_name, "
        "previous_asset_name, changed_after, changed_before from access_wix.access_changes "
        "where account_id in ('latest', 'versions') order by account_id, person_id, version_number"
    )
    second, third = (_at(1), _at(2, minute=1)), (_at(2), _at(3, minute=1))
    assert warehouse.ask(query) == [
        ("2026-11-03", "changed", "changes", "Office", None, None, None, *third),
        ("2026-11-02", "gained", "joins", "Manager", None, None, None, *second),
        ("2026-11-03", "lost", "leaves", "Manager", None, None, None, *third),
        ("2026-11-03", "lost", "returns", None, None, None, None, *third),
        ("2026-11-04", "gained", "returns", "Manager", None, None, None, _at(3), _at(4, minute=1)),
        ("2026-11-03", "changed", "changes", "Office", "Manager", "the s2", "the s1", *third),
    ]


def test_the_bounds_of_what_holds_now(warehouse):
    """In `access_grants` a grant is as old as its stay: a change of its role does not make it younger."""
    query = (
        "select person_id, granted_after, granted_before from access_wix.access_grants "
        "where account_id = 'latest' order by person_id"
    )
    assert warehouse.ask(query) == [
        ("changes", None, _at(3, minute=1)),
        ("joins", _at(1), _at(2, minute=1)),
        ("returns", _at(3), _at(4, minute=1)),
        ("stays", None, _at(1, minute=1)),
    ]


@pytest.fixture(scope="module")
def as_of(warehouse, tmp_path_factory) -> str:
    """The SQL of the analysis, with MOMENT for the point in time."""
    target = tmp_path_factory.mktemp("as_of")
    variables = ("--select", "access_as_of", "--vars", "{as_of: MOMENT}")
    done = run_dbt("compile", *variables, target=target, WIX_DUCKDB=str(warehouse.path))
    assert done.returncode == 0, done.stdout
    (compiled,) = (target / "compiled").rglob("access_as_of.sql")
    return compiled.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        ("2026-10-01", "changes? leaves? returns? stays?"),
        ("2026-11-01 12:00:00", "changes? joins? leaves returns? stays"),
        ("2026-11-02 12:00:00", "changes? joins leaves? returns? stays"),
        ("2026-11-03 12:00:00", "changes joins returns? stays"),
        ("2026-11-30", "changes? joins? returns? stays?"),
    ],
)
def test_as_of(warehouse, as_of, moment, held):
    """Who held what at a point in time: certain between two snapshots that agree, possible (?) where they do not.

    After the last of them nothing is certain.
    """
    query = f"select distinct person_id, certainty from ({as_of.replace('MOMENT', moment)}) where account_id = 'latest'"
    found = sorted({person if certainty == "certain" else f"{person}?" for person, certainty in warehouse.ask(query)})
    assert found == held.split()
