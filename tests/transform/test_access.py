"""Who has access to what: `access`, `access_grants`, `people`, `access_review` and `access_facets`."""

from __future__ import annotations

import datetime as dt
import re
import shutil

import pytest

from tests.dbt import run_dbt
from tests.transform.scenario import NAMES, Account, store
from tests.transform.warehouse import Warehouse

MANAGER, OWNER, WRITER = "6600344420111308827", "6601492336091027458", "7000000000000000001"
FIRST = dt.datetime(2026, 11, 1, 8, 1)  # noqa: DTZ001  # UTC, as the warehouse has it


def _studio() -> Account:
    studio = Account("studio").add("accounts", name="Studio", owner_user_id="ann")
    studio.role(OWNER, "Owner").role(MANAGER, "Website Manager").role(WRITER, "Blog writer", "custom")
    studio.add("folders", id="f1", name="Clients", path="/Clients")
    studio.add("folders", id="f2", name="North", path="/Clients/North", parent_id="f1")
    studio.add("sites", id="s1", display_name="Shop", folder_id="f1")
    studio.add("sites", id="s2", display_name="Hotel", folder_id="f2")
    studio.add("sites", id="s3", name="blog-3")
    studio.user("ann", "Ann Ace", "ann@studio.example").holds("ann", "a1", OWNER).holds("ann", "a2", OWNER, "site:s1")
    studio.user("ben", "Ben", "ben@agency.example").holds("ben", "b1", MANAGER, "folder:f1")
    studio.user("cy", email="cy@studio.example").holds("cy", "c1", MANAGER, "folder:f2")
    studio.user("dee", "Dee Dim").holds("dee", "d1", WRITER, "site:s3").holds("dee", "d2", WRITER, "site_resource:s3")
    studio.user("eve").holds("eve", "e1", MANAGER, "unknown").holds("eve", "e2", WRITER, "site:gone")
    studio.user("fay", "Fay", "fay@studio.example")
    studio.invite("i1", "gus@agency.example", (MANAGER, "site:s1"), date_created="2026-10-30T08:00:00.000000Z")
    studio.invite("i2", "old@agency.example", (MANAGER, "site:s1"), status="Used")
    studio.add("site_contributors", site_id="s3", contributor_account_id="0ther-account")
    studio.add("site_contributors", site_id="s2", contributor_account_id="quiet-account")
    studio.add("site_contributor_roles", site_id="s3", contributor_account_id="0ther-account", role_id=WRITER)
    return studio.read(1, "users", expected_count=6).read(1, "invites", expected_count=3).read(
        1, *(name for name in NAMES if name not in {"users", "invites"})
    )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A studio, an account without anything, and one that was never read."""
    warehouse = Warehouse(tmp_path_factory.mktemp("access") / "wix.duckdb")
    empty = Account("empty").read(1)
    never = Account("never").read(1, status="failed", error="Wix could not be reached: run again.")
    store(warehouse, _studio(), empty, never)
    built = warehouse.build()
    assert (built.code, built.failed()) == (0, [])
    return warehouse


def test_effective_access(warehouse):
    """A role on the account reaches every site, on a folder the sites below it, and each way is counted."""
    query = (
        "select person_type, person_id, site_name, role_title, via, asset_type, ways, is_pending, is_privileged "
        "from access_wix.access order by all"
    )
    assert warehouse.ask(query) == [
        ("contributor", "0ther-account", "blog-3", "Blog writer", "contributor", "site", 1, False, False),
        ("contributor", "quiet-account", "Hotel", None, "contributor", "site", 1, False, None),
        ("invite", "i1", "Shop", "Website Manager", "site", "site", 1, True, False),
        ("member", "ann", "Hotel", "Owner", "account", "account", 1, False, True),
        ("member", "ann", "Shop", "Owner", "account", "account", 2, False, True),
        ("member", "ann", "blog-3", "Owner", "account", "account", 1, False, True),
        ("member", "ben", "Hotel", "Website Manager", "folder", "folder", 1, False, False),
        ("member", "ben", "Shop", "Website Manager", "folder", "folder", 1, False, False),
        ("member", "cy", "Hotel", "Website Manager", "folder", "folder", 1, False, False),
        ("member", "dee", "blog-3", "Blog writer", "site", "site", 2, False, False),
        ("member", "eve", "the gone", "Blog writer", "site", "site", 1, False, False),
        ("member", "eve", None, "Website Manager", "unknown", "unknown", 1, False, False),
    ]


def test_one_row_per_person_site_and_role(warehouse):
    """No two rows of `access` are the same person, site and role."""
    key = "account_id, person_type, person_id, site_id, role_id"
    assert warehouse.ask(f"select {key} from access_wix.access group by {key} having count(*) > 1") == []


def test_people(warehouse):
    """Members, open invites and outside accounts; outside is whoever is not of the owner's domain."""
    query = (
        "select person_type, person, email_domain, is_external, grant_count, privileged_count, role_strength "
        "from access_wix.people order by all"
    )
    assert warehouse.ask(query) == [
        ("contributor", "Outside account 0ther-ac", None, True, 1, 0, 20),
        ("contributor", "Outside account quiet-ac", None, True, 1, 0, None),
        ("invite", "gus@agency.example", "agency.example", True, 1, 0, 50),
        ("member", "Ann Ace", "studio.example", False, 2, 2, 100),
        ("member", "Ben", "agency.example", True, 1, 0, 50),
        ("member", "Dee Dim", None, None, 2, 0, 20),
        ("member", "Fay", "studio.example", False, 0, 0, None),
        ("member", "cy@studio.example", "studio.example", False, 1, 0, 50),
        ("member", "eve", None, None, 2, 0, 50),
    ]


