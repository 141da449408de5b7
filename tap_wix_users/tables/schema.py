"""The Singer schema of a table, generated from its model."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from tap_wix_users.tables.models import SEEN_COLUMNS, EntityRow, Row

if TYPE_CHECKING:
    from pydantic import BaseModel

_KEPT = ("type", "format", "description", "properties", "items")


def singer_schema(model: type[Row]) -> dict[str, Any]:
    """The JSON schema of a table's rows, in the subset that Singer targets understand.

    Enums are plain strings, so that a value that this release does not know is valid.
    """
    properties = columns(model)
    if issubclass(model, EntityRow):
        for name, description in SEEN_COLUMNS.items():
            properties[name] = {"type": ["string"], "format": "date-time", "description": description}
    return {"type": "object", "description": model.__doc__, "properties": properties, "required": list(model.key)}


def columns(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The columns of a model as JSON schemas: the key's first, then in the order of declaration."""
    # New ones each time: the SDK and the streams add to the schemas that they are given.
    found: dict[str, dict[str, Any]] = json.loads(_columns(model))
    return found


@cache
def _columns(model: type[BaseModel]) -> str:
    declared = model.model_json_schema(mode="serialization")["properties"]
    last = [name for name in ("restrictions", "extra") if name in declared]
    first = [name for name in getattr(model, "key", ()) if name not in last]
    middle = [name for name in declared if name not in first and name not in last]
    return json.dumps({name: _singer_type(declared[name]) for name in (*first, *middle, *last)})


def _singer_type(declared: dict[str, Any]) -> dict[str, Any]:
    # pydantic writes `anyOf: [X, null]`, which targets treat as text; Singer uses `type: [x, null]`.
    options = declared.get("anyOf", [declared])
    real = next(option for option in options if option.get("type") != "null")
    merged = {**declared, **real}
    result = {name: merged[name] for name in _KEPT if name in merged}
    if "items" in result:
        result["items"] = _singer_type(result["items"])
    result["type"] = [merged["type"], *(["null"] if len(options) > 1 else [])]
    return result
