"""The folder of a campaign: plain files, and a log in which each line holds the hash of the line before.

A file counts when the log names it, with its hash. What was written before a line that is not there never happened.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from wix_access_review.campaign.context import CLOCKS_DIFFER
from wix_access_review.campaign.disk import inside, put
from wix_access_review.campaign.phrases import utc
from wix_access_review.campaign.records import FORMAT, Decision, Entry, Header, Known, Reassignment
from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

HEADER, ITEMS, LOG = "campaign.json", "items.jsonl", "log.jsonl"
RECEIPTS, FINDINGS, ROLES = "receipts.jsonl", "findings.jsonl", "roles.jsonl"
LOCK = ".lock"
"""The file that is held by the program that changes a campaign; nothing stands in it."""
Row = TypeVar("Row")


class Campaign:
    """A campaign in its folder.

    Args:
        path: The folder.

    Raises:
        ReviewError: There is no campaign in it, or one that a newer release made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.header = msgspec.json.decode(inside(path, HEADER).read_bytes(), type=Header)
            self._lines = inside(path, LOG).read_bytes().splitlines()
            self.log = [msgspec.json.decode(line, type=Entry) for line in self._lines]
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ReviewError(f"{path} is not the folder of a campaign: it has no {HEADER} and {LOG}") from error
        except OSError as error:
            raise ReviewError(f"{path} cannot be read ({error.strerror})") from error
        except msgspec.MsgspecError as error:
            raise ReviewError(f"{path} cannot be read as a campaign: {error}") from error
        if not self.log:
            raise ReviewError(f"{path} is a campaign whose opening was interrupted: open it again")
        if self.header.format != FORMAT:
            raise ReviewError(f"{path} has format {self.header.format}, this release only knows {FORMAT}: update it")

    @property
    def closed_at(self) -> dt.datetime | None:
        """When the campaign was closed; None while it is open."""
        return next((entry.at for entry in self.log if entry.what == "closed"), None)

    def rows(self, name: str, kind: type[Row]) -> Iterator[Row]:
        """The rows of a file of JSON lines.

        Args:
            name: The file in the folder.
            kind: What to read of each.
        """
        decoder = msgspec.json.Decoder(kind)
        try:
            with inside(self.path, name).open("rb") as file:
                for line in file:
                    yield decoder.decode(line)
        except FileNotFoundError as error:
            raise ReviewError(f"{self.path} is incomplete: {name} is missing") from error
        except msgspec.MsgspecError as error:
            raise ReviewError(f"{self.path / name} cannot be read: {error}") from error

    @cached_property
    def items(self) -> dict[str, Known]:
        """The items by their id."""
        return {item.item: item for item in self.rows(ITEMS, Known)}

    @cached_property
    def reviewers(self) -> dict[str, str | None]:
        """Who certifies each item now."""
        return {key: self.reassigned.get(key, item.reviewer) for key, item in self.items.items()}

    @cached_property
    def reassigned(self) -> dict[str, str]:
        """Who certifies now what somebody else should have."""
        found: dict[str, str] = {}
        for entry in self.log:
            if entry.what == "reassigned":
                found |= {one.item: one.reviewer for one in self.rows(next(iter(entry.files)), Reassignment)}
        return found

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """The decision on each item that has one."""
        found: dict[str, Decision] = {}
        for entry in self.log:
            for name in entry.files:
                if name.startswith("decisions/"):
                    found |= {one.item: one for one in self.rows(name, Decision)}
        return found

    @cached_property
    def taken_at(self) -> dict[str, dt.datetime]:
        """When the decision on each item that has one was taken into the campaign."""
        found: dict[str, dt.datetime] = {}
        for entry in self.log:
            for name in entry.files:
                if name.startswith("decisions/"):
                    found |= {one.item: entry.at for one in self.rows(name, Decision)}
        return found

    @property
    def sign_offs(self) -> dict[str, str]:
        """Who attested that every row was reviewed, and on which day, in words, by reviewer."""
        found: dict[str, str] = {}
        for entry in self.log:
            if signed := entry.about.get("sign_off"):
                found |= dict.fromkeys(map(str.casefold, signed["reviewers"]), f"{signed['name']}, {signed['date']}")
        return found

    @contextlib.contextmanager
    def changing(self) -> Iterator[Campaign]:
        """The campaign as it is on disk, for one program alone to change.

        Raises:
            ReviewError: Another program writes into it, or it is closed.
        """
        with self.held() as fresh:
            if fresh.closed_at:
                raise ReviewError(f"{fresh.header.name} was closed at {utc(fresh.closed_at)}, and cannot be changed")
            yield fresh

    @contextlib.contextmanager
    def held(self) -> Iterator[Campaign]:
        """The campaign as it is on disk, into whose folder no other program writes until the block ends.

        Raises:
            ReviewError: Another program writes into it.
        """
        with os.fdopen(os.open(self.path / LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ReviewError(f"{self.path} is being changed by another program: try again") from error
            yield Campaign(self.path)

    def append(
        self, what: str, by: str, now: dt.datetime, about: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> Entry:
        """Write files and then the line of the log that names them.

        Args:
            what: What happened.
            by: Who did it.
            now: When.
            about: More of it.
            files: The files by their path in the folder.
        """
        entry, line = write_entry(self.path, self._lines, what, by, now, about, files)
        self._lines.append(line)
        self.log.append(entry)
        return entry

    def next_number(self) -> int:
        """The number of the next line of the log."""
        return len(self.log) + 1


def campaigns_in(folder: Path) -> list[Campaign]:
    """The campaigns in the folders of a folder. One whose opening was not ended never was.

    Args:
        folder: The folder that holds them.

    Raises:
        ReviewError: One of them cannot be read.
    """
    return [Campaign(log.parent) for log in sorted(folder.glob(f"*/{LOG}")) if log.stat().st_size]


def found_campaign(folder: Path, header: Header, files: Mapping[str, bytes]) -> Campaign:
    """Make the folder of a campaign, readable by its owner alone.

    Args:
        folder: Where; it must not hold a campaign already.
        header: What the campaign is.
        files: Its frozen files.

    Raises:
        ReviewError: There is a campaign in the folder.
        OSError: The folder cannot be written.
    """
    log = folder / LOG
    if log.exists() and log.stat().st_size:
        raise ReviewError(
            f"there is a campaign in {folder} already: give this one another --name or --folder. "
            "`wix-access-review workbooks` writes its workbooks again"
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    named = {HEADER: msgspec.json.format(msgspec.json.encode(header), indent=1), **files}
    write_entry(folder, [], "opened", header.opened_by, header.opened_at, {"items": header.item_count}, named)
    return Campaign(folder)


def write_entry(
    folder: Path,
    before: Sequence[bytes],
    what: str,
    by: str,
    now: dt.datetime,
    about: Mapping[str, Any],
    files: Mapping[str, bytes],
) -> tuple[Entry, bytes]:
    """Write files, and then the log with one line more, which names them.

    Args:
        folder: The folder of the campaign.
        before: The lines of the log so far.
        what: What happened.
        by: Who did it.
        now: When.
        about: More of it.
        files: The files by their path in the folder.

    Raises:
        ReviewError: The clock stands before the last line.
        OSError: The folder cannot be written.
    """
    _check_clock(before, now)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    last = hashlib.sha256(before[-1]).hexdigest() if before else ""
    entry = Entry(len(before) + 1, now, by, what, dict(about), hashes, last)
    for name, content in files.items():
        put(folder / name, content)
    line = msgspec.json.encode(entry)
    put(folder / LOG, b"".join(one + b"\n" for one in (*before, line)))
    return entry, line


def _check_clock(before: Sequence[bytes], now: dt.datetime) -> None:
    """What a later read proves rests on when a decision was taken."""
    last = msgspec.json.decode(before[-1], type=Entry).at if before else now
    if last - now > CLOCKS_DIFFER:
        raise ReviewError(f"this computer's clock says {utc(now)}, before the newest entry of {utc(last)}: correct it")
