"""How rows are created, keyed and serialized.

A table is declared as a pydantic model, and its rows are `msgspec` structs with the same columns: values were validated
when the answer was parsed, so rows need no second validation and can be serialized directly.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tap_wix_users.tables.keys import record_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_wix_users.tables.models import Row

Columns: TypeAlias = Any
"""A row of a table: each of its columns is an attribute."""

encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="deterministic").encode
"""A row as JSON with sorted names, so that the same content is always the same text: `columns_of` sorts the columns."""


@cache
def columns_of(model: type[Row]) -> type[Columns]:
    """The class of a table's rows: every column is a required keyword argument, so that none is forgotten.

    Args:
        model: The table's declaration.
    """
    return msgspec.defstruct(model.__name__, sorted(model.model_fields), frozen=True, kw_only=True, gc=False)


def keys_of(model: type[Row]) -> Callable[[Sequence[Columns]], list[str]]:
    """The function that returns the keys of rows without the account, as in `change_log.record_key`.

    Args:
        model: The table's declaration.
    """
    parts = [attrgetter(name) for name in model.key[1:] or model.key]
    return lambda rows: record_keys(*(list(map(part, rows)) for part in parts))
