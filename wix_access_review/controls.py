"""The findings by control: which controls pass, and which do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_access_review.contract import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from wix_access_review.findings import Group

_CONTROLS = f"""
select control, framework, min(title), max(rule_count) from {SCHEMA}.findings_by_control
group by control, framework order by framework desc, control
"""  # noqa: S608  # only names of this package are put in


@dataclass(frozen=True)
class Control:
    """A control, and the findings of the rules that serve it."""

    control: str
    framework: str
    title: str
    rules: int
    groups: Sequence[tuple[int, Group]]
    is_whole: bool
    """Whether everything that the page shows was read completely and lately."""

    @property
    def open(self) -> int:
        """Findings that nobody accepts."""
        return sum(group.count - group.accepted for _, group in self.groups)

    @property
    def accepted(self) -> int:
        """Findings that somebody accepts for a time."""
        return sum(group.accepted for _, group in self.groups)

    @property
    def passed_rules(self) -> int:
        """Rules that found nothing."""
        return self.rules - len({group.rule for _, group in self.groups})

    @property
    def status(self) -> str:
        """What an auditor may say of it. What nobody looked at has not passed."""
        if self.open:
            return "not passed"
        if not self.is_whole:
            return "not known"
        return "passed, exceptions accepted" if self.accepted else "passed"


def read_controls(connection: duckdb.DuckDBPyConnection, groups: Sequence[Group], *, is_whole: bool) -> list[Control]:
    """Every control that a rule serves.

    Args:
        connection: The database.
        groups: The findings, as the page numbers them.
        is_whole: Whether everything was read completely and lately.
    """
    rows = connection.execute(_CONTROLS).fetchall()
    numbered = [(number, group, set(group.controls.split(", "))) for number, group in enumerate(groups, start=1)]
    return [
        Control(
            control, framework, title, rules,
            [(number, group) for number, group, serves in numbered if control in serves], is_whole,
        )
        for control, framework, title, rules in rows
    ]  # fmt: skip