def test_variables(tmp_path):
    """They say which domains are the company's, and whether a role on a folder reaches the folders inside it."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    store(warehouse, _studio())
    variables = "{company_domains: [Agency.example], nested_folders: false}"
    assert warehouse.build("--select", "+wix_access.access", "--vars", variables).code == 0
    query = "select person_id from access_wix.people where is_external and person_type = 'member' order by all"
    assert warehouse.ask(query) == [("ann",), ("cy",), ("fay",)]
    query = "select person_id, site_name from access_wix.access where via = 'folder' order by all"
    assert warehouse.ask(query) == [("ben", "Shop"), ("cy", "Hotel")]


def test_one_domain_as_a_text(tmp_path):
    """`company_domains: example.com` means that domain, as a list of it does; a quote in it harms nobody."""
    variables = '{company_domains: "O\'Brien.example"}'
    target, database = tmp_path / "target", str(tmp_path / "wix.duckdb")
    chosen = ("--select", "int_wix__people_ever", "--vars", variables)
    done = run_dbt("compile", *chosen, target=target, WIX_DUCKDB=database)
    assert done.returncode == 0, done.stdout
    (compiled,) = (target / "compiled").rglob("int_wix__people_ever.sql")
    assert re.findall(r"select distinct account_id, '(.*)' as domain", compiled.read_text()) == ["o''brien.example"]


def test_the_review(warehouse):
    """One row for each grant, with the receipt that proves the list, and room for the reviewer."""
    query = (
        "select person, email, asset, role, privileged, via, pending, granted_after, granted_before, last_seen, "
        "receipt_proof, receipt_row_count, reviewer, decision, decided_on, justification "
        "from access_wix.access_review where person_id in ('ann', 'cy', 'eve', 'i1') order by review_item"
    )
    rest = (None, FIRST, FIRST, "count")
    blank = (None, None, None, None)
    assert warehouse.ask(query) == [
        ("Ann Ace", "ann@studio.example", "the whole account", "Owner", True, "account", False, *rest, 8, *blank),
        ("Ann Ace", "ann@studio.example", "site the s1", "Owner", True, "site", False, *rest, 8, *blank),
        ("cy@studio.example", "cy@studio.example", "folder the f2", "Website Manager", False, "folder", False, *rest, 8,
         *blank),
        ("eve", None, "something that cannot be read", "Website Manager", False, "unknown", False, *rest, 8, *blank),
        ("eve", None, "site the gone", "Blog writer", False, "site", False, *rest, 8, *blank),
        ("gus@agency.example", "gus@agency.example", "site the s1", "Website Manager", False, "site", True, *rest, 2,
         *blank),
    ]  # fmt: skip
    assert warehouse.ask("select count(*), count(distinct review_item) from access_wix.access_review") == [(11, 11)]


def test_facets(warehouse):
    """Counts per value, next to those of Wix: the members agree with it, and the invites do not."""
    query = (
        "select facet, value, item_count, facet_total, expected_count, agrees from access_wix.access_facets "
        "where account_id = 'studio' order by all"
    )
    assert warehouse.ask(query) == [
        ("asset_type", "account", 1, 8, None, None),
        ("asset_type", "folder", 2, 8, None, None),
        ("asset_type", "site", 3, 8, None, None),
        ("asset_type", "site_resource", 1, 8, None, None),
        ("asset_type", "unknown", 1, 8, None, None),
        ("email_domain", "(none)", 2, 6, 6, True),
        ("email_domain", "agency.example", 1, 6, 6, True),
        ("email_domain", "studio.example", 3, 6, 6, True),
        ("invite_status", "Pending", 1, 2, 3, False),
        ("invite_status", "Used", 1, 2, 3, False),
        ("role", MANAGER, 3, 6, None, None),
        ("role", OWNER, 1, 6, None, None),
        ("role", WRITER, 2, 6, None, None),
    ]


def test_how_complete_it_is(warehouse):
    """The receipts say of each table how its newest read went, and what the latest complete one saw."""
    query = (
        "select account_name, status, is_complete, complete_row_count, complete_finished_at, error "
        "from access_wix.latest_receipts where stream_name = 'users' order by account_id"
    )
    assert warehouse.ask(query) == [
        ("empty", "complete", True, 0, FIRST, None),
        ("never", "failed", False, None, None, "Wix could not be reached: run again."),
        ("Studio", "complete", True, 6, FIRST, None),
    ]


def test_a_loader_that_drops_or_doubles_rows(tmp_path):
    """The build fails: as many rows are current as the receipts say, each once, or no answer is made of them."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    store(warehouse, _studio())
    warehouse.execute("delete from raw_wix.sites where id = 's3'")
    warehouse.execute("insert into raw_wix.folders from raw_wix.folders where id = 'f2'")
    built = warehouse.build()
    assert built.code == 1
    assert [name for name in built.failed() if "(" in name] == [
        "stg_wix__folders rows_match_receipt (folders)",
        "stg_wix__folders unique (account_id, id)",
        "stg_wix__folders unique (account_id, id, observed_at, snapshot_at)",
        "stg_wix__sites rows_match_receipt (sites)",
    ]
    made = {name for name, status in built.statuses.items() if status == "success"}
    assert [name for name in made if name.startswith(("int_wix__", "wix__access", "wix__people"))] == []


