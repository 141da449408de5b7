"""One short hash for every place that distinguishes values by their content."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec


def content_hash(value: Any) -> str:
    """Sixteen hexadecimal digits that stand for a JSON value, whatever the order of its members.

    Args:
        value: What JSON can hold.
    """
    return blake2b(msgspec.json.encode(value, order="sorted"), digest_size=8).hexdigest()
