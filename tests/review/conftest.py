"""The review of the story, written once for each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.review.warehouse import make, story
from wix_access_review.database import reading
from wix_access_review.overview import Review, read_review
from wix_access_review.report import write_review

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the story."""
    return make(tmp_path_factory.mktemp("review") / "wix.duckdb", story())


@pytest.fixture(scope="session")
def written(database: Path) -> Path:
    """The folder with the story's review."""
    folder = database.parent / "out"
    write_review(database, folder)
    return folder


@pytest.fixture(scope="session")
def review(database: Path) -> Review:
    """What the page of the story shows."""
    with reading(database) as connection:
        return read_review(connection)
