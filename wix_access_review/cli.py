"""`wix-access-review`: writes the access review of a DuckDB file."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wix_access_review.errors import ReviewError
from wix_access_review.report import write_review

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ABOUT = """\
Write the access review of a DuckDB file: one HTML page to look at, which needs no network and no server, and the
table to certify as CSV and XLSX. It reads the dbt models (schema access_wix) and changes nothing in the database.
"""
_DEFUSED = (
    "In the CSV and the XLSX an apostrophe stands before text that begins with = + - @, also behind blanks, "
    "so that no program takes it for a formula."
)
_NAME = "wix-access-review"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and print the paths of what it wrote.

    Returns:
        The exit code: 0 when all is written, 1 when it is not or nobody reads the paths. Wrong options exit with 2.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(
        given if given[:1] and given[0] in {*_COMMANDS, "-h", "--help"} else ["page", *given]
    )
    try:
        lines: list[str] = options.run(options)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except ReviewError as error:
        sys.stderr.write(f"{_NAME}: error: {error}\n")
        return 1
    except BrokenPipeError:
        # The files are written; without this the interpreter complains once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _page(options: argparse.Namespace) -> list[str]:
    paths = write_review(options.database, options.output or options.database.parent, options.title)
    names = ("The review", "to certify, as CSV", "and as XLSX")
    return [*(f"{name}: {path}" for name, path in zip(names, paths, strict=True)), _DEFUSED]


def _page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", type=Path, metavar="DATABASE", help="DuckDB file, such as output/wix.duckdb")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (default: beside the database)")
    parser.add_argument("--title", help="title of the review (default: it names the accounts)")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], list[str]]]]
_COMMANDS = {
    "page": (_ABOUT, _page_options, _page),
}
"""What each command is for, its options, and what runs it. Without a command, `page` is meant."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(_NAME, allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (about, options, run) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=about.partition(":")[0].partition(".")[0], description=about, allow_abbrev=False
        )
        options(command)
        command.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
