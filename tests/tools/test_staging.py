"""The parts of the dbt project that are made of the tables' declarations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import staging

PROJECT = Path(__file__).parents[2] / "transform"
FILES = staging.staging_files()


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_the_one_that_the_code_makes(path):
    """`python -m tools.staging transform` changes nothing."""
    assert (PROJECT / path).read_text(encoding="utf-8") == FILES[path]


def test_no_staging_model_is_left_over():
    """Each staging model is of a table that there is."""
    found = {str(path.relative_to(PROJECT)) for path in (PROJECT / "models/staging").iterdir()}
    assert found == {path for path in FILES if path.startswith("models/")}


def test_they_are_written_into_a_dbt_project(tmp_path, capsys):
    """The command writes every file into the folder of a dbt project, and into no other folder."""
    assert staging.main([str(tmp_path)]) == 2
    assert "usage" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "dbt_project.yml").touch()
    assert staging.main([str(tmp_path)]) == 0
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert written == {**FILES, "dbt_project.yml": ""}
