"""The part of Wix's query language that is supported: filters and sort orders (docs/api-contract.md, section 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from wix_sandbox.problems import Violation
from wix_sandbox.records import Json

Test = Callable[[Json], bool]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: bool(value == wanted),
    "$ne": lambda value, wanted: bool(value != wanted),
    "$in": lambda value, wanted: value in wanted,
    "$hasSome": lambda value, wanted: any(one in wanted for one in (value if isinstance(value, list) else [value])),
    "$nin": lambda value, wanted: value not in wanted,
    "$gt": lambda value, wanted: isinstance(value, str) and value > wanted,
    "$gte": lambda value, wanted: isinstance(value, str) and value >= wanted,
    "$lt": lambda value, wanted: isinstance(value, str) and value < wanted,
    "$lte": lambda value, wanted: isinstance(value, str) and value <= wanted,
    "$startsWith": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    "$exists": lambda value, wanted: (value is not None) is wanted,
}
_LISTS = {"$in", "$nin", "$hasSome"}
_TEXTS = {"$gt", "$gte", "$lt", "$lte", "$startsWith"}


def compiled(expression: Json | None, fields: Collection[str], where: str) -> Test:
    """A filter as a test of one object.

    Args:
        expression: The filter as sent.
        fields: What may be filtered by.
        where: The path of the filter in the request, for errors.

    Raises:
        Violation: The filter uses another field or an unknown operator.
    """
    if not isinstance(expression, dict | None):
        raise Violation(where, "must be made of objects")
    tests = [_clause(key, value, fields, where) for key, value in (expression or {}).items()]
    return lambda item: all(test(item) for test in tests)


def _clause(key: str, value: Any, fields: Collection[str], where: str) -> Test:
    if key in {"$and", "$or"} and isinstance(value, list):
        parts = [compiled(part, fields, where) for part in value]
        every = all if key == "$and" else any
        return lambda item: every(part(item) for part in parts)
    if key == "$not" and isinstance(value, dict):
        inner = compiled(value, fields, where)
        return lambda item: not inner(item)
    if key not in fields:
        raise Violation(f"{where}.{key}", f"cannot be filtered by; only by {', '.join(sorted(fields))}")
    conditions = value if isinstance(value, dict) else {"$eq": value}
    for operator, wanted in conditions.items():
        misused = isinstance(wanted, list) is not (operator in _LISTS)
        misused |= operator in _TEXTS and not isinstance(wanted, str)
        if operator not in _OPERATORS or misused:
            raise Violation(f"{where}.{key}", f"has an unknown or misused operator {operator}")
    return lambda item: all(_OPERATORS[operator](item.get(key), wanted) for operator, wanted in conditions.items())


def ordered(items: list[Json], sort: Sequence[tuple[str, str]], fields: Collection[str], where: str) -> list[Json]:
    """Sort objects, stably, in the requested order.

    Args:
        items: The objects.
        sort: Field names with ASC or DESC, the most significant first.
        fields: What may be sorted by.
        where: The path of the sort order in the request, for errors.

    Raises:
        Violation: The order uses another field or direction.
    """
    for name, direction in reversed(sort):
        if name not in fields or direction not in {"ASC", "DESC"}:
            raise Violation(where, f"cannot sort by {name} {direction}")
        items = sorted(items, key=lambda item: str(item.get(name) or ""), reverse=direction == "DESC")
    return items