def test_every_kind_of_check_fires(tmp_path, told):
    """Each is reported by its name, its model and its columns."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    shutil.copy(told.path, warehouse.path)
    for fault in (
        "insert into access_wix.persons from access_wix.persons limit 1",
        "update access_wix.findings set explanation = null",
        "update access_wix.access_grants set via = 'by magic' where via = 'folder'",
        "insert into access_wix.access_reach (account_id, scope_key, site_id) values ('a', 'account', 'nowhere')",
        "delete from access_wix.people where account_id = 'promoted' and person_id = 'up'",
        "delete from access_wix.access_review where account_id = 'promoted' and person_id = 'ann'",
    ):
        warehouse.execute(fault)
    built = warehouse.dbt("test", "--select", "what_was_made")
    assert built.code == 1
    assert built.failed() == [
        "wix__access_grants accepted (via)",
        "wix__access_grants belongs_to_person ()",
        "wix__access_reach refers_to (site_id)",
        "wix__access_review one_row_per_grant ()",
        "wix__findings not_null (explanation)",
        "wix__persons unique (person_key)",
    ]


def test_tables_and_columns_that_were_not_selected(tmp_path):
    """What is not there is empty or null, and never an error."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    store(warehouse, _studio())
    for table in NAMES:
        if table not in {"users", "assignments"}:
            warehouse.execute(f"drop table raw_wix.{table}")
    warehouse.execute("alter table raw_wix.users drop column first_name")
    warehouse.execute("alter table raw_wix.users drop column extra")
    warehouse.execute("delete from raw_wix.snapshots where stream_name not in ('users', 'assignments')")
    built = warehouse.build()
    assert (built.code, built.failed()) == (0, [])
    query = "select person, asset, role from access_wix.access_review where person_id in ('ann', 'ben') order by all"
    assert warehouse.ask(query) == [
        ("Ace", "site the s1", OWNER),
        ("Ace", "the whole account", OWNER),
        ("ben@agency.example", "folder the f1", MANAGER),
    ]
    assert warehouse.ask("select count(*) from access_wix.findings where rule like 'gone%'") == [(0,)]


def test_times_with_a_zone(tmp_path):
    """What a target stores with a zone is the same time in UTC without one, whatever the zone of the session."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    store(warehouse, _studio())
    warehouse.execute("alter table raw_wix.users alter column joined_team_at type timestamptz")
    warehouse.execute("update raw_wix.users set joined_team_at = timestamptz '2020-01-01 10:00:00+02'")
    assert warehouse.build("--select", "stg_wix__users", "+stg_wix__users", "--exclude", "test_type:data").code == 0
    joined = "set timezone = 'Asia/Tokyo'; select distinct joined_team_at from current_wix.users"
    assert warehouse.ask(joined) == [(dt.datetime(2020, 1, 1, 8),)]  # noqa: DTZ001  # UTC, as the warehouse has it


def test_nothing_was_ever_loaded(tmp_path):
    """Without a single table everything is built, and empty."""
    warehouse = Warehouse(tmp_path / "wix.duckdb")
    built = warehouse.build()
    assert (built.code, built.failed()) == (0, [])
    tables = ("access", "access_review", "findings", "people", "latest_receipts", "access_history", "access_facets")
    assert [warehouse.ask(f"select count(*) from access_wix.{name}") for name in tables] == [[(0,)]] * len(tables)
