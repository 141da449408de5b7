"""The commands: what each is for, its options, and what it says when it is done."""

from __future__ import annotations

import contextlib
import datetime as dt
from argparse import ArgumentTypeError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wix_access_review.campaign.context import clock, whoever
from wix_access_review.campaign.decide import decide, reassign
from wix_access_review.campaign.evidence import MANIFEST, verify, write_manifest
from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.freeze import NO_RESPONSE, Opening, open_campaign
from wix_access_review.campaign.handover import hand_over
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.pages import write_pages
from wix_access_review.campaign.phrases import listed, some
from wix_access_review.campaign.plan import make_plan
from wix_access_review.campaign.plan_files import CAUTION, write_plan
from wix_access_review.campaign.progress import NOBODY, about, as_lines, close, progress
from wix_access_review.campaign.prove import REMOVAL_HOURS, prove, write_proof
from wix_access_review.campaign.prove import as_lines as outcome
from wix_access_review.campaign.workbook import write_workbooks
from wix_access_review.clients import write_clients
from wix_access_review.errors import ReviewError
from wix_access_review.files import beside, naming
from wix_access_review.report import write_review

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

DEFUSED = (
    "In the CSV and the XLSX an apostrophe stands before text that begins with = + - @, also behind blanks, "
    "so that no program takes it for a formula."
)
_NOBODY = "No rule matches, or only rules that name the person themselves: use `wix-access-review reassign`."


@dataclass(frozen=True)
class Command:
    """A command: what it is for, its options, and what runs it and says what came of it."""

    about: str
    options: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], list[str]]


def _page_options(parser: ArgumentParser) -> None:
    _database(parser)
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (default: beside the database)")
    parser.add_argument("--title", help="title of the review (default: it names the accounts)")
    _accounts(parser)
    parser.add_argument(
        "--campaign", type=Path, metavar="FOLDER", help="campaign to compare with (default: the newest of campaigns/)"
    )


def _page(options: Namespace) -> list[str]:
    paths = write_review(
        options.database, options.output or beside(options.database), options.title,
        accounts=options.account, campaign=options.campaign,
    )  # fmt: skip
    names = ("The review", "to certify, as CSV", "and as XLSX")
    return [*(f"{name}: {path}" for name, path in zip(names, paths, strict=True)), DEFUSED]


def _clients_options(parser: ArgumentParser) -> None:
    _database(parser)
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (default: beside the database)")


def _clients(options: Namespace) -> list[str]:
    overview, *pages = write_clients(options.database, options.output or beside(options.database))
    return [f"The overview: {overview}", *(f"- {page}" for page in pages), DEFUSED]


def _open_options(parser: ArgumentParser) -> None:
    _database(parser)
    parser.add_argument("--name", required=True, help="name of the campaign, such as 2026-Q4")
    parser.add_argument("--folder", type=Path, help="its folder (default: campaigns/NAME beside the database)")
    _accounts(parser)
    parser.add_argument("--reviewers", type=Path, metavar="FILE.csv", help="who certifies what: kind,match,reviewer")
    parser.add_argument("--default-reviewer", metavar="ADDRESS", help="who certifies what no rule matches")
    parser.add_argument("--due", type=_day, metavar="DAY", help="due day, such as 2026-12-31 (default: in 30 days)")
    parser.add_argument(
        "--no-response",
        choices=NO_RESPONSE,
        default="open",
        help="what an undecided row counts as in the end (default: open)",
    )
    parser.add_argument(
        "--previous", type=Path, metavar="FOLDER", help="previous campaign (default: the newest beside this one)"
    )
    parser.add_argument("--max-age", type=_count, default=7, metavar="DAYS", help="how old a read may be (default: 7)")
    _by(parser)


