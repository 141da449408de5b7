"""Record keys, as `change_log` names rows by them, and the digest of a set of them, as receipts hold it."""

from __future__ import annotations

import struct
from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATOR = "|"
ESCAPES = (("%", "%25"), (SEPARATOR, "%7C"))
"""How a part may hold the separator and still differ from two parts: without a backslash, which the SQL of some
warehouses does not take as it is."""


def record_key(parts: Sequence[str]) -> str:
    """The parts of a key as one text, which no other parts give.

    Args:
        parts: The columns of a row's primary key, without the account.
    """
    joined = SEPARATOR.join(parts)
    if "%" in joined or joined.count(SEPARATOR) >= len(parts):
        for plain, escaped in ESCAPES:
            parts = [part.replace(plain, escaped) for part in parts]
        return SEPARATOR.join(parts)
    return joined


def key_parts(key: str) -> list[str]:
    """The parts that `record_key` joined."""
    parts = key.split(SEPARATOR)
    for plain, escaped in reversed(ESCAPES):
        parts = [part.replace(escaped, plain) for part in parts]
    return parts


class KeySetDigest:
    """The digest of a set of record keys, whatever their order: sums that any warehouse can make of its rows.

    The MD5 of each key is read as four numbers of 32 bits; each is added up over all keys, modulo 2^32. A key that is
    missing, foreign or there twice changes it. It is a proof against accidents, not against somebody who makes up keys.
    """

    def __init__(self) -> None:
        self._sums = [0, 0, 0, 0]

    def add(self, keys: Sequence[str]) -> None:
        """Add keys of the set; each once."""
        hashes = b"".join([md5(key.encode(), usedforsecurity=False).digest() for key in keys])
        numbers = struct.unpack(f">{4 * len(keys)}I", hashes)
        self._sums = [total + sum(numbers[place::4]) for place, total in enumerate(self._sums)]

    def __str__(self) -> str:
        """The four sums in decimal, joined by `-`; `0-0-0-0` for no key."""
        return "-".join(str(total % 2**32) for total in self._sums)
