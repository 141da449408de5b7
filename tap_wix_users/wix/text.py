"""Text that every target can store: characters that databases reject are replaced before an answer is parsed."""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})(?:\\u([Dd][C-Fc-f][0-9A-Fa-f]{2}))?|.)", re.DOTALL)
_SUSPECT = re.compile(rb"\\u(?:[Dd][89A-Fa-f]|0000)")
_REPLACED = rb"\ufffd"


def folded(identifier: str) -> str:
    """An id without its case and its blanks: two that differ in these alone are hardly two."""
    return "".join(identifier.casefold().split())


def storable(body: bytes) -> bytes:
    """JSON with U+FFFD in place of what no target can store: NUL, half surrogate pairs, and bytes that are not UTF-8.

    Args:
        body: JSON, or anything else.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode(errors="replace").encode()
    # Asked first, since it is quick.
    return _ESCAPE.sub(_whole, body) if b"\\" in body and _SUSPECT.search(body) else body


def _whole(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        return escape[0]
    number = int(escape[1], 16)
    if 0xD800 <= number < 0xDC00 and escape[2]:
        return escape[0]
    kept = _REPLACED if number == 0 or 0xD800 <= number < 0xE000 else b"\\u" + escape[1]
    # A low surrogate without a high one before it is another half pair.
    return kept + (_REPLACED if escape[2] else b"")
