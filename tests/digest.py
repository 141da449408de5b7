"""The digest of a set of record keys, as a user of the rows computes it in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUM = "coalesce(sum(cast('0x' || substr(md5(key), {}, 8) as bigint)), 0) % 4294967296"
DIGEST = " || '-' || ".join(f"cast({_SUM.format(place)} as varchar)" for place in (1, 9, 17, 25))
"""An aggregate over a column `key`."""


def digest(keys: Iterable[str]) -> str:
    """The digest of these keys."""
    with duckdb.connect() as connection:
        row = connection.execute(f"select {DIGEST} from (select unnest(?) as key)", [list(keys)]).fetchone()
    assert row is not None
    return str(row[0])
