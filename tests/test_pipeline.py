"""The pipeline that users run: the tap, through Meltano, into DuckDB."""

from __future__ import annotations

import duckdb
import pytest

from tap_wix_users.tables.registry import TABLES
from tap_wix_users.warehouse.current import current_views
from tests.meltano import make_project, run_job
from wix_access_review.campaign.folder import FINDINGS, ITEMS, RECEIPTS, ROLES
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.report import write_review
from wix_sandbox import Fault, Sandbox, Size, World

LOADED = [table for table in TABLES if table.selected]
KEYS = {table.name: table.model.key for table in LOADED}


@pytest.fixture
def project(tmp_path):
    """A Meltano project of its own."""
    return make_project(tmp_path)


@pytest.fixture
def ask(project):
    """Query the warehouse."""

    def ask_once(query):
        with duckdb.connect(str(project / "output" / "wix.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    return ask_once


def test_every_row_of_the_account_is_in_the_warehouse(project, ask):
    """As many rows as the account has, each key once, as the receipts say, and ids to their last digit."""
    # More people than the target stores at once: one has dropped the first row of a batch before.
    world = World(Size(users=1_200, sites=230, invites=120, child_accounts=0), seed=3)
    with Sandbox(world) as sandbox:
        done = run_job(project, sandbox, "wix-to-duckdb", TARGET_DUCKDB_BULK_BATCH_SIZE_ROWS="500")
    assert done.returncode == 0, done.stderr[-3000:]
    account, counts = world.main, world.main.counts()
    stored = {table: ask(f"select count(*) from raw_wix.{table}")[0][0] for table in KEYS}
    receipts = dict(ask("select stream_name, row_count from raw_wix.snapshots"))
    assert stored == receipts
    assert {name: stored[name] for name in ("users", "invites", "roles", "sites", "folders")} == {
        name: counts[name] for name in ("users", "invites", "roles", "sites", "folders")
    }
    for table, key in KEYS.items():
        columns = ", ".join(key)
        assert ask(f"select {columns} from raw_wix.{table} group by all having count(*) > 1") == []
        assert ask(f"select count(*) from current_wix.{table} where not is_current") == [(0,)]
    grants = [grant for person in account.people.values() for grant in person.grants or ()]
    granted = {grant.role_id for grant in grants}
    assert {role for (role,) in ask("select distinct role_id from raw_wix.assignments")} == granted
    numbered = {grant.assignment_id for grant in grants if grant.assignment_id}
    stored_ids = ask("select distinct assignment_id from raw_wix.assignments where assignment_id is not null")
    assert {identifier for (identifier,) in stored_ids} == numbered
    assert min(len(identifier) for identifier in numbered) >= 19
    reviewed = "select count(*) from access_wix.access_review where stream_name = 'assignments'"
    assert ask(reviewed) == [(stored["assignments"],)]


def _standing(project):
    """The people whom the loaded rows show to be there, whatever was made of them."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project / 'output' / 'wix.duckdb'}' as wix (read_only)")
        for statement in current_views(LOADED, "wix.raw_wix", "now"):
            connection.execute(statement)
        return set(connection.execute("select id from now.users where is_current").fetchall())


def _reviewed(project, name):
    """What the review and a campaign of a database hold: of the main one, or of the published copy."""
    database = project / "output" / f"{name}.duckdb"
    folder = project / f"from-{name}" / "Q"
    campaign = open_campaign(database, Opening(name="Q", folder=folder, by="ada"))
    frozen = [(folder / one).read_bytes() for one in (ITEMS, RECEIPTS, FINDINGS, ROLES)]
    assert campaign.items
    return frozen + [path.read_bytes() for path in write_review(database, project / f"from-{name}")]


def test_a_run_that_fails_leaves_every_row_standing(project, ask):
    """A failing page removes nobody, the next complete run sends what changed; the copy gives the same review."""
    world = World()
    with Sandbox(world) as sandbox:
        assert run_job(project, sandbox, "wix-to-duckdb").returncode == 0
        people = set(ask("select id from current_wix.users where is_current"))
        from_main, from_published = (_reviewed(project, name) for name in ("wix", "access"))
        assert from_published == from_main
        sandbox.faults.add(Fault.of("status", endpoint="search_team", status=403))
        failed = run_job(project, sandbox, "wix-to-duckdb")
        assert failed.returncode != 0
        assert "403 PERMISSION_DENIED" in failed.stderr + failed.stdout
        assert _standing(project) == people
        assert ask("select count(*) from raw_wix.change_log") == [(0,)]
        assert ask("select count(*), count(distinct error) from raw_wix.snapshots where status = 'refused'") == [(4, 1)]
        leaver = next(iter(world.main.people))
        with sandbox.lock:
            world.main.leave(leaver)
        assert run_job(project, sandbox, "wix-to-duckdb").returncode == 0
    assert set(ask("select id from current_wix.users where is_current")) == people - {(leaver,)}
    logged = ask("select record_key, change_type from raw_wix.change_log where stream_name = 'users'")
    assert logged == [(leaver, "removed")]
