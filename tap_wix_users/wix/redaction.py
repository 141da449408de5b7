"""Makes untrusted text fit to be shown: without secrets, e-mail addresses, and characters that control a terminal.

In doubt the text is withheld: the reader of a log can ask Wix about the request id, but a leaked key stays leaked.
"""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = r"[^\s<>\"'(),;:@\[\]{}]+"
_EMAIL = re.compile(
    rf"{_WORD}@{_WORD}"
    rf"|{_WORD}\s+@\s*{_WORD}\.{_WORD}|{_WORD}@\s+{_WORD}\.{_WORD}"
    rf"|{_WORD}\s*(?:\(at\)|\[at\]|\{{at\}}|<at>|_at_)\s*{_WORD}"
    rf"|{_WORD}\s+at\s+{_WORD}\s*(?:\(dot\)|\[dot\]|\{{dot\}}|\bdot\b)\s*{_WORD}",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9_.\-:/]{1,100}")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(
    r"\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|u\+([0-9a-f]{4,6})|\b0x([0-9a-f]{2})(?![0-9a-f])"
    r"|\\([0-3][0-7]{2})",
    re.IGNORECASE,
)
_LIMIT = 300
"""Characters of a text that are shown."""

_LOOKED_AT = 2000
"""Characters of a text that are examined."""

_ROUNDS = 4
"""How many layers of encoding are undone."""

_PIECE = 8
"""This many consecutive characters of a secret count as a leak."""

_PIECE_BARE = 4
"""This many consecutive letters and digits of a secret count as a leak, ignoring all other characters."""

_LONG = 100
"""A secret with more letters and digits than this has pieces of four in common with innocent words: there, only five
count as a leak."""

_UNPRINTABLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that control a terminal, change the direction of writing, or are invisible."""

WITHHELD = "(withheld: it repeats a part of the API key)"


def printable(text: str) -> str:
    """The text in one line, without characters that control a terminal or the direction of writing."""
    if text.isascii() and text.isprintable():
        return text
    # Format characters, which may join two letters, are dropped; separators and control characters become blanks.
    kept = (
        ("" if unicodedata.category(letter) == "Cf" else " ")
        if unicodedata.category(letter) in _UNPRINTABLE
        else letter
        for letter in text
    )
    return " ".join("".join(kept).split())


class Redactor:
    """Removes secrets and e-mail addresses from untrusted text.

    Args:
        secrets: What must not be shown, in any encoding.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    @cached_property
    def _pieces(self) -> dict[int, set[str]]:
        """The pieces that reveal a secret, by their length; built on first use, since most runs never need them."""
        pieces: dict[int, set[str]] = defaultdict(set)
        for form, length in (known for secret in self._secrets for known in _encoded_forms(secret)):
            size = min(length, len(form))
            pieces[size].update(form[at : at + size] for at in range(len(form) - size + 1) if size)
        return pieces

    def leaks(self, *texts: str) -> bool:
        """Whether the texts, individually or joined, contain a piece of a secret, in any encoding."""
        joined = ["".join(texts)] if len(texts) > 1 else []
        return any(self._holds(form) for text in (*texts, *joined) for form in _forms(text[:_LOOKED_AT]))

    def _holds(self, form: str) -> bool:
        return any(
            form[at : at + size] in pieces
            for size, pieces in self._pieces.items()
            for at in range(len(form) - size + 1)
        )

    def text(self, value: object) -> str:
        """Text from the server, made fit to be shown: one line, bounded, without secrets or e-mail addresses."""
        if not isinstance(value, str):
            return ""
        if self.leaks(value):
            return WITHHELD
        words = printable(value[:_LOOKED_AT])
        plain = unicodedata.normalize("NFKC", words)
        masked = _EMAIL.sub("(e-mail)", plain) if _EMAIL.search(plain) else words
        if any(_EMAIL.search(form) for form in _decoded(masked)):
            return "(withheld: it may hold an e-mail address)"
        return masked[:_LIMIT]

    def token(self, value: object) -> str:
        """A code or an id from the server; empty if it does not look like one."""
        return value if isinstance(value, str) and _TOKEN.fullmatch(value) and not self.leaks(value) else ""


def _encoded_forms(secret: str) -> Iterator[tuple[str, int]]:
    """Each form that a secret may be encoded in, and the length of a piece that counts as a leak."""
    bare, turned = _bare(secret), secret[::-1]
    for plain in (secret, turned):
        yield plain.lower(), _PIECE
    for plain in (bare, bare[::-1], codecs.encode(bare, "rot13")):
        yield plain, _PIECE_BARE + (len(bare) > _LONG)
    yield "".join(str(ord(letter)) for letter in secret), _PIECE + 2
    once = [*_encodings(secret), *_encodings(turned)]
    twice = [form for encoded in (*once[:3], secret.encode().hex()) for form in _encodings(encoded)]
    for encoded in (*once, *twice):
        yield _bare(encoded), _PIECE


def _encodings(text: str) -> Iterator[str]:
    raw = text.encode()
    for shift in range(3):
        # Inside a longer base64 text, it is encoded differently at each offset within a group of three bytes.
        yield base64.b64encode(bytes(shift) + raw).decode()[4 if shift else 0 :].rstrip("=")
    yield base64.b32encode(raw).decode().rstrip("=")
    yield raw.hex()


def _bare(text: str) -> str:
    """Only the ASCII letters and digits, normalized and in lower case."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text).lower() if letter.isascii() and letter.isalnum()
    )


def _decoded(text: str) -> Iterator[str]:
    """The text as it is, and with one layer of encoding after the other undone."""
    for _ in range(_ROUNDS):
        yield text
        before, text = text, _ESCAPE.sub(_letter, unquote(html.unescape(unicodedata.normalize("NFKC", text))))
        if text == before:
            return
    yield text


def _forms(text: str) -> set[str]:
    forms = set()
    for form in _decoded(text):
        forms |= {form.lower(), _bare(form), _bare(_TAG.sub("", form))}
    return forms


def _letter(escape: re.Match[str]) -> str:
    octal, found = escape[6], next(filter(None, escape.groups()))
    number = int(found, 8 if octal else 16)
    return chr(number) if number <= 0x10FFFF else escape[0]
