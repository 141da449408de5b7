"""Words as they are meant: without what nobody sees, which programs and web pages leave in what is copied from them."""

from __future__ import annotations

import unicodedata
from typing import Any


def plain(value: Any) -> str:
    """A value as a word: wide letters narrow, without invisible ones, and with single blanks between what is seen.

    Not for prose: an emoji may be held together by what nobody sees.

    Args:
        value: What stands in a cell.
    """
    text = str("" if value is None else value)
    if text.isascii():
        return " ".join(text.split())
    seen = (one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return " ".join("".join(seen).split())
