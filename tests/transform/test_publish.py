"""The published copy: the answers in a file of their own, swapped in whole."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from wix_access_review.contract import NEEDED, SCHEMA

SCRIPT = Path(__file__).parents[2] / "transform" / "publish.py"
SCHEMAS = ("made_of", "answers")


@pytest.fixture
def source(tmp_path):
    """A database with raw rows, a table that the answers are made of, and answers: a table, and views of views."""
    path = tmp_path / "main file.duckdb"
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw", *SCHEMAS):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw.users as select 'secret' as token")
        connection.execute("create table made_of.grants as select 1 as id, '{\"a\": 1}'::json as extra")
        connection.execute("create table answers.build as select true as is_whole")
        connection.execute("create table answers.people as select 1 as id, 'Ödön \"O\"' as name")
        view = "view answers.b as select name, extra{} from answers.people join made_of.grants using (id)"
        connection.execute(f"create {view.format('')}")
        connection.execute("create view answers.a as select name from answers.b")
        connection.execute(f"create or replace {view.format(', 2 as two')}")
    return path


def _publish(source, published, *schemas):
    command = [sys.executable, "-W", "error", str(SCRIPT), str(source), str(published), *(schemas or SCHEMAS)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _ask(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_answers_alone(source, tmp_path):
    """Tables and views of the answers, and the tables that they are made of; nothing raw, and no other file is left."""
    published = tmp_path / "access.duckdb"
    done = _publish(source, published)
    assert (done.returncode, done.stderr) == (0, "")
    assert _ask(published, "from answers.b") == [('Ödön "O"', '{"a": 1}', 2)]
    assert _ask(published, "from answers.a") == [('Ödön "O"',)]
    held = "select schema_name, table_name from duckdb_tables() union all "
    held += "select schema_name, view_name from duckdb_views() where not internal order by all"
    assert _ask(published, held) == [
        *(("answers", name) for name in ("a", "b", "build", "people")),
        ("made_of", "grants"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["access.duckdb", "main file.duckdb"]
    assert b"secret" not in published.read_bytes()


def test_current_rows_of_a_view(source, tmp_path):
    """Of a view that is named by itself the current rows are there, and nothing else of its schema."""
    with duckdb.connect(str(source)) as connection:
        connection.execute("create schema now; create view now.tokens as select token from raw.users")
        connection.execute(
            "create view now.sites as select *, 'S\"1' as name from (values (1, true), (2, false)) s(id, is_current)"
        )
    published = tmp_path / "access.duckdb"
    done = _publish(source, published, "now.sites", *SCHEMAS)
    assert (done.returncode, done.stderr) == (0, "")
    assert _ask(published, "from now.sites") == [(1, True, 'S"1')]
    assert _ask(published, "select table_name from duckdb_tables() where schema_name = 'now'") == [("sites",)]
    assert b"secret" not in published.read_bytes()


def test_the_job_publishes_what_the_review_reads():
    """Each table outside the answers that the review needs is named in the job's command."""
    utilities = yaml.safe_load((SCRIPT.parents[1] / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["utilities"]
    (command,) = (one["commands"]["publish"]["args"] for one in utilities if "publish" in one.get("commands", {}))
    needed = {table for table in NEEDED if not table.startswith(f"{SCHEMA}.")}
    assert needed == {name for name in command.split() if name.startswith("current_wix.")}


def test_who_reads_is_in_nobodys_way(source, tmp_path):
    """Whoever has the copy open goes on reading it while the next one is put in place, and the main file is written."""
    published = tmp_path / "access.duckdb"
    assert _publish(source, published).returncode == 0
    reading = duckdb.connect(str(published), read_only=True)
    with duckdb.connect(str(source)) as connection:
        connection.execute("update answers.people set name = 'new'")
    assert _publish(source, published).returncode == 0
    assert reading.execute("select name from answers.people").fetchall() == [('Ödön "O"',)]
    reading.close()
    assert _ask(published, "select name from answers.people") == [("new",)]


def test_its_mode(source, tmp_path):
    """A new copy is for its owner alone; the mode that somebody gave it stays."""
    published = tmp_path / "access.duckdb"
    for mode in (0o600, 0o640):
        assert _publish(source, published).returncode == 0
        assert stat.S_IMODE(published.stat().st_mode) == mode
        published.chmod(0o640)


@pytest.mark.parametrize("broken", ["missing", "not a database", "no such schema", "two builds", "no build"])
def test_a_source_that_cannot_be_read(source, tmp_path, broken):
    """A sentence, and the copy of before stays whole; so for one whose last build did not make everything."""
    published = tmp_path / "access.duckdb"
    assert _publish(source, published).returncode == 0
    before = published.read_bytes()
    if broken == "missing":
        source.unlink()
    elif broken == "not a database":
        source.write_text("text " * 9999)
    elif broken == "two builds":
        with duckdb.connect(str(source)) as connection:
            connection.execute("update answers.build set is_whole = false")
    elif broken == "no build":
        with duckdb.connect(str(source)) as connection:
            connection.execute("drop table answers.build")
    else:
        with duckdb.connect(str(source)) as connection:
            connection.execute("drop view answers.a; drop view answers.b; drop table answers.people")
            connection.execute("create view answers.c as select * from raw.users")
    done = _publish(source, published)
    assert done.returncode == 1
    assert done.stderr.startswith(f"The answers were not published, and {published} stays as it was: ")
    assert len(done.stderr.splitlines()) == 1
    assert published.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