def _open(options: Namespace) -> list[str]:
    opening = Opening(
        name=options.name, folder=options.folder, accounts=options.account, reviewers=options.reviewers,
        default_reviewer=options.default_reviewer, due_on=options.due, no_response=options.no_response,
        previous=options.previous, max_age_days=options.max_age, by=options.by,
    )  # fmt: skip
    made = open_campaign(options.database, opening)
    name = made.header.name
    with _done(f"{name} is open", "workbooks", made.path), made.held() as campaign:
        items = list(campaign.rows(ITEMS, Item))
        written = write_workbooks(campaign, items)
    alone = sum(one.reviewer is None for one in items)
    return [
        f"{name} is open: {some(len(items), 'item')} to certify until {made.header.due_on}",
        *(f"- {made.path / path}" for path in written),
        *([f"Without a reviewer: {some(alone, 'item')}. {_NOBODY}"] if alone else []),
        DEFUSED,
    ]


@contextlib.contextmanager
def _done(what: str, command: str, folder: Path) -> Iterator[None]:
    """Write the files that follow from something that stays done when they cannot be written, and then say both."""
    try:
        with naming(folder):
            yield
    except ReviewError as error:
        rest = f"not all of its files are written: `wix-access-review {command} {folder}` writes them"
        raise ReviewError(f"{error}\n{what}, but {rest}") from error


def _workbooks(options: Namespace) -> list[str]:
    with naming(options.folder), Campaign(options.folder).changing() as campaign:
        written = write_workbooks(campaign, list(campaign.rows(ITEMS, Item)))
    return [*(f"- {options.folder / name}" for name in written), DEFUSED]


def _decide_options(parser: ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="filled-in XLSX, ODS or CSV")
    parser.add_argument(
        "--database", help="DuckDB file or server: refuse decisions on grants that have changed since the opening"
    )
    parser.add_argument("--replace", action="store_true", help="overwrite earlier decisions")
    _by(parser)


def _decide(options: Namespace) -> list[str]:
    taken = decide(options.folder, options.files, database=options.database, replace=options.replace, by=options.by)
    unchecked = "Not checked: whether grants have changed since the campaign was opened. Add --database to check that."
    return [*(one.summary for one in taken), *([] if options.database else [unchecked])]


