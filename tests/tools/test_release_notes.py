"""What a release says, and what keeps one from being made."""

from __future__ import annotations

import pytest

from tools import release_notes

PROJECT = """\
[project]
version = "1.2.0"
[project.urls]
Repository = "https://example.org/tap"
"""
CHANGELOG = """\
# Changelog

## [Unreleased]

- Later.

## [1.2.0] - 2026-12-01

### Added

- A thing.

## [1.1.0] - 2026-11-01

- Another.
"""


@pytest.fixture
def project(tmp_path):
    """A project that is ready to be released as 1.2.0."""
    (tmp_path / "tests" / "releases" / "1.2.0").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_notes():
    """The notes are the version's own section, and nothing of its neighbours."""
    assert release_notes.notes("1.2.0", CHANGELOG) == "### Added\n\n- A thing.\n"
    assert release_notes.notes("1.1.0", CHANGELOG) == "- Another.\n"
    assert release_notes.notes("1.2", CHANGELOG) == ""


def test_a_release_that_fits(project):
    """Nothing speaks against a version that is declared, described and kept."""
    assert list(release_notes.problems("1.2.0", project)) == []


def test_what_is_missing_is_named(project):
    """A tag of another version, no repository, no section and no kept formats: a sentence each."""
    (project / "pyproject.toml").write_text(PROJECT.partition("[project.urls]")[0])
    problems = list(release_notes.problems("1.3.0", project))
    assert [problem.partition(" ")[0] for problem in problems] == ["pyproject.toml"] * 2 + ["CHANGELOG.md", "The"]


def test_the_project_is_not_published_yet(capsys):
    """The repository has no address yet, so the command refuses to release it, and says why."""
    assert release_notes.main(["0.1.0"]) == 1
    assert capsys.readouterr().err.startswith("pyproject.toml has no [project.urls] with `Repository`")
