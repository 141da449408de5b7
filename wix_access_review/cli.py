"""`wix-access-review`: the access review, and the campaigns that certify it."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from wix_access_review.commands import Command

_NAME = "wix-access-review"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and print the paths of what it wrote.

    Returns:
        The exit code: 0 when all is written, 1 when it is not or nobody reads the paths. Wrong options exit with 2, and
        so does an installation without what the review needs.
    """
    try:
        known = import_module("wix_access_review.commands").COMMANDS
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed: run `pip install 'tap-wix-users[review]'`.\n")
        return 2
    given = list(sys.argv[1:] if arguments is None else arguments)
    named = given[:1] and given[0] in {*known, "-h", "--help"}
    options = _parser(known).parse_args(given if named else ["page", *given])
    try:
        _check_text(options)
        lines: list[str] = options.run(options)
    except ReviewError as error:
        sys.stderr.write(f"{_NAME}: error: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{_NAME}: error: {error.filename or 'a file'} cannot be used ({error.strerror or error})\n")
        return 1
    return _print(lines)


def _check_text(options: Namespace) -> None:
    """Refuse bytes of the command line that are no text, which no file of ours could hold. Paths may have them."""
    for name, value in vars(options).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
                raise ReviewError(f"--{name.replace('_', '-')} is not text in the encoding of this terminal")


def _print(lines: Sequence[str]) -> int:
    """Print what came of it. All files are written by now, also where nobody can read the lines."""
    if sys.stdout is None:
        return 1
    encoding = sys.stdout.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines).encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"{_NAME}: error: it is done, and cannot be printed ({error.strerror})\n")
        # Without this the interpreter complains once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _parser(known: Mapping[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(_NAME, allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in known.items():
        about = command.about
        made = commands.add_parser(name, help=about.splitlines()[0], description=about, allow_abbrev=False)
        command.options(made)
        made.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