def _reassign_options(parser: ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("--to", required=True, metavar="ADDRESS", help="who certifies the rows from now on")
    parser.add_argument("--of", metavar="ADDRESS", help=f"whose open rows; {NOBODY!r} for those without a reviewer")
    parser.add_argument("--item", action="append", default=[], help="only this item; can be repeated (default: all)")
    parser.add_argument("--reason", required=True, help="why they are reassigned")
    _by(parser)


def _reassign(options: Namespace) -> list[str]:
    moved, kept = reassign(options.folder, options.to, options.reason, of=options.of, items=options.item, by=options.by)
    said = f"{some(moved, 'row')} moved to {options.to}"
    with _done(said, "workbooks", options.folder), Campaign(options.folder).held() as campaign:
        write_workbooks(campaign, list(campaign.rows(ITEMS, Item)))
    own = [f"{some(kept, 'row')} not moved: nobody certifies their own access"] if kept else []
    return [said, *own]


def _status(options: Namespace) -> list[str]:
    return as_lines(progress(Campaign(options.folder)))


def _plan(options: Namespace) -> list[str]:
    with naming(options.folder), Campaign(options.folder).held() as campaign:
        steps = make_plan(campaign)
        written = write_plan(campaign, steps)
    calls = sum(step.method is not None for step in steps)
    return [
        f"{some(len(steps), 'step')}: {some(calls, 'call')}, and {len(steps) - calls:,} in Wix's dashboard",
        *(f"- {campaign.path / name}" for name in written),
        CAUTION,
    ]


def _prove_options(parser: ArgumentParser) -> None:
    _folder(parser)
    _database(parser)
    parser.add_argument(
        "--removal-hours",
        type=_count,
        default=REMOVAL_HOURS,
        metavar="HOURS",
        help=f"how long a removal may take (default: {REMOVAL_HOURS})",
    )


def _prove(options: Namespace) -> list[str]:
    with naming(options.folder), Campaign(options.folder).held() as campaign:
        proofs = prove(campaign, options.database, options.removal_hours)
        written = write_proof(campaign, proofs, clock())
    return [*outcome(proofs), *(f"- {campaign.path / name}" for name in written)]


def _hand_over_options(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="folders of campaigns")
    parser.add_argument("--seeds", type=Path, required=True, help="where to write; for dbt, set WIX_REVIEW_SEEDS to it")


def _hand_over(options: Namespace) -> list[str]:
    with naming(options.seeds):
        written = hand_over([Campaign(folder) for folder in options.folders], options.seeds)
    return [*(f"- {path}" for path in written), f"Build with WIX_REVIEW_SEEDS={options.seeds.resolve()} dbt build"]


def _evidence(options: Namespace) -> list[str]:
    with naming(options.folder), Campaign(options.folder).held() as campaign:
        pages = write_pages(campaign)
        hashed = write_manifest(campaign, clock())
    return [
        *(f"- {campaign.path / name}" for name in (*pages, MANIFEST)),
        f"SHA-256 of {MANIFEST}: {hashed}. Keep it elsewhere, such as in the minutes.",
    ]


def _verify(options: Namespace) -> list[str]:
    if wrong := verify(options.folder):
        raise ReviewError(f"{options.folder} has changed since its manifest was written:{listed(wrong)}")
    return [f"{options.folder}: every file matches the manifest, and the log is unbroken"]


def _close_options(parser: ArgumentParser) -> None:
    _folder(parser)
    _by(parser)


def _close(options: Namespace) -> list[str]:
    found = close(options.folder, options.by)
    said = f"{found.campaign.header.name} is closed"
    with _done(said, "evidence", options.folder), Campaign(options.folder).held() as campaign:
        write_pages(campaign)
        hashed = write_manifest(campaign, found.now)
    return [
        f"{said}; {some(len(found.open), 'item')} without a decision",
        *(f"- {about(item)}" for item in found.open),
        f"SHA-256 of {MANIFEST}: {hashed}. Keep it elsewhere, such as in the minutes.",
    ]


def _database(parser: ArgumentParser) -> None:
    parser.add_argument(
        "database",
        metavar="DATABASE",
        help="DuckDB file, such as output/wix.duckdb, or postgresql://HOST/DATABASE, or snowflake://CONNECTION",
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day: write it as 2026-12-31") from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 99999")
    return int(text)


def _accounts(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--account", action="append", default=[], metavar="ID", help="only this account; can be repeated"
    )


def _folder(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of the campaign")


def _by(parser: ArgumentParser) -> None:
    parser.add_argument("--by", default=whoever(), help="who does this (default: your user name on this computer)")


COMMANDS = {
    "page": Command(
        "Write the review of a database: one HTML page, and the table to certify as CSV and XLSX.\n"
        "The page needs no network and no server. It reads the dbt models (schema access_wix) and changes nothing.",
        _page_options,
        _page,
    ),
    "clients": Command(
        "Write a separate review for each account, and an overview that links to them.",
        _clients_options,
        _clients,
    ),
    "open": Command("Open a campaign: freeze what is to be certified, and write the workbooks.", _open_options, _open),
    "workbooks": Command("Write the workbooks of a campaign again, with the decisions so far.", _folder, _workbooks),
    "decide": Command("Read decisions back from filled-in workbooks.", _decide_options, _decide),
    "status": Command("Report the progress of a campaign.", _folder, _status),
    "reassign": Command("Reassign open rows to another reviewer.", _reassign_options, _reassign),
    "plan": Command(
        "Write the remediation plan: what the decisions require, as API calls and as steps in Wix's dashboard.",
        _folder,
        _plan,
    ),
    "prove": Command("Report, based on later reads, what became of each decision.", _prove_options, _prove),
    "hand-over": Command(
        "Write campaigns as seeds, from which dbt builds models and findings.", _hand_over_options, _hand_over
    ),
    "evidence": Command("Write the pages of a campaign, and the manifest of its folder.", _folder, _evidence),
    "verify": Command("Check that the folder of a campaign matches its manifest.", _folder, _verify),
    "close": Command(
        "Close a campaign: undecided items are listed, and later files are refused.", _close_options, _close
    ),
}
"""Without a command, `page` is meant."""
