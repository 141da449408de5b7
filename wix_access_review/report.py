"""The review as three files: the page to look at, and the table to certify as CSV and as XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wix_access_review.database import reading
from wix_access_review.files import drafts, naming
from wix_access_review.overview import read_review
from wix_access_review.page import render
from wix_access_review.sheets import review_rows, write_csv, write_xlsx

if TYPE_CHECKING:
    from pathlib import Path


def write_review(database: Path | str, folder: Path, title: str | None = None) -> list[Path]:
    """Write the page and the two tables, all three or none.

    Args:
        database: The DuckDB file, or the address of a Postgres database.
        folder: Where to; made when it is not there.
        title: The review's title; by default it names the accounts.

    Returns:
        The paths of the page, the CSV and the XLSX.

    Raises:
        ReviewError: The database cannot be read, or a file cannot be written.
    """
    paths = [folder / f"access-review.{suffix}" for suffix in ("html", "csv", "xlsx")]
    with reading(database) as connection:
        review = read_review(connection, title)
        with naming(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with drafts(paths) as (page, csv, xlsx):
                page.write_text(render(review), encoding="utf-8", newline="\n")
                write_csv(csv, review_rows(connection))
                as_of = review.as_of[1] if review.as_of else None
                write_xlsx(xlsx, review_rows(connection), title=review.title, as_of=as_of)
    return paths
