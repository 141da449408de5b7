"""How many random examples a law is tried on.

Few in each run, since every run draws others. `WIX_EXAMPLES=20 pytest …` tries twenty times as many.
"""

from __future__ import annotations

import os

_TIMES = float(os.environ.get("WIX_EXAMPLES", "1"))


def examples(number: int) -> int:
    """So many, or as many times more as was asked for."""
    return max(1, round(number * _TIMES))
