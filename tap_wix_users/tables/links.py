"""Links and tokens that accept an invite: anyone who has one may be able to join the account.

The API documents one field for them. Anything else that looks like such a link is treated as one: unknown fields are
kept unchanged, and must not leak a link.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

WITHHELD = "(withheld: it may accept an invite)"

_ACTION = r"accept|invit|join|redeem|activat|confirm|claim|signup|register|verif|enroll|onboard"
_FORM = r"link|url|uri|href|code|key|hash|path|address"
_NAME = re.compile(
    rf"token|secret|passw|otp$|magic|jwt|(?:{_ACTION}).*(?:{_FORM})|(?:{_FORM}).*(?:{_ACTION})|^(?:accept|join)$"
)
"""Names of fields that hold one; only letters, in lower case."""

_ADDRESS = re.compile(
    rf"(?:(?:[a-z][a-z0-9+.-]*:)?//|www\.)\S*(?:{_ACTION}|token|secret|[?&#]\S+=)|/\S*\?\S+=", re.IGNORECASE
)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9_=~-]{16,}")
_MIXED = 4
"""Letters and digits alternate at least this often in a token, but not in words."""


def without_links(value: Any) -> Any:
    """Withhold everything in a JSON value that looks like a link or a token by its name or value, at any depth.

    Args:
        value: JSON.
    """
    if isinstance(value, str):
        return WITHHELD if is_link(value) else value
    if isinstance(value, dict):
        return {
            WITHHELD if is_link(name) else name: WITHHELD
            if _names_link(name) and not (inner is None or isinstance(inner, bool))
            else without_links(inner)
            for name, inner in value.items()
        }
    return [without_links(inner) for inner in value] if isinstance(value, list) else value


@lru_cache(4096)
def is_link(text: str) -> bool:
    """Whether a text is or contains a link or a token that may accept an invite."""
    if len(text) < 4 or _GUID.fullmatch(text):
        return False
    plain = unquote(unquote(html.unescape(text)))
    return bool(_ADDRESS.search(plain)) or any(_is_token(run) for run in _RUN.findall(_GUID.sub(" ", plain)))


@lru_cache(4096)
def _names_link(name: str) -> bool:
    return bool(_NAME.search("".join(filter(str.isalpha, name)).lower()))


def _is_token(run: str) -> bool:
    kinds = [letter.isdigit() for letter in run if letter.isalnum()]
    return sum(one != other for one, other in pairwise(kinds)) >= _MIXED
