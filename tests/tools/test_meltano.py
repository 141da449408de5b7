"""The tap's settings in the project file, made of what the code declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import meltano

PROJECT = (Path(__file__).parents[2] / "meltano.yml").read_text(encoding="utf-8")


def test_the_settings_are_those_that_the_code_declares():
    """`python -m tools.meltano meltano.yml` changes nothing."""
    assert meltano.with_settings(PROJECT) == PROJECT


def test_they_are_written_into_the_project_file(tmp_path, capsys):
    """What was changed by hand comes back, and nothing else of the file changes; any other file is refused."""
    path = tmp_path / "meltano.yml"
    assert meltano.main([str(path)]) == 2
    assert "usage" in capsys.readouterr().err
    path.write_text(PROJECT.replace("    - name: page_size\n", "    - name: size_of_page\n"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != PROJECT
    assert meltano.main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == PROJECT
    with pytest.raises(LookupError):
        meltano.with_settings("plugins: {}\n")
