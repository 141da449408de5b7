"""Who certifies what: rules in a CSV, the first that fits wins, and nobody certifies their own access."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from email.utils import parseaddr
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from wix_access_review.campaign.filled import content_of, decoded
from wix_access_review.campaign.words import plain
from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wix_access_review.campaign.items import Item

KINDS = ("site", "folder", "client", "role", "default")
COLUMNS = ("kind", "match", "reviewer")
_DRESS = frozenset(' "<>(),:;[]\\')
"""What stands in an address only where a name or a remark is around it."""


@dataclass(frozen=True)
class Rule:
    """Who certifies what fits a pattern: an id, or a name in which `*` stands for anything."""

    kind: str
    match: str
    reviewer: str

    def fits(self, item: Item) -> bool:
        """Whether the rule is for an item.

        Args:
            item: The item.
        """
        if self.kind == "default":
            return True
        return any(fnmatchcase(text.casefold(), self.match.casefold()) for text in _names(self.kind, item) if text)


@dataclass
class Reviewers:
    """The rules, in the order of the file."""

    rules: Sequence[Rule]
    _known: dict[tuple[str | None, ...], list[str]] = field(default_factory=dict)

    def of(self, item: Item) -> str | None:
        """Who certifies an item; None when every rule that fits names the person whose access it is.

        Args:
            item: The item.
        """
        key = (item.account_id, item.asset_type, item.asset_id, item.role_id, item.role, item.asset)
        if key not in self._known:
            self._known[key] = [rule.reviewer for rule in self._by_rank() if rule.fits(item)]
        return next((one for one in self._known[key] if not same_person(one, item.email, item.person)), None)

    def _by_rank(self) -> list[Rule]:
        return sorted(self.rules, key=lambda rule: rule.kind == "default")


def _names(kind: str, item: Item) -> tuple[str | None, ...]:
    if kind == "client":
        return item.account_id, item.account
    if kind == "role":
        return item.role_id, item.role
    if kind == "folder":
        paths = (item.site_folder, item.asset.removeprefix("folder ") if item.asset and item.via == "folder" else None)
        inside = tuple(path + "/" for path in paths if path)
        return (item.site_folder_id, item.asset_id if item.via == "folder" else None, *paths, *inside)
    if item.via in {"site", "contributor"}:
        name = (item.asset or "").removeprefix("site resource ").removeprefix("site ")
        return item.asset_id, name
    return ()


def read_reviewers(path: Path | None, default: str | None = None) -> Reviewers:
    """The rules of a file with the columns `kind`, `match` and `reviewer`.

    Args:
        path: The CSV; None for no rules.
        default: Who certifies what no rule fits.

    Raises:
        ReviewError: The file cannot be read, or a line of it is no rule.
    """
    rules = [] if path is None else _read(path)
    return Reviewers([*rules, *([Rule("default", "*", default)] if default else [])])


def _read(path: Path) -> list[Rule]:
    text = decoded(str(path), content_of(path))
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        titles = [plain(title).casefold() for title in next(rows, [])]
        if missing := [name for name in COLUMNS if name not in titles]:
            raise ReviewError(f"{path} has no column {', '.join(missing)}: its first line names {', '.join(COLUMNS)}")
        rules = [rule for row in rows if (rule := _rule(path, rows.line_num, dict(zip(titles, row, strict=False))))]
    except csv.Error as error:
        raise ReviewError(f"the rules in {path} cannot be read: {error}") from error
    if not rules:
        raise ReviewError(f"{path} has no rule: write one a line, below the first")
    return rules


def _rule(path: Path, number: int, row: Mapping[str, str]) -> Rule | None:
    """The rule of a line; None where it is blank."""
    kind, match, reviewer = (row.get(name, "").strip() for name in COLUMNS)
    kind = plain(kind).casefold()
    if not (kind or match or reviewer):
        return None
    if kind not in KINDS or not reviewer or not (match or kind == "default"):
        raise ReviewError(
            f"{path}, line {number}: write a kind ({', '.join(KINDS)}), what it must match, and the reviewer"
        )
    return Rule(kind, match or "*", reviewer)


def same_person(reviewer: str, email: str | None, person: str | None = None) -> bool:
    """Whether a reviewer is the person whose access it is: by address, by its name before the @, or by name.

    Args:
        reviewer: Address or name of the reviewer.
        email: Address of the person.
        person: Name of the person.
    """
    one, other, name = (_known_as(text) for text in (reviewer, email, person))
    if one and one == name:
        return True
    if not one or not other:
        return False
    if one == other:
        return True
    names = [text.partition("@")[0].partition("+")[0] for text in (one, other)]
    return "@" in one and names[0] == names[1] and (_domain(one) == _domain(other) or "." in names[0])


@lru_cache(maxsize=100_000)
def _known_as(text: str | None) -> str:
    """A name, or an address without the name that mail programs put before it."""
    word = plain(text).casefold()
    address = word.removeprefix("mailto:")
    if "@" in address and not _DRESS.isdisjoint(address):
        _, address = parseaddr(address)
    return address if "@" in address else word


def _domain(address: str) -> str:
    return address.partition("@")[2]
