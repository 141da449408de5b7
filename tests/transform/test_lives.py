"""The answers about random lives are those that an oracle works out from what happened in them.

`WIX_LIVES=1000 pytest tests/transform/test_lives.py` replays more of them, `WIX_LIVES_FROM=60` others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.dbt import run_dbt
from tests.transform import oracle
from tests.transform.lives import KEYS, Life
from tests.transform.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Told = set[Any]
Ask = Any
AsOf = Any
LIVES = int(os.environ.get("WIX_LIVES", "60"))
FIRST = int(os.environ.get("WIX_LIVES_FROM", "0"))


def store_lives(warehouse: Warehouse, lives: Sequence[Life]) -> None:
    """Put what the tap would have sent of these lives into a warehouse."""
    for table in (*KEYS, "change_log", "snapshots"):
        warehouse.store(table, [row for life in lives for row in life.rows[table]])


def _by_life(ask: Ask, query: str) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for account, *row in ask(query).fetchall():
        found.setdefault(account, set()).add(tuple(row))
    return found


def access(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """Effective access is what grants, folders and sites of the latest complete reads make."""
    told = _by_life(ask, "select account_id, person_type, person_id, site_id, role_id from access_wix.access")
    for life in lives:
        tables = oracle.latest(life)
        wanted = oracle.effective(tables, oracle.grants(tables)) | oracle.effective(tables, oracle.offers(tables))
        yield life, told.get(life.id, set()), {tuple(one) for one in wanted}


def review(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """The list to certify has every grant that holds now, once."""
    query = (
        "select held.account_id, held.person_type, held.person_id, held.role_id, held.scope_key, count(*) "
        "from access_wix.access_review as review join access_wix.access_grants as held "
        "using (account_id, stream_name, record_key) group by all"
    )
    told = _by_life(ask, query)
    for life in lives:
        tables = oracle.latest(life)
        held = [*oracle.grants(tables), *oracle.offers(tables)]
        yield life, told.get(life.id, set()), {(*one, held.count(one)) for one in held}


def since(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """Somebody holds a role on an asset since the runs between which it was given, or before anybody looked."""
    query = (
        "select account_id, record_key, day(granted_after), day(granted_before) "
        "from access_wix.access_grants where stream_name = 'assignments'"
    )
    told = _by_life(ask, query)
    for life in lives:
        if life.history:
            yield life, told.get(life.id, set()), oracle.since(life)


def history(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """What holds now is the same in the history as in the grants, but for an owner whom the record leaves out."""
    keys = "account_id, stream_name, record_key, person_id, role_id"
    told = _by_life(ask, f"select {keys} from access_wix.access_history where is_current and is_content_known")
    wanted = _by_life(ask, f"select {keys} from access_wix.access_grants where not is_pending")
    for life in lives:
        yield life, told.get(life.id, set()), wanted.get(life.id, set())


def over_time(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """At noon of each day that is certain which the reads before and after agree on; without versions never more."""
    for run in range(1, max(life.runs for life in lives) + 1):
        sql = as_of("site_access_as_of", f"2026-11-{run:02} 12:00:00")
        query = (
            "select distinct account_id, person_type, person_id, site_id, role_id, role_title, certainty "
            f"from ({sql}) where site_id is not null"
        )
        told = _by_life(ask, query)
        for life in lives:
            rows, is_known = told.get(life.id, set()), life.history and life.steady
            found = {row[:-1] for row in rows if row[-1] == "certain"}
            must, may = ({(*one, title) for one, title in of} for of in oracle.certain(life, run))
            yield life, found - may, set()
            if is_known:
                yield life, found & must, must
            # Whatever the read before says may have been so, also where it is not certain.
            listed = {row[:4] for row in rows}
            before, _ = oracle.around(life, run)
            seen = oracle.effective(before, oracle.grants(before))
            if is_known:
                yield life, {tuple(one) for one in seen if one.site_id in before["sites"]} - listed, set()


def changes(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """Who gained, lost or changed a grant, and in which run that was seen; renames apart."""
    query = (
        "select account_id, reason, change_type, person_id, role_id, day(changed_before) "
        "from access_wix.access_changes where reason in ('grant', 'role') and stream_name <> 'accounts'"
    )
    told = _by_life(ask, query)
    for life in lives:
        rows: Told = {row[1:] for row in told.get(life.id, set()) if row[0] == "grant"}
        wanted: Told = {(*row[:3], row[4]) for row in oracle.changes(life)}
        if not life.history:
            # What it was like before is not known, and so neither is what it lost, nor that it is the same.
            known = [{(row[1], row[3]) for row in of if row[0] != "lost"} for of in (rows, wanted)]
            rows, wanted = known
        else:
            # That its role came to mean something else, seen in the same run, says more than a rename.
            roles = {row[2:] for row in told.get(life.id, set()) if row[0] == "role"}
            wanted = {row for row in wanted if row in rows or row[0] != "renamed" or row[1:] not in roles}
        yield life, rows, wanted


def moves(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """Whom a moved site or folder gave or took a site."""
    query = (
        "select account_id, change_type, person_id, site_id, role_id, day(changed_before) "
        "from access_wix.access_changes where reason in ('site', 'folder')"
    )
    told = _by_life(ask, query)
    for life in lives:
        if life.steady:
            rows = told.get(life.id, set())
            wanted = oracle.moves(life)
            yield life, rows if life.history else rows - wanted, wanted if life.history else set()


def findings(ask: Ask, as_of: AsOf, lives: Sequence[Life]) -> Iterator[tuple[Life, Told, Told]]:
    """The rules about persons find whom they are about."""
    rules = (
        "unreadable_asset", "gone_site", "gone_folder", "gone_role", "outside_account", "member_without_role",
        "owner_not_listed", "other_subject", "invite_status_unknown",
    )  # fmt: skip
    told = _by_life(ask, f"select account_id, rule, person_id from access_wix.findings where rule in {rules}")
    for life in lives:
        yield life, told.get(life.id, set()), oracle.findings(life)


LAWS: tuple[Callable[..., Iterator[tuple[Life, Told, Told]]], ...] = (
    access, review, since, history, over_time, changes, moves, findings,
)  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The lives, the warehouse with the answers about them, and the SQL of the analyses."""
    folder = tmp_path_factory.mktemp("lives")
    lives = [Life(seed, history=seed % 3 != 0, steady=seed % 2 == 0) for seed in range(FIRST, FIRST + LIVES)]
    warehouse = Warehouse(folder / "wix.duckdb")
    store_lives(warehouse, lives)
    built = warehouse.build("--exclude", "test_type:data")
    assert (built.code, built.failed()) == (0, []), built.output
    variables = ("--select", "site_access_as_of", "--vars", "{as_of: MOMENT}")
    done = run_dbt("compile", *variables, target=folder / "as_of", WIX_DUCKDB=str(warehouse.path))
    assert done.returncode == 0, done.stdout
    (compiled,) = (folder / "as_of" / "compiled").rglob("site_access_as_of.sql")
    return lives, warehouse, compiled.read_text(encoding="utf-8")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_lives(law, lived):
    """Row by row what the oracle says."""
    lives, warehouse, compiled = lived
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        answers = law(connection.execute, lambda _, moment: compiled.replace("MOMENT", moment), lives)
        wrong = {
            (life.seed, life.history, life.steady): {"missing": wanted - told, "invented": told - wanted}
            for life, told, wanted in answers
            if told != wanted
        }
    assert wrong == {}
