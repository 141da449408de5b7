"""The short hash by which values are distinguished by content."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec


def content_hash(value: Any) -> str:
    """Hash a JSON value to sixteen hexadecimal digits, regardless of the order of its members.

    Args:
        value: Any JSON value.
    """
    return blake2b(msgspec.json.encode(value, order="sorted"), digest_size=8).hexdigest()
