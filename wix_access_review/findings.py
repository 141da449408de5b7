"""The findings, worst first, one group for each rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wix_access_review.contract import SCHEMA
from wix_access_review.database import reading

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

_GROUPS = f"""
select rule, title, severity, severity_rank, coalesce(min(advice), ''), coalesce(min(controls), ''), count(*),
  count(*) filter (is_accepted)
from {SCHEMA}.findings group by rule, title, severity, severity_rank
order by severity_rank desc, count(*), rule, title
"""  # noqa: S608  # only names of this package are put in
_CASES = f"""
select rule, title, severity, person, email, role_title, coalesce(asset_name, asset_id), coalesce(explanation, ''),
  finding_key, [account_id, person_type, person_id],
  case when is_accepted then concat_ws(': ', 'accepted by ' || coalesce(accepted_by, 'somebody') || ' until '
    || strftime(accepted_until, '%Y-%m-%d'), accepted_reason) end
from {SCHEMA}.findings
qualify row_number() over (partition by rule, title, severity order by person nulls last, finding_key) <= ?
order by person nulls last, finding_key
"""  # noqa: S608


@dataclass(frozen=True)
class Case:
    """One finding: about whom or what, and why."""

    person: str | None
    email: str | None
    role: str | None
    asset: str | None
    explanation: str
    key: str
    person_key: list[str | None] = field(default_factory=list)
    accepted: str | None = None

    @property
    def about(self) -> str:
        """Whom or what it is about, in a few words."""
        return self.person or self.email or self.asset or self.role or "the account"


@dataclass(frozen=True)
class Group:
    """The findings of one rule and severity."""

    rule: str
    title: str
    severity: str
    rank: int
    advice: str
    controls: str
    count: int
    cases: list[Case] = field(default_factory=list)
    accepted: int = 0


def read_groups(connection: duckdb.DuckDBPyConnection, most: int) -> list[Group]:
    """Every rule that found something, worst first, those with fewest cases first among equals.

    Args:
        connection: The database.
        most: Cases to read of each; `Group.count` says how many there are.
    """
    found = connection.execute(_GROUPS).fetchall()
    groups = [replace(Group(*row[:7]), accepted=row[7]) for row in found]
    by_key = {(group.rule, group.title, group.severity): group for group in groups}
    rows = connection.execute(_CASES, [most]).fetchall()
    for rule, title, severity, *about in rows:
        by_key[rule, title, severity].cases.append(Case(*about))
    return groups


def worst(path: Path | str, count: int = 5) -> list[str]:
    """The most important findings as lines to print, each of another rule: severity, title, one case, how many more.

    Args:
        path: The DuckDB file.
        count: How many lines at most.

    Raises:
        ReviewError: The file cannot be read, or the models are not built.
    """
    with reading(path) as connection:
        return [_line(group) for group in read_groups(connection, most=1)[:count]]


def _line(group: Group) -> str:
    more = f" (and {group.count - 1} more)" if group.count > 1 else ""
    case = group.cases[0]
    whom = "" if case.about in case.explanation else f"{case.about}. "
    return printable(f"{group.severity.upper()}: {group.title}: {whom}{case.explanation}{more}")


def printable(text: Any) -> str:
    """Text from outside on one line, without what a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
