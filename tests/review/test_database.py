"""Opening the database: every way in which it cannot be read says what to do."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import pytest

from tests.review.warehouse import make
from wix_access_review.contract import NEEDED
from wix_access_review.database import BUILD, reading
from wix_access_review.errors import ReviewError


def _error(path):
    with pytest.raises(ReviewError) as raised, reading(path):
        pass
    return str(raised.value)


def test_no_such_file(tmp_path):
    """A file that is not there is not made either."""
    path = tmp_path / "none.duckdb"
    assert _error(path) == f"there is no file {path}: name the DuckDB file that the pipeline wrote"
    assert not path.exists()


def test_a_folder(tmp_path):
    """A folder is no database."""
    assert _error(tmp_path) == f"{tmp_path} is a folder: name the DuckDB file in it"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n" * 1000])
def test_another_file(tmp_path, content):
    """A file of another kind, also an empty one, is named."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert _error(path) == f"{path} is not a DuckDB file: name the file that the pipeline wrote"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path):
    """Missing rights are named."""
    path = make(tmp_path / "secret.duckdb", {})
    path.chmod(0)
    assert _error(path) == f"{path} may not be read: run this as a user who may"


def test_a_file_in_use(tmp_path):
    """Another process that writes holds the lock: the error says to wait."""
    path = make(tmp_path / "busy.duckdb", {})
    hold = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        text = _error(path)
        holder.communicate()
    assert text.startswith(f"{path} is in use: wait until the pipeline, or the program that has it open, is done. ")


def test_models_that_are_not_built(tmp_path):
    """A database with the loaded tables alone says how to build the models."""
    path = tmp_path / "raw.duckdb"
    duckdb.connect(str(path)).close()
    assert _error(path) == f"the models are not built in {path} (schema access_wix): {BUILD}"


def test_a_model_that_is_missing(tmp_path):
    """A single table that is not there is named."""
    path = make(tmp_path / "part.duckdb", {})
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table access_wix.findings")
    assert _error(path) == f"there is no access_wix.findings in {path} (schema access_wix): {BUILD}"


def test_models_of_another_version(tmp_path):
    """A column that is not there is named, and extra ones do not matter."""
    path = make(tmp_path / "old.duckdb", {})
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table access_wix.people drop column is_external")
        connection.execute("alter table access_wix.people add column later text")
    assert (
        _error(path) == f"the models in {path} are from another version and lack access_wix.people.is_external: {BUILD}"
    )


@pytest.mark.parametrize("rows", [[], [{"is_whole": False}], [{}], [{"is_whole": True}, {"is_whole": False}]])
def test_models_of_two_builds(tmp_path, rows):
    """Nothing is shown unless the last build made everything."""
    path = make(tmp_path / "cut.duckdb", {"build": rows})
    assert _error(path) == (
        f"the models in {path} are not of one build: the last one is under way, was cut off, failed, or made only some "
        "of them. Run the whole `dbt build` again"
    )


def test_a_view_that_cannot_be_read(tmp_path):
    """What DuckDB says of a broken view is handed on, in one line."""
    path = make(tmp_path / "broken.duckdb", {})
    columns = ", ".join(f"null::{kind} as {name}" for name, kind in NEEDED["access_wix.people"].items())
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table access_wix.people; create table main.behind as select 1 as x")
        connection.execute(
            f"create view access_wix.people as select {columns} from main.behind; drop table main.behind"
        )
    with pytest.raises(ReviewError) as raised, reading(path) as connection:
        connection.execute("from access_wix.people")
    text = str(raised.value)
    assert text.startswith(f"the models in {path} cannot be read: {BUILD}. DuckDB says: ")
    assert "\n" not in text


def test_the_database_can_only_be_read(database):
    """Nothing can be changed in it, and nothing outside of it be read."""
    for statement in ("delete from access_wix.people", "from read_text('/etc/hostname')"):
        with pytest.raises(ReviewError, match="DuckDB says"), reading(database) as connection:
            connection.execute(statement)
