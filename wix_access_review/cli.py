"""`wix-access-review`: writes the access review of a DuckDB file."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.files import drafts
from wix_access_review.page import render
from wix_access_review.shape import read_review
from wix_access_review.sheets import review_rows, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = """\
Write the access review of a DuckDB file: one HTML page to look at, which needs no network and no server, and the
table to certify as CSV and XLSX. It reads the dbt models (schema access_wix) and changes nothing in the database.
"""
_DEFUSED = (
    "In the CSV and the XLSX an apostrophe stands before text that begins with = + - @, a tab or a line break, "
    "so that no program takes it for a formula."
)
_SYSTEM = {
    errno.ENOSPC: "the disk is full: free some space, or name another --output",
    errno.EDQUOT: "the quota is used up: free some space, or name another --output",
    errno.EFBIG: "the file would be larger than this system allows: name another --output",
    errno.EACCES: "it may not be written: name another --output, or run this as a user who may",
    errno.EROFS: "the file system is read-only: name another --output",
    errno.EEXIST: "it is a file: name a folder",
    errno.ENOTDIR: "it is not a folder: name a folder",
    errno.EISDIR: "there is a folder of that name: remove it, or name another --output",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the review, and print the paths.

    Returns:
        The exit code: 0 when all is written, 1 when it is not or nobody reads the paths. Wrong options exit with 2.
    """
    options = _parser().parse_args(arguments)
    try:
        paths = write_review(options.database, options.output or options.database.parent, options.title)
        print_paths(paths)
    except ReviewError as error:
        sys.stderr.write(f"wix-access-review: error: {error}\n")
        return 1
    except BrokenPipeError:
        # The files are written; without this the interpreter complains once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def write_review(database: Path, folder: Path, title: str | None = None) -> list[Path]:
    """Write the page and the two tables, all three or none.

    Args:
        database: The DuckDB file.
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
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with drafts(paths) as (page, csv, xlsx):
                page.write_text(render(review), encoding="utf-8", newline="\n")
                write_csv(csv, review_rows(connection))
                as_of = review.as_of[1] if review.as_of else None
                write_xlsx(xlsx, review_rows(connection), title=review.title, as_of=as_of)
        except OSError as error:
            raise ReviewError(f"{folder}: {_why(error)}") from error
    return paths


def _why(error: OSError) -> str:
    return _SYSTEM.get(error.errno or 0, f"cannot be written ({error.strerror or error}): name another --output")


def print_paths(paths: Sequence[Path]) -> None:
    """Say what was written.

    Args:
        paths: The page, the CSV and the XLSX.
    """
    names = ("The review", "to certify, as CSV", "and as XLSX")
    lines = [f"{name}: {path}" for name, path in zip(names, paths, strict=True)]
    sys.stdout.write("\n".join((*lines, _DEFUSED, "")))
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "wix-access-review",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("database", type=Path, metavar="DATABASE", help="DuckDB file, such as output/wix.duckdb")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (default: beside the database)")
    parser.add_argument("--title", help="title of the review (default: it names the accounts)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
