"""Record keys, which identify rows in `change_log`, and the digest of a set of keys in a receipt."""

from __future__ import annotations

import struct
from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATOR = "|"
ESCAPES = (("%", "%25"), (SEPARATOR, "%7C"))
"""Replacements that allow a part to contain the separator. Without a backslash, which some warehouses' SQL treats as an
escape character."""


def record_key(parts: Sequence[str]) -> str:
    """Join the parts of a key into one text, which is different for different parts.

    Args:
        parts: The columns of a row's primary key, without the account.
    """
    joined = SEPARATOR.join(parts)
    if "%" in joined or joined.count(SEPARATOR) >= len(parts):
        for plain, escaped in ESCAPES:
            parts = [part.replace(plain, escaped) for part in parts]
        return SEPARATOR.join(parts)
    return joined


def record_keys(*parts: Sequence[str]) -> list[str]:
    """The keys of many rows: what `record_key` returns for each.

    Args:
        parts: The columns of their primary key, without the account.
    """
    rows = list(zip(*parts, strict=True))
    joined = list(map(SEPARATOR.join, rows))
    text = "".join(joined)
    if "%" in text or text.count(SEPARATOR) > len(rows) * (len(parts) - 1):
        return list(map(record_key, rows))
    return joined


def key_parts(key: str) -> list[str]:
    """Split a key into the parts that `record_key` joined."""
    parts = key.split(SEPARATOR)
    for plain, escaped in reversed(ESCAPES):
        parts = [part.replace(escaped, plain) for part in parts]
    return parts


class KeySetDigest:
    """The digest of a set of record keys, in any order: sums that any warehouse can compute from its rows.

    The MD5 of each key is read as four 32-bit numbers; each is added up over all keys, modulo 2^32. A missing, foreign
    or duplicate key changes the digest. It protects against accidents, not against somebody who forges keys.
    """

    def __init__(self) -> None:
        self._sums = [0, 0, 0, 0]

    def add(self, keys: Sequence[str]) -> None:
        """Add keys; each key of the set must be added exactly once."""
        hashes = b"".join([md5(key.encode(), usedforsecurity=False).digest() for key in keys])
        numbers = struct.unpack(f">{4 * len(keys)}I", hashes)
        self._sums = [total + sum(numbers[place::4]) for place, total in enumerate(self._sums)]

    def __str__(self) -> str:
        """The four sums in decimal, joined by `-`; `0-0-0-0` for no key."""
        return "-".join(str(total % 2**32) for total in self._sums)
