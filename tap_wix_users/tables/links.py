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

_ACTION = r"accept|invit|join|redeem|redempt|activat|confirm|claim|signup|register|verif|enroll|onboard"
_FORM = r"link|url|uri|href|code|key|hash|path|address"
_NAME = re.compile(
    rf"token|secret|passw|otp$|^pin$|pincode|magic|jwt|nonce|credential|signature|session|^auth(?:orization)?$"
    rf"|(?:access|api|auth|private)key|(?:{_ACTION}).*(?:{_FORM})|(?:{_FORM}).*(?:{_ACTION})|^(?:accept|join)$"
)
"""Names of fields that hold one; only letters, in lower case."""

_MARK = re.compile(rf"{_ACTION}|token|secret", re.IGNORECASE)
_SAID = re.compile(
    r"(?:token|secret|passw\w{0,20}|otp|(?:code|key)(?=[\"'\s:=]{1,9}[^\s\"']{0,30}\d))"
    r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?[^\s\"']{4}",
    re.IGNORECASE,
)
"""A value that a text gives a name of its own."""

_CODE = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9_-]{5,}")
"""How an address ends that stands for a longer one."""

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
            if (_names_link(name) and not (inner is None or isinstance(inner, bool)))
            or (_names_action(name) and isinstance(inner, str) and "//" in inner)
            else without_links(inner)
            for name, inner in value.items()
        }
    return [without_links(inner) for inner in value] if isinstance(value, list) else value


def is_link(text: str) -> bool:
    """Whether a text is or contains a link or a token that may accept an invite."""
    if len(text) < 4 or _GUID.fullmatch(text):
        return False
    return _known_is_link(text) if len(text) <= _KNOWN_LENGTH else _is_link(text)


def _is_link(text: str) -> bool:
    plain = unquote(unquote(html.unescape(text)))
    if any(_is_address(word) for word in plain.split()) or _SAID.search(plain):
        return True
    return any(_is_token(run) for run in _RUN.findall(_GUID.sub(" ", plain)))


_LONGEST_NAME = 200
"""No field is called by a longer name than this."""

_KNOWN_LENGTH = 1024
"""So long may a text be to be remembered."""

_known_is_link = lru_cache(4096)(_is_link)


def _is_address(word: str) -> bool:
    """Whether a word holds an address that does something, or has parameters. Each letter is looked at a few times."""
    begin = min((found for found in (word.find("//"), word.lower().find("www.")) if found >= 0), default=None)
    if begin is not None:
        address = word[begin:]
        _, _, path = address.lstrip("/").partition("/")
        if (
            _MARK.search(address)
            or _has_value(address, "?&#")
            or _CODE.fullmatch(path.strip("/\"'<>().,").split("/")[-1])
        ):
            return True
    slash = word.find("/")
    return slash >= 0 and _has_value(word[slash:], "?")


def _has_value(address: str, signs: str) -> bool:
    """Whether one of some signs comes, and a parameter with a value after it."""
    found = min((place for sign in signs if (place := address.find(sign)) >= 0), default=None)
    return found is not None and "=" in address[found + 2 :]


def _names_link(name: str) -> bool:
    return len(name) > _LONGEST_NAME or _known_names_link(name)


@lru_cache(4096)
def _known_names_link(name: str) -> bool:
    return bool(_NAME.search("".join(filter(str.isalpha, name)).lower()))


def _names_action(name: str) -> bool:
    return bool(re.search(_ACTION, name, re.IGNORECASE))


def _is_token(run: str) -> bool:
    kinds = [letter.isdigit() for letter in run if letter.isalnum()]
    return sum(one != other for one, other in pairwise(kinds)) >= _MIXED
