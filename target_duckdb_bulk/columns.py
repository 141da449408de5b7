"""Columns: from the properties of a Singer SCHEMA to DuckDB types, and to a validator of records."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from target_duckdb_bulk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    Record = bytes | memoryview | msgspec.Raw

TEXT, JSON = "VARCHAR", "JSON"
DELETED_AT = "_sdc_deleted_at"
TABLE_VERSION = "_sdc_table_version"

BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
_TYPES = {"string": TEXT, "boolean": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE", "object": JSON, "array": JSON}
# Times of day are stored as text: DuckDB's TIME has no offset.
_FORMATS = {"date-time": "TIMESTAMP", "date": "DATE"}
_CHECKS: dict[str, Any] = {
    TEXT: str,
    "BOOLEAN": bool,
    "BIGINT": Annotated[int, msgspec.Meta(ge=BIGINT_MIN, le=BIGINT_MAX)],
    "DOUBLE": float,
    # DuckDB would truncate a date-time to its day.
    "DATE": dt.date,
    "TIMESTAMP": str,
    JSON: msgspec.Raw,
}
INTEGERS = {"BIGINT", "INTEGER"}
_WIDER = {
    frozenset({"BIGINT", "DOUBLE"}): "DOUBLE",
    frozenset({"DATE", "TIMESTAMP"}): "TIMESTAMP",
    frozenset({"INTEGER", "BIGINT"}): "BIGINT",
    frozenset({"INTEGER", "DOUBLE"}): "DOUBLE",
    frozenset({"FLOAT", "DOUBLE"}): "DOUBLE",
}


def columns(stream: str, properties: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str]:
    """The columns of a stream, with their types.

    Args:
        stream: Its name.
        properties: Its properties, as the SCHEMA declares them.
        keys: The properties that identify a row.

    Raises:
        InputError: DuckDB cannot make a table of them.
    """
    if not properties:
        raise InputError(f"The SCHEMA of stream `{stream}` has no properties: there is nothing to store.")
    if missing := [key for key in keys if key not in properties]:
        raise InputError(f"The key `{missing[0]}` of stream `{stream}` is not a property of its SCHEMA.")
    seen: dict[str, str] = {}
    for name in properties:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise InputError(f"Stream `{stream}` has `{other}` and `{name}`, which are the same column to DuckDB.")
    return {name: duckdb_type(declared) for name, declared in properties.items()}


def duckdb_type(declared: Any) -> str:
    """The type of a column: JSON wherever values of several kinds are allowed.

    Args:
        declared: The property in a Singer SCHEMA.
    """
    found = set(_types(declared))
    if found == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    if found and found <= {TEXT, *_FORMATS.values()}:
        return found.pop() if len(found) == 1 else TEXT
    return found.pop() if len(found) == 1 else JSON


def _types(declared: Any) -> Iterator[str]:
    """The types of all alternatives, without null."""
    if not isinstance(declared, dict):
        yield JSON
        return
    for branches in (declared.get(name) for name in ("anyOf", "oneOf")):
        for branch in branches or ():
            yield from _types(branch)
    kinds = declared.get("type", [] if {"anyOf", "oneOf"} & declared.keys() else ["any"])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "string":
            yield _FORMATS.get(declared.get("format", ""), TEXT)
        elif kind != "null":
            yield _TYPES.get(kind, JSON)


def checker(types: Mapping[str, str], keys: Collection[str], *, strict: bool) -> Callable[[Record], Any]:
    """A validator for records, which rejects values that DuckDB would convert: `1.5` or `true` for an integer, say.

    Args:
        types: The columns with their types.
        keys: The columns that are required, and cannot be null.
        strict: Whether to reject a field that is not a column.

    Returns:
        A function that takes a record; it raises `msgspec.ValidationError`, or `msgspec.DecodeError` for invalid JSON.
    """
    checks = {name: _checked(kind, optional=name not in keys) for name, kind in types.items()}
    # msgspec wants required fields before the others.
    fields: list[tuple[str, Any, Any]] = [
        (f"c{place}", checks[name], msgspec.field(name=name, **({} if name in keys else {"default": None})))
        for place, name in enumerate(sorted(types, key=lambda name: name not in keys))
    ]
    try:
        row = msgspec.defstruct("Record", fields, gc=False, forbid_unknown_fields=strict)
    except ValueError:
        # msgspec does not support fields whose names need escapes in JSON.
        return _ByName(checks, keys, strict=strict)
    return msgspec.json.Decoder(row).decode


def _checked(kind: str, *, optional: bool) -> Any:
    check = _CHECKS[kind]
    # `Raw` already accepts null.
    return check | None if optional and check is not msgspec.Raw else check


class _ByName:
    """Validates a record field by field, whatever their names."""

    def __init__(self, checks: Mapping[str, Any], keys: Collection[str], *, strict: bool) -> None:
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._checks = {name: msgspec.json.Decoder(check).decode for name, check in checks.items()}
        self._keys, self._strict = keys, strict

    def __call__(self, record: Record) -> None:
        fields = self._decode(record)
        if self._strict and fields.keys() - self._checks.keys():
            raise msgspec.ValidationError("Object contains an unknown field")
        for name, check in self._checks.items():
            if name in fields:
                check(fields[name])
            elif name in self._keys:
                raise msgspec.ValidationError(f"Object missing required field `{name}`")


def wider(stored: str, declared: str) -> str:
    """The type that can hold the values of two types: never narrower than the stored one.

    Args:
        stored: The current type of the column.
        declared: The type that the SCHEMA declares.
    """
    if stored == declared or stored in {TEXT, JSON}:
        return stored
    if declared == JSON:
        return JSON
    if stored not in _CHECKS and frozenset({stored, declared}) not in _WIDER:
        # A type that something else chose: it is kept for as long as it can hold the values.
        return stored
    return _WIDER.get(frozenset({stored, declared}), TEXT)
