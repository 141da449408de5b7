"""What the page shows, as plain values: read from the models, and counted by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_access_review import charts
from wix_access_review.changes import Bucket, Change, buckets, read_days, read_newest
from wix_access_review.controls import Control, read_controls
from wix_access_review.findings import Group, read_groups
from wix_access_review.payload import Payload, prepare, read_payload
from wix_access_review.receipts import TableReceipt, as_of, notes, read_receipts, warnings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    import duckdb

    from wix_access_review.standing import Standing

SEVERITIES = ("critical", "high", "medium", "low")
MOST_CASES = 10
"""Cases of a rule that stand in the page without JavaScript."""
MOST_CHANGES = 200

_KINDS = """
select count(*), count(*) filter (person_type = 'member'), count(*) filter (person_type = 'invite'),
  count(*) filter (person_type = 'contributor')
"""
_PEOPLE = f"{_KINDS} from review_people"
_PRIVILEGED = f"{_PEOPLE} where n in (select distinct person from review_grants where flags & 1 = 1)"  # noqa: S608  # only names of this package are put in
_OUTSIDE = f"{_PEOPLE} where is_external"
_GRANTS = f"{_KINDS} from review_grants as held join review_people as holder on holder.n = held.person"
_PLAIN = """
select (select count(*) from review_sites), (select count(*) from review_grants where flags & 1 = 1),
  (select count(*) from review_grants where flags & 4 = 4)
"""
_ROLES = """
with strongest as (
  select person, role, case when flags & 4 = 0 then flags & 1 = 1 end as privileged from review_grants
  qualify row_number() over (partition by person order by n) = 1
)
select held.role, count(*), case when count(privileged) = count(*) or bool_or(privileged) then bool_or(privileged) end,
  max(coalesce(held.strength, if(privileged is null, 1000, null)))
from strongest join review_roles as held on held.n = strongest.role
group by held.role order by 4 desc nulls last, 2 desc, 1
"""
MOST_ROLES = 10


@dataclass(frozen=True)
class Kinds:
    """How many there are, and of them how many are of members, of open invites and of contributors."""

    all: int
    members: int
    invites: int
    contributors: int


@dataclass(frozen=True)
class Figures:
    """How many there are of what matters."""

    people: Kinds
    privileged: Kinds
    outside: Kinds
    grants: Kinds
    sites: int
    privileged_grants: int
    unknown_grants: int = 0
    """Of how many it is not known whether they are privileged."""


@dataclass(frozen=True)
class Review:
    """Everything that the page shows."""

    title: str
    accounts: list[tuple[str, str]]
    receipts: list[TableReceipt]
    as_of: tuple[dt.datetime, dt.datetime] | None
    warnings: list[str]
    notes: list[str]
    figures: Figures
    accepted: int
    severities: dict[str, int]
    groups: list[Group]
    changes: list[Change]
    change_count: int
    unit: str
    buckets: list[Bucket]
    roles: list[tuple[str, int, bool | None]]
    timeline_chart: str
    roles_chart: str
    payload: Payload
    controls: list[Control]
    standing: Standing | None = None

    @property
    def newest(self) -> list[Change]:
        """The changes that the last read which saw any of them saw, privileged ones first."""
        last = self.changes[0].before if self.changes else None
        return sorted((one for one in self.changes if one.before == last), key=lambda one: one.privileged is False)


def read_review(
    connection: duckdb.DuckDBPyConnection, title: str | None = None, standing: Standing | None = None
) -> Review:
    """Everything that the page shows.

    Args:
        connection: The database.
        title: The page's title; by default it names the accounts.
        standing: How the access stands to the last campaign; None where there was none.

    Raises:
        ReviewError: The models do not belong together.
    """
    prepare(connection)
    accounts = connection.execute("select account_id, name from review_accounts order by n").fetchall()
    read = read_receipts(connection)
    groups = read_groups(connection, MOST_CASES)
    days = read_days(connection)
    unit, spans = buckets(days)
    roles = read_roles(connection)
    warned = warnings(read, accounts)
    return Review(
        title=title or _title([name for _, name in accounts]),
        accounts=accounts,
        receipts=read,
        as_of=as_of(read),
        warnings=warned,
        notes=notes(read, accounts),
        figures=read_figures(connection),
        accepted=sum(group.accepted for group in groups),
        severities=_by_severity(groups),
        groups=groups,
        changes=read_newest(connection, MOST_CHANGES),
        change_count=sum(count for *_, count in days),
        unit=unit,
        buckets=spans,
        roles=roles,
        timeline_chart=charts.timeline(spans, unit),
        roles_chart=charts.roles(roles),
        payload=read_payload(connection),
        controls=read_controls(connection, groups, is_whole=bool(read) and not warned),
        standing=standing,
    )


def read_figures(connection: duckdb.DuckDBPyConnection) -> Figures:
    """The figures that matter.

    Args:
        connection: The database, prepared.
    """
    people, privileged, outside, grants = (
        Kinds(*_one(connection, query)) for query in (_PEOPLE, _PRIVILEGED, _OUTSIDE, _GRANTS)
    )
    return Figures(people, privileged, outside, grants, *_one(connection, _PLAIN))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    return connection.execute(query).fetchone() or ()


def read_roles(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, bool | None]]:
    """How many people have which role as their strongest, strongest first, the rest summed up.

    Args:
        connection: The database, prepared.
    """
    rows = [(role, count, privileged) for role, count, privileged, _ in connection.execute(_ROLES).fetchall()]
    if len(rows) <= MOST_ROLES + 1:
        return rows
    rest = rows[MOST_ROLES:]
    return [
        *rows[:MOST_ROLES],
        (f"{len(rest)} other roles", sum(count for _, count, _ in rest), _any(p for *_, p in rest)),
    ]


def _any(known: Iterable[bool | None]) -> bool | None:
    """Whether one of some is so; None where none is known to be, and not of all that they are not."""
    found = set(known)
    return True if True in found else None if None in found else False


def _by_severity(groups: list[Group]) -> dict[str, int]:
    """Findings that nobody accepts."""
    return {name: sum(one.count - one.accepted for one in groups if one.severity == name) for name in SEVERITIES}


def _title(names: list[str]) -> str:
    if not names:
        return "Access review"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Access review: {', '.join(names[:3])}{more}"
