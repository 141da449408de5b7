"""Access gained, lost and changed: by day, and the newest in full."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_access_review.contract import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

KINDS = ("gained", "lost", "changed")

_DAYS = f"""
select changed_on, change_type, count(*) from {SCHEMA}.access_changes
where changed_on is not null group by all order by all
"""  # noqa: S608  # only names of this package are put in
_NEWEST = f"""
select change_type, account_name, coalesce(person, email, person_id), email, coalesce(role_title, role_id),
  case asset_type when 'account' then 'the whole account' else coalesce(asset_name, asset_type) end,
  is_privileged, changed_after, changed_before,
  [account_id, person_type, person_id],
  case when previous_role_title is distinct from coalesce(role_title, role_id) then previous_role_title end,
  case when previous_asset_name is distinct from asset_name then previous_asset_name end,
  coalesce(previous_role_title, previous_asset_name) is not null
from {SCHEMA}.access_changes
order by changed_on desc nulls last, changed_before desc nulls last, coalesce(is_privileged, true) desc, change_type,
  person, stream_name, record_key
limit ?
"""  # noqa: S608


@dataclass(frozen=True)
class Change:
    """Access that somebody gained, lost, or that changed, between two reads."""

    kind: str
    account: str | None
    person: str | None
    email: str | None
    role: str | None
    asset: str | None
    privileged: bool | None
    after: dt.datetime | None
    before: dt.datetime | None
    person_key: list[str | None]
    role_before: str | None = None
    asset_before: str | None = None
    is_before_known: bool = False

    @property
    def now(self) -> str | None:
        """What the person may do since, in words; None where access was lost."""
        return None if self.kind == "lost" else _in_words(self.role, self.asset)

    @property
    def was(self) -> str | None:
        """What the person could do before, in words; None where that is nothing, or not known."""
        if self.kind == "lost":
            return _in_words(self.role, self.asset)
        known = self.kind == "changed" and (self.role_before or self.asset_before)
        return _in_words(self.role_before or self.role, self.asset_before or self.asset) if known else None

    @property
    def remark(self) -> str:
        """Why a change does not name what it changed."""
        if self.kind != "changed" or self.role_before or self.asset_before:
            return ""
        if self.is_before_known:
            return "neither the role nor its scope has changed"
        return "it is not known what it was before"


def _in_words(role: str | None, asset: str | None) -> str:
    return " on ".join(text for text in (role or "a role", asset) if text)


@dataclass(frozen=True)
class Bucket:
    """How many changes the reads of a span of days saw."""

    start: dt.date
    gained: int = 0
    lost: int = 0
    changed: int = 0


def read_newest(connection: duckdb.DuckDBPyConnection, most: int) -> list[Change]:
    """The newest changes, privileged ones first within a read."""
    return [Change(*row) for row in connection.execute(_NEWEST, [most]).fetchall()]


def read_days(connection: duckdb.DuckDBPyConnection) -> list[tuple[dt.date, str, int]]:
    """Day, kind and number of changes."""
    return connection.execute(_DAYS).fetchall()


def buckets(days: Sequence[tuple[dt.date, str, int]]) -> tuple[str, list[Bucket]]:
    """The changes by day, week or month, whichever makes a timeline that can be read; spans without any are left out.

    Args:
        days: Day, kind and number of changes.

    Returns:
        What a bucket is (`day`, `week` or `month`), and the buckets in order.
    """
    if not days:
        return "day", []
    span = (max(day for day, *_ in days) - min(day for day, *_ in days)).days
    unit = "day" if span <= 45 else "week" if span <= 300 else "month"
    counts: dict[dt.date, dict[str, int]] = {}
    for day, kind, count in days:
        kinds = counts.setdefault(_start(day, unit), dict.fromkeys(KINDS, 0))
        if kind in kinds:
            kinds[kind] += count
    return unit, [Bucket(start, **kinds) for start, kinds in sorted(counts.items())]


def _start(day: dt.date, unit: str) -> dt.date:
    if unit == "month":
        return day.replace(day=1)
    return day - dt.timedelta(days=day.weekday()) if unit == "week" else day
