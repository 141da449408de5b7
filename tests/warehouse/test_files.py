"""Files of JSON lines as tables: the last row of each key, typed as the tables are declared."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

import duckdb
import pytest

from tap_wix_users.tables.models import ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import TABLES
from tap_wix_users.warehouse.files import main, table_statements

BEFORE, AFTER = "2026-11-01T08:00:00.000000Z", "2026-11-02T08:00:00.123456Z"
ASSIGNMENT = {
    "account_id": "a", "user_id": "u", "assignment_key": "7261756085890000001", "role_id": "6601492336091027458",
    "asset_type": "site", "restrictions": {"site": {"id": "s", "value": "It's \"Å\"\n"}}, "observed_at": BEFORE,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Two runs wrote two rows of one key; the second run's clock was set back."""
    folder = tmp_path / "it's here"
    folder.mkdir()
    rows = [
        {**ASSIGNMENT, "asset_name": "old", "snapshot_at": AFTER},
        {**ASSIGNMENT, "asset_name": "", "snapshot_at": BEFORE, "observed_at": AFTER},
    ]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / "assignments.jsonl").write_text(text, encoding="utf-8")
    return folder


def _asked(statements, query):
    with duckdb.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        return connection.execute(query).fetchall()


def test_the_last_row_of_a_key(folder):
    """The last one that was written, whatever its time; ids are text, times are times, objects are JSON."""
    columns = "assignment_key, role_id, asset_name, restrictions ->> '$.site.value', site_id, observed_at"
    (row,) = _asked(table_statements(folder, "raw"), f"select {columns} from raw.assignments")
    observed_at = dt.datetime.fromisoformat(AFTER).replace(tzinfo=None)
    assert row == ("7261756085890000001", "6601492336091027458", "", 'It\'s "Å"\n', None, observed_at)


def test_versions(folder):
    """With `history`, the last one of each version."""
    query = "select asset_name from raw.assignments order by observed_at"
    assert _asked(table_statements(folder, "raw", history=True), query) == [("old",), ("",)]


def test_files_that_are_not_there(tmp_path):
    """Every table is there all the same, empty and with the same columns."""
    names = [*(table.name for table in TABLES), ChangeRow.table, ReceiptRow.table]
    counts = " union all ".join(f"select '{name}', count(*) from raw.{name}" for name in names)
    assert _asked(table_statements(tmp_path, "raw"), counts) == [(name, 0) for name in names]


@pytest.mark.slow
def test_the_command(folder):
    """It prints the statements."""
    command = [sys.executable, "-m", "tap_wix_users.warehouse.files", str(folder), "raw"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert printed == "".join(f"{one};\n" for one in table_statements(folder, "raw"))


@pytest.mark.parametrize("arguments", [[], ["."], ["nowhere", "raw"], [".", "raw; drop"], [".", "raw", "histories"]])
def test_a_wrong_command(arguments, capsys):
    """Anything else prints how it is used."""
    assert main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m tap_wix_users.warehouse.files FOLDER SCHEMA [history]\n"
