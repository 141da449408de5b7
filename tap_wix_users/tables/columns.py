"""Rows as they are made, keyed and written: the columns of a table's declaration, and their JSON.

A declaration is a pydantic model, and a row is a `msgspec` struct with the same columns: what is checked where it is
read needs no second check, and is written as JSON at once.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tap_wix_users.tables.keys import record_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_wix_users.tables.models import Row

Columns: TypeAlias = Any
"""A row of a table: each of its columns is an attribute."""

encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="sorted").encode
"""A row as JSON, its names sorted: the same content is always the same text."""


@cache
def columns_of(model: type[Row]) -> type[Columns]:
    """What makes rows of a table: it takes every column, by its name, so that none is forgotten.

    Args:
        model: The table's declaration.
    """
    return msgspec.defstruct(model.__name__, sorted(model.model_fields), frozen=True, kw_only=True, gc=False)


def key_of(model: type[Row]) -> Callable[[Columns], str]:
    """What gives a row's key without the account, as `change_log` names it.

    Args:
        model: The table's declaration.
    """
    names = model.key[1:] or model.key
    if len(names) == 1:
        [name] = names
        return lambda row: record_key((getattr(row, name),))
    parts = attrgetter(*names)
    return lambda row: record_key(parts(row))
