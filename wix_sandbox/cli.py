"""`tap-wix-users-sandbox`: serves a made-up Wix account until it is stopped."""

from __future__ import annotations

import argparse
import errno
import logging
import re
import signal
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wix_sandbox import faults
from wix_sandbox.app import ApiOptions
from wix_sandbox.endpoints import ENDPOINTS
from wix_sandbox.faults import KINDS, Fault
from wix_sandbox.records import Size
from wix_sandbox.server import Sandbox
from wix_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ABOUT = """\
Serve a made-up but lifelike Wix account over HTTP.

This is a simulation written from public documentation: no real Wix data or service is involved. The same options
always produce the same account. It runs until it receives SIGTERM or SIGINT (Ctrl+C).
"""
_CONTROL = """\
control endpoints, only from this machine and without a key:
  POST /_sandbox/advance {"days": 30}   let days pass: people join and leave, roles change, invites expire
  POST /_sandbox/faults  [{...}, ...]   add faults, as with --faults
  GET  /_sandbox/stats                  requests per endpoint, counts per account, faults that never fired

a fault: {"kind": "status", "endpoint": "search_team", "nth": 2, "times": 3, "status": 503}
  endpoint      one of %(endpoints)s, or * (default)
  nth           the first request to affect, counted from now; default 1
  times         how many requests in a row; default 1, 0 for all that follow
  account_id    only requests for this account
kinds of fault, with their own options:
%(kinds)s
"""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal arrives.

    Returns:
        The exit code: 0 after a signal, 1 if the address cannot be used. Invalid options exit with 2.
    """
    options = _parser().parse_args(arguments)
    if options.verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        sandbox = Sandbox(
            _world(options), options=_api(options), faults=options.faults, host=options.host, port=options.port
        )
    except OSError as error:
        sys.stderr.write(f"tap-wix-users-sandbox: error: {_why(error, options.host, options.port)}\n")
        return 1
    with sandbox:
        _tell(sandbox, options.ready_file)
        stop.wait()
    return 0


def _tell(sandbox: Sandbox, ready_file: Path | None) -> None:
    if ready_file:
        # A reader must never find half a line.
        draft = ready_file.with_name(f".{ready_file.name}.draft")
        draft.write_text(f"{sandbox.url}\n", encoding="utf-8")
        draft.replace(ready_file)
    world = sandbox.world
    sys.stdout.write(f"sandbox ready at {sandbox.url} (account {world.main.id}, key {world.key})\n")
    sys.stdout.flush()


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{host}:{port} is already in use; choose another --port, or 0 for a free one"
    return f"cannot listen at {host}:{port}: {error.strerror or error}"


def _world(options: argparse.Namespace) -> World:
    size = Size(
        users=options.users,
        assignments_per_user=options.assignments_per_user,
        sites=options.sites,
        folders=options.folders,
        invites=options.invites,
        child_accounts=options.child_accounts,
    )
    world = World(size, seed=options.seed, key=options.key, account_id=options.account_id)
    world.advance(options.days)
    return world


def _api(options: argparse.Namespace) -> ApiOptions:
    return ApiOptions(
        page_cap=options.page_cap,
        max_page_size=options.max_page_size,
        requests_per_minute=options.requests_per_minute,
        retry_after=options.retry_after,
        latency=options.latency_ms / 1000,
        deny=options.deny,
        facets=not options.no_facets,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tap-wix-users-sandbox",
        description=_ABOUT,
        epilog=_CONTROL % {"endpoints": _wrapped(ENDPOINTS), "kinds": "\n".join(map(_about, KINDS))},
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _account_options(parser.add_argument_group("the account"))
    _api_options(parser.add_argument_group("the API"))
    _serving_options(parser.add_argument_group("serving"))
    return parser


def _wrapped(names: Sequence[str]) -> str:
    return textwrap.fill(" ".join(names), 96, subsequent_indent=" " * 16)


def _about(kind: str) -> str:
    """One line of help about a kind of fault, from its struct."""
    fault = KINDS[kind]
    meaning = (fault.__doc__ or "").partition("\n")[0]
    own = [name for name in fault.__struct_fields__ if name not in Fault.__struct_fields__]
    return f"  {kind:13} {meaning}" + (f" Options: {', '.join(own)}." if own else "")


def _account_options(size: argparse._ArgumentGroup) -> None:
    default = Size()
    _number(size, "--users", default.users, "team members")
    size.add_argument(
        "--assignments-per-user", type=_at_least(0, float), default=3.0, metavar="N", help="on average (default 3)"
    )
    _number(size, "--sites", default.sites, "sites")
    _number(size, "--folders", default.folders, "site folders")
    _number(size, "--invites", default.invites, "invites, open and answered")
    _number(size, "--child-accounts", default.child_accounts, "child accounts, each small")
    _number(size, "--seed", 1, "random seed")
    _number(size, "--days", 0, "days to let pass before serving")
    size.add_argument("--key", type=_key, help="the API key (default: made up from the seed, and printed)")
    size.add_argument("--account-id", type=_guid, metavar="GUID", help="the main account's id (default: made up)")


def _api_options(api: argparse._ArgumentGroup) -> None:
    api.add_argument(
        "--page-cap", type=_at_least(1), metavar="N", help="silently return at most N rows per page of Search Team"
    )
    _number(api, "--max-page-size", 1000, "refuse a greater paging.limit on Search Team", minimum=1)
    _number(api, "--requests-per-minute", 200, "answer more with 429; 0 for no limit")
    api.add_argument(
        "--retry-after", type=_at_least(0), metavar="SECONDS", help="send Retry-After with a 429 (default: none)"
    )
    _number(api, "--latency-ms", 0, "milliseconds that every answer takes")
    api.add_argument(
        "--deny", action="append", default=[], choices=ENDPOINTS, metavar="ENDPOINT",
        help=f"refuse an endpoint with 403, as for a key without its permission; repeatable: {', '.join(ENDPOINTS)}",
    )  # fmt: skip
    api.add_argument("--no-facets", action="store_true", help="Search Team does not count")
    api.add_argument("--faults", type=_faults, default=[], metavar="FILE", help="a JSON list of faults; see below")


def _serving_options(serving: argparse._ArgumentGroup) -> None:
    serving.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    _number(serving, "--port", 0, "port; 0 for a free one", maximum=65535)
    serving.add_argument("--ready-file", type=Path, metavar="PATH", help="write the base URL here when ready")
    serving.add_argument("--verbose", action="store_true", help="log every request to stderr")


def _number(
    group: argparse._ArgumentGroup, name: str, default: int, meaning: str, minimum: int = 0, maximum: int | None = None
) -> None:
    kind = _at_least(minimum, maximum=maximum)
    group.add_argument(name, type=kind, default=default, metavar="N", help=f"{meaning} (default {default})")


def _at_least(minimum: int, kind: type[int | float] = int, maximum: int | None = None) -> Callable[[str], int | float]:
    """A type for argparse: a number in a range, with an error that says which."""
    upper = f" and at most {maximum}" if maximum is not None else ""

    def number(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = minimum - 1
        # NaN compares as false, and so is refused too.
        if not minimum <= value <= (float("inf") if maximum is None else maximum) or value == float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} must be a number of at least {minimum}{upper}")
        return value

    return number


def _guid(text: str) -> str:
    if not _GUID.fullmatch(text.lower()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a GUID, such as 5f66527e-2da1-447c-a07d-70059c49cc9a")
    return text.lower()


def _key(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError("must be printable ASCII without spaces, to fit into a header")
    return text


def _faults(path: str) -> list[Fault]:
    try:
        return faults.load(Path(path).read_bytes())
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise argparse.ArgumentTypeError(f"{path} is not a list of faults: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
