"""How the access stands to a campaign: what has changed since it was opened, and how far it is. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wix_access_review.changes import KINDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Moved:
    """A grant that is not as it was when the campaign was opened."""

    kind: str
    account: str | None
    person: str | None
    email: str | None
    person_key: Sequence[str | None]
    privileged: bool | None
    was: str | None
    now: str | None
    remark: str | None
    after: dt.datetime | None
    before: dt.datetime | None
    decided: str | None = None


@dataclass(frozen=True)
class Share:
    """How far a reviewer is."""

    reviewer: str
    items: int
    decided: int
    privileged_open: int
    unknown_open: int = 0
    """Of what is open, how much is not known to be privileged or not."""
    signed_off: str | None = None
    """Who attested that every row was reviewed, and on which day."""

    @property
    def open(self) -> int:
        """What is left to decide."""
        return self.items - self.decided


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the access stands to a campaign."""

    name: str
    opened_at: dt.datetime
    state: str
    is_overdue: bool
    items: int
    decided: Mapping[str, int]
    shares: Sequence[Share]
    moved: Sequence[Moved]
    counts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: dict.fromkeys(KINDS, (0, 0)))
    """How many grants were gained, lost and changed, and how many of them are privileged."""
    left_out: Sequence[str] = ()
    """Accounts of the page that the campaign does not certify."""
    link: str | None = None
    """Where the page of the campaign is, as seen from this one."""

    @property
    def open(self) -> int:
        """Items without a decision."""
        return self.items - sum(self.decided.values())

    @property
    def moved_count(self) -> int:
        """How many grants are not as they were."""
        return sum(count for count, _ in self.counts.values())
