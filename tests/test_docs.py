"""What the documents say is so: settings, queries, messages, links, and the tests that hold the promises."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from tap_wix_users.settings import Settings, settings_schema
from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import TABLES
from tap_wix_users.tap import TapWixUsers
from tap_wix_users.warehouse import current
from tap_wix_users.wix import endpoints
from tap_wix_users.wix.errors import Endpoint
from tests.transform import questions
from tests.transform.demo import demo_warehouse
from tests.transform.warehouse import Warehouse
from tools import settings_page
from tools.dictionary import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGES = ("tap_wix_users", "wix_sandbox", "wix_access_review", "wix_demo", "target_duckdb_bulk")
README, GUARANTEES, DICTIONARY = ROOT / "README.md", ROOT / "docs" / "guarantees.md", ROOT / "docs" / "tables.md"
QUESTIONS, TABLE_QUESTIONS = ROOT / "docs" / "questions.md", ROOT / "docs" / "table-questions.md"
REAL_ACCOUNT, TROUBLESHOOTING = ROOT / "docs" / "real-account.md", ROOT / "docs" / "troubleshooting.md"
DASHBOARDS, WAREHOUSES = ROOT / "docs" / "dashboards.md", ROOT / "docs" / "warehouses.md"
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
NAMES = [table.name for table in TABLES] + [ChangeRow.table, ReceiptRow.table]
FOREIGN = {
    "Broken pipe",
    "ConnectError",
    "Constraint Error: Duplicate key",
    "duplicate key value violates unique constraint",
    "Extractor failed",
    "Check failed: stg_wix__users rows_match_receipt",
    "IO Error: Could not set lock on file",
    "JSONDecodeError",
    "Loader failed",
    "No space left on device",
    "No such file or directory",
    "SIGTERM",
}
"""What the page on troubleshooting quotes of Meltano, dbt, the targets, httpx and the system."""


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _every_page() -> str:
    return "\n".join(map(_text, PAGES))


def _section(page: Path, heading: str) -> str:
    """The text under a second-level heading."""
    _, found, rest = _text(page).partition(f"\n## {heading}\n")
    assert found
    return rest.partition("\n## ")[0]


def _rows(table: str) -> list[list[str]]:
    """The cells of a Markdown table, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


# --- The data dictionary and the settings ---


def test_the_dictionary_is_the_one_that_the_code_makes():
    """`docs/tables.md` is what `python -m tools.dictionary` writes."""
    assert _text(DICTIONARY) == dictionary()


def test_the_settings_are_those_of_the_code():
    """`docs/settings.md` is what `python -m tools.settings_page` writes: every setting, its default and its words."""
    page = settings_page.page()
    assert _text(ROOT / "docs" / "settings.md") == page
    assert [row[0] for row in _rows(page)] == [f"`{name}`" for name in Settings.model_fields]


def test_the_readme_fits_two_screens():
    """What the project is, the two commands, a picture, a real account, and links: everything else is in `docs/`."""
    assert README.stat().st_size <= 6_000
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", _text(README)))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} == linked


def test_meltano_knows_the_settings():
    """`meltano.yml` declares exactly the settings of the code, alike in every respect; the key is sensitive."""
    kinds = {"number": "string", "integer": "string"}
    schema = settings_schema()
    TapWixUsers.append_builtin_config(schema)
    expected = []
    for name, declared in schema["properties"].items():
        setting = {"name": name, "label": declared["title"], "description": declared["description"]}
        types = declared["type"] if isinstance(declared["type"], list) else [declared["type"]]
        setting["kind"] = kinds.get(types[0], types[0])
        if "default" in declared:
            setting["value"] = declared["default"]
        if declared.get("secret"):
            setting["sensitive"] = True
        expected.append(setting)
    (tap,) = yaml.safe_load(_text(ROOT / "meltano.yml"))["plugins"]["extractors"]
    assert tap["settings"] == expected


def test_the_permissions_are_named():
    """The table names each permission as the error for a missing permission does."""
    asked = [endpoint for endpoint in vars(endpoints).values() if isinstance(endpoint, Endpoint)]
    permissions = {endpoint.permission for endpoint in asked} | {endpoints.GET_ACCOUNT_PERMISSION}
    assert len(asked) >= 6
    section = _section(REAL_ACCOUNT, "Get an API key")
    assert [permission for permission in permissions if not permission or permission not in section] == []


