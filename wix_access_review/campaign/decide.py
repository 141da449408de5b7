"""Decisions come back: each file is taken whole or not at all, with who, when and its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.context import clock, whoever
from wix_access_review.campaign.days import Days
from wix_access_review.campaign.disk import lines
from wix_access_review.campaign.filled import MOST_LETTERS, Line, SignOff, content_of, read_filled
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.freeze import slug
from wix_access_review.campaign.items import read_items
from wix_access_review.campaign.phrases import listed, some
from wix_access_review.campaign.progress import NOBODY
from wix_access_review.campaign.records import Decision, Reassignment
from wix_access_review.campaign.reviewers import same_person
from wix_access_review.campaign.words import plain
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.files import naming
from wix_access_review.findings import printable
from wix_access_review.sheets import DECISIONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

KINDS = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".ods"})
"""The endings that a file keeps when it is put away."""


@dataclass(frozen=True)
class Taken:
    """What came of a file."""

    name: str
    rows: int
    added: int
    known: bool

    @property
    def summary(self) -> str:
        """What came of it, in words."""
        if self.known:
            return f"{printable(self.name)}: already taken, nothing changed"
        rest = some(self.rows - self.added, "row")
        return f"{printable(self.name)}: {some(self.added, 'decision')} taken, {rest} without a new one"


@dataclass
class _Reader:
    """Takes the decisions out of the rows of one file, and collects what is wrong."""

    campaign: Campaign
    now: dt.datetime
    current: set[str] | None
    replace: bool
    days: Days
    wrong: list[str] = field(default_factory=list)
    found: dict[str, tuple[int, Decision]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key = {one.review_item: one.item for one in self.campaign.items.values()}

    def take(self, line: Line) -> None:
        """Take the decision of a row; none where nobody decided."""
        self.wrong += [f"row {line.number}: {why}" for why in line.wrong]
        word = line.word("decision").casefold()
        if line.wrong or not word:
            return
        try:
            self._keep(line, self._decision(line, word))
        except ValueError as error:
            self.wrong.append(f"row {line.number}: {error}")

    def _decision(self, line: Line, word: str) -> Decision:
        key = self._item(line)
        if word not in DECISIONS:
            raise ValueError(
                f"{_quoted(line.text('decision'))} is not a decision: "
                f"write {', '.join(DECISIONS[:-1])} or {DECISIONS[-1]}"
            )
        reviewer = self._reviewer(line, key)
        texts = {"justification": line.text("justification"), "change_to": line.word("change_to")}
        for name, text in texts.items():
            if len(text) > MOST_LETTERS:
                raise ValueError(f"{name} has {len(text):,} letters, more than {MOST_LETTERS:,}")
        if word == "change" and not any(texts.values()):
            raise ValueError("the decision change does not say to what: fill in change_to or justification")
        return Decision(key, word, reviewer, self._day(line), **texts)

    def _item(self, line: Line) -> str:
        key = line.word("item")
        if not key:
            raise ValueError("a decision has no item: leave the column item as it was")
        item = self.campaign.items.get(key)
        if item is None:
            if line.word("review_item") in self.by_key:
                raise ValueError(f"the grant is not the one that was frozen ({_quoted(key)}): certify it again")
            raise ValueError(
                f"the item {_quoted(key)} is not in {self.campaign.header.name}: is it from another campaign?"
            )
        if self.current is not None and key not in self.current:
            whose = _quoted(item.person or "")
            raise ValueError(f"the grant of {whose} has changed since it was frozen: certify it again")
        return key

    def _reviewer(self, line: Line, key: str) -> str:
        reviewer = line.word("reviewer")
        item, assigned = self.campaign.items[key], self.campaign.reviewers[key]
        if not reviewer:
            raise ValueError("a decision has no reviewer: fill in reviewer")
        if same_person(reviewer, item.email, item.person):
            raise ValueError(f"{_quoted(reviewer)} cannot decide on their own access: somebody else has to")
        if assigned and not same_person(reviewer, assigned, assigned):
            raise ValueError(
                f"this is for {_quoted(assigned)} to decide, not for {_quoted(reviewer)}: reassign it first"
            )
        return reviewer[:MOST_LETTERS]

    def _day(self, line: Line) -> dt.date:
        value = line.values.get("decided_on")
        if value is None or not str(value).strip():
            raise ValueError("a decision has no date: fill in decided_on")
        day = self.days.read(value)
        if day > self.now.date():
            raise ValueError(f"{day} is in the future")
        if day < self.campaign.header.opened_at.date():
            raise ValueError(f"{day} is before the campaign was opened ({self.campaign.header.opened_at.date()})")
        return day

    def attested(self, signed: SignOff) -> dict[str, Any] | None:
        """What the sheet for the sign-off says, to be kept; what is wrong with it is noted as for a row."""
        reviewers = [signed.reviewer] if signed.reviewer else sorted({one.reviewer for _, one in self.found.values()})
        reasons = (
            (signed.reviewed.casefold() not in {"yes", "true", "x"}, "write yes beside 'I reviewed every row'"),
            (not signed.name, "the name is missing"),
            (not str(signed.date or "").strip(), "the date is missing"),
        )
        wrong = [reason for stands, reason in reasons if stands]
        day = None
        try:
            day = None if wrong else self._day(Line(0, {"decided_on": signed.date}))
        except ValueError as error:
            wrong.append(str(error))
        self.wrong += [f"sheet Sign-off: {reason}" for reason in wrong]
        return {"name": signed.name, "date": day, "reviewers": reviewers, "remarks": signed.remarks} if day else None

    def _keep(self, line: Line, decision: Decision) -> None:
        number, earlier = self.found.get(decision.item, (0, None))
        if earlier and earlier != decision:
            raise ValueError(f"row {number} has a different decision on the same item")
        stored = self.campaign.decisions.get(decision.item)
        if stored and stored != decision and not self.replace:
            before = f"{_quoted(stored.reviewer)} decided {stored.decision} on {stored.decided_on} already"
            raise ValueError(f"{before}: add --replace to overwrite it")
        self.found[decision.item] = (line.number, decision)


def decide(
    folder: Path, files: Sequence[Path], *, database: Path | str | None = None, replace: bool = False, by: str = ""
) -> list[Taken]:
    """Take the decisions of files, each whole or not at all.

    Args:
        folder: The campaign's folder.
        files: Workbooks and CSV files.
        database: The DuckDB file, to refuse decisions on grants that have changed since; None to take them.
        replace: Whether a decision may take the place of another one.
        by: Who hands the files in.

    Returns:
        What came of each file.

    Raises:
        ReviewError: A file is wrong: the message names each row. The files before it are taken.
    """
    now = clock()
    with naming(folder), Campaign(folder).changing() as campaign:
        current = _current(database, campaign) if database else None
        return [_take(Campaign(folder), path, now, current, replace=replace, by=by or whoever()) for path in files]


def _current(database: Path | str, campaign: Campaign) -> set[str]:
    with reading(database) as connection:
        return {one.item for one in read_items(connection, [one.id for one in campaign.header.accounts])}


def _take(
    campaign: Campaign, path: Path, now: dt.datetime, current: set[str] | None, *, replace: bool, by: str
) -> Taken:
    content, name = content_of(path), path.name.encode(errors="surrogateescape").decode(errors="replace")
    hashed = hashlib.sha256(content).hexdigest()
    if any(entry.what == "decided" and entry.about["sha256"] == hashed for entry in campaign.log):
        return Taken(name, 0, 0, known=True)
    rows, signed = read_filled(name, content)
    reader = _Reader(campaign, now, current, replace, Days(row.values.get("decided_on", "") for row in rows))
    for row in rows:
        reader.take(row)
    attested = reader.attested(signed) if signed else None
    if reader.wrong:
        raise ReviewError(
            f"{name} was not accepted, {some(len(reader.wrong), 'row')} must be corrected:{listed(reader.wrong)}"
        )
    new = [one for _, one in reader.found.values() if campaign.decisions.get(one.item) != one]
    number = campaign.next_number()
    about = {
        "file": name,
        "sha256": hashed,
        "rows": len(rows),
        "decisions": len(new),
        "checked": current is not None,
        **({"sign_off": attested} if attested else {}),
    }
    kind = path.suffix.lower()
    stored = f"received/{number:04}-{slug(path.stem)}{kind if kind in KINDS else ''}"
    campaign.append("decided", by, now, about, {f"decisions/{number:04}.jsonl": lines(new), stored: content})
    return Taken(name, len(rows), len(new), known=False)


def reassign(
    folder: Path, to: str, reason: str, *, of: str | None = None, items: Sequence[str] = (), by: str = ""
) -> tuple[int, int]:
    """Give open rows to another reviewer.

    Args:
        folder: The campaign's folder.
        to: Who certifies them from now on.
        reason: Why.
        of: Whose rows; None for those that `items` names.
        items: Items or review items; none for all open ones of `of`.
        by: Who says so.

    Returns:
        How many rows have a new reviewer, and how many stay where they are since they are about the new one.

    Raises:
        ReviewError: No row is open there, or an item is not known.
    """
    if not plain(to) or not reason.strip():
        raise ReviewError("a reassignment needs a reviewer (--to) and a reason (--reason)")
    with naming(folder), Campaign(folder).changing() as campaign:
        by_key = {one.review_item: one.item for one in campaign.items.values()}
        named = {by_key.get(one, one) for one in items}
        unknown = sorted(named - campaign.items.keys())
        if unknown:
            raise ReviewError(f"the item {unknown[0]} is not in {campaign.header.name}")
        whose = None if of is None else plain(of).casefold().replace(NOBODY, "")
        chosen = [
            campaign.items[key]
            for key, reviewer in campaign.reviewers.items()
            if key not in campaign.decisions
            and reviewer != to
            and (not named or key in named)
            and whose in {None, plain(reviewer).casefold()}
        ]
        moved = [one for one in chosen if not same_person(to, one.email, one.person)]
        if not moved:
            raise ReviewError("there is no open row to reassign: see `wix-access-review status`")
        about: dict[str, Any] = {"to": to, "of": of, "reason": reason, "rows": len(moved)}
        stored = lines(Reassignment(one.item, to) for one in moved)
        campaign.append(
            "reassigned", by or whoever(), clock(), about, {f"reassigned/{campaign.next_number():04}.jsonl": stored}
        )
        return len(moved), len(chosen) - len(moved)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text if len(text) <= 60 else f"{text[:59]}…").decode()