# --- The queries, run on what the tap wrote ---


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """What the demo's first two runs leave: 30 days lie between them."""
    return demo_warehouse(tmp_path_factory.mktemp("warehouse"))


@pytest.fixture(scope="module")
def warehouse(stored: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to it."""
    with duckdb.connect(str(stored.path), read_only=True) as connection:
        yield connection


def test_the_answers_to_the_questions(stored):
    """`docs/questions.md` says what the warehouse answers; `python -m tests.transform.questions` writes it anew."""
    assert len(questions.questions()) == 30
    assert questions.answered(_text(QUESTIONS), stored) == _text(QUESTIONS)


def test_the_dashboards_on_the_published_copy(stored, tmp_path):
    """Each query that `docs/dashboards.md` names has the answer that is kept beside it, in a copy opened read-only."""
    named = sorted(re.findall(r"examples/dashboards/([\w-]+\.sql)", _text(DASHBOARDS)))
    assert named == sorted(path.name for path in questions.DASHBOARDS.glob("*.sql"))
    copy = tmp_path / "access.duckdb"
    command = [sys.executable, str(ROOT / "transform/publish.py"), str(stored.path), str(copy)]
    subprocess.run([*command, "intermediate_wix", "access_wix"], check=True, timeout=300)
    published = Warehouse(copy)
    assert [answer for _, answer in questions.dashboards()] == [
        questions.undated(questions.as_table(*published.answer(query))) for query, _ in questions.dashboards()
    ]
    assert len(named) == 6


def test_the_views_without_dbt(stored, tmp_path):
    """The command that is given makes views of the same rows as dbt's tables."""
    assert "python -m tap_wix_users.warehouse.current raw_wix current_wix > output/views.sql" in _text(REAL_ACCOUNT)
    copy = Warehouse(Path(shutil.copy(stored.path, tmp_path / "wix.duckdb")))
    copy.execute(_views("other_wix"))
    for name in NAMES[:-2]:
        columns = "account_id, observed_at, snapshot_at, is_current, removed_after, removed_before"
        made = [copy.ask(f"select {columns} from {schema}_wix.{name} order by all") for schema in ("other", "current")]
        assert made[0] == made[1]
        assert made[0]


def _views(schema: str) -> str:
    """What the command prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert current.main(["raw_wix", schema, *NAMES[:-2]]) == 0
    return printed.getvalue()


def _blocks(page: Path) -> list[Any]:
    """The queries of a page, each with the words that follow it."""
    found = re.findall(r"^```sql\n(.*?)^```\n\n(.*?)$", _text(page), re.MULTILINE | re.DOTALL)
    return [pytest.param(query, words, id=f"{page.stem}-{number}") for number, (query, words) in enumerate(found)]


@pytest.mark.parametrize(("query", "answer"), _blocks(TABLE_QUESTIONS))
def test_a_query_of_a_table(query, answer, warehouse):
    """It runs, and gives as many rows as the page says."""
    number = answer.split(" ", 1)[0].rstrip(",")
    said = {"No": 0, "One": 1}.get(number) if not number.isdecimal() else int(number)
    assert len(warehouse.execute(query).fetchall()) == said


@pytest.mark.parametrize(("query", "_after"), _blocks(GUARANTEES))
def test_a_receipt_can_be_checked(query, _after, warehouse):
    """Each query that an auditor is given says that the warehouse agrees with the receipts."""
    result = warehouse.execute(query)
    columns = [column[0] for column in result.description]
    rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    assert rows
    assert [row for row in rows if row["agrees"] is not True] == []


def test_a_check_notices_what_is_wrong(warehouse, tmp_path):
    """The same queries, asked of the loaded rows, report a lost row, and a row in the place of another."""
    assert "put [views](warehouses.md#the-views-without-dbt) in their place" in _text(GUARANTEES)
    assert "`drop schema current_wix cascade` first" in _text(WAREHOUSES)
    path = tmp_path / "damaged.duckdb"
    with duckdb.connect() as connection:
        (source,) = warehouse.execute("select path from duckdb_databases() where not internal").fetchone()
        connection.execute(f"attach '{source}' as whole (read_only)")
        connection.execute(f"attach '{path}' as damaged")
        connection.execute("copy from database whole to damaged")
        connection.execute("use damaged")
        connection.execute(f"drop schema current_wix cascade; {_views('current_wix')}")
        connection.execute("delete from raw_wix.sites where id = (select min(id) from raw_wix.sites)")
        connection.execute("update raw_wix.users set id = 'somebody' where id = (select min(id) from raw_wix.users)")
        users, assignments, counts = (connection.execute(block.values[0]).fetchall() for block in _blocks(GUARANTEES))
    assert [row[-1] for row in users] == [False]
    assert [row[-1] for row in assignments] == [True]
    assert [row[0] for row in counts if not row[-1]] == ["sites"]


def test_every_table_answers_a_question():
    """There is a question for each table, in the order of the dictionary."""
    assert re.findall(r"^## `(\w+)`: .*\?$", _text(TABLE_QUESTIONS), re.MULTILINE) == NAMES


# --- Messages, commands, links ---


@cache
def _words_of_the_code() -> str:
    """All text constants of the package."""
    modules = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    nodes = (node for module in modules for node in ast.walk(ast.parse(_text(module))))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return "\n".join(value for value in constants if isinstance(value, str))


def _messages() -> list[str]:
    return [row[0] for row in _rows(_text(TROUBLESHOOTING))]


@pytest.mark.parametrize("cell", _messages())
def test_a_message_that_is_explained_is_one_that_is_printed(cell):
    """The code has every message that the page quotes, apart from inserted names and numbers."""
    quotes = [double or single for double, single in re.findall(r"``(.+?)``(?!`)|`([^`]+)`", cell)]
    assert quotes
    for quote in quotes:
        known = quote
        for foreign in FOREIGN:
            known = known.replace(foreign, "…")
        pieces = [piece.strip() for piece in re.split(r"…|`|\d+", known)]
        assert [piece for piece in pieces if piece.strip(":. ") and piece not in _words_of_the_code()] == []


def test_every_make_target_exists():
    """No page speaks of a `make` target that is not there."""
    targets = re.findall(r"^([\w-]+):.*##", _text(ROOT / "Makefile"), re.MULTILINE)
    named = re.findall(r"(?:^|`)make ([\w-]+)", _every_page(), re.MULTILINE)
    assert {"demo", "test", "install"} <= set(named) <= set(targets)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Each relative link leads to a file, and its anchor to a heading."""
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", _text(page)):
        if "://" in target:
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.is_file(), target
        assert not anchor or anchor in _anchors(found), anchor


OTHERS = re.compile(
    r"\b(?:[p]ypi|[p]ythonhosted|[n]pmjs|[c]rates|[a]naconda|[g]olang)\.(?:org|io|com)\b"  # package registries
    r"|/(?:[w]ork|[r]oot|[U]sers|[h]ome)/\w|/[t]mp/\w"  # paths of one machine
)


def test_nothing_is_about_one_machine():
    """No file of the project names a package registry's host or a path of the machine that it was written on."""
    listed = ["git", "ls-files", "-z"]
    try:
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, names.split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in content:
            found += [f"{name}: {match[0]}" for match in OTHERS.finditer(content.decode())]
    assert found == []


# --- The promises ---


@cache
def _defined(module: Path) -> set[str]:
    """Names of the tests in a module: functions, classes, and functions in classes."""
    names = set()
    for node in ast.parse(_text(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return names


@pytest.mark.parametrize("number", range(1, 13))
def test_a_promise_names_its_tests(number):
    """Each of the twelve promises says what it rests on, and names tests, which exist."""
    sections = re.findall(rf"^### {number}\. .+?(?=^##)", _text(GUARANTEES), re.MULTILINE | re.DOTALL)
    assert len(sections) == 1
    assert "*Rests on*" in sections[0]
    assert "::" in sections[0].partition("*Tested in*")[2]


def test_every_test_that_is_named_exists():
    """No page names a test that is not there."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::([\w:]+))?`", _every_page())
    assert len(named) > 11
    missing = []
    for module, test in named:
        path = ROOT / module
        if not path.is_file() or (test and test not in _defined(path)):
            missing.append(f"{module}::{test}")
    assert missing == []


def test_every_file_that_is_named_exists():
    """Each module that a page names in passing is there."""
    named = re.findall(r"`((?:\w+/)*\w+\.py)`", _every_page())
    places = [ROOT, ROOT / "tap_wix_users", ROOT / "examples" / "operations", ROOT / "benchmarks"]
    assert [name for name in named if not any((place / name).is_file() for place in places)] == []
