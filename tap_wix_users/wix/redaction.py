"""What came from outside, made fit to be shown: without secrets, people's addresses, and letters that play tricks.

In doubt the words are left out: whoever reads a log can ask Wix by the request's id, but nobody can take a key back.
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
_LOOKED_AT = 2000
"""Letters of an answer's words that are looked at: no more than `_LIMIT` of them are shown."""

_ROUNDS = 4
"""How often an encoding is undone."""

_PIECE = 8
"""So many characters of a secret, one after another, are a leak of it."""

_PIECE_BARE = 4
"""So many of its letters and digits are, where all between them is left out."""

_LONG = 100
"""A secret of more letters and digits shares pieces of four with innocent words: five are a leak of it then."""

_UNPRINTABLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Kinds of characters that control a terminal, change the direction of writing, or show nothing at all."""

WITHHELD = "(withheld: it repeats a part of the API key)"


def printable(text: str) -> str:
    """The text in one line, without characters that control a terminal or the direction of writing."""
    if text.isascii() and text.isprintable():
        return text
    # A joint between two letters falls away; what separates words, and what begins a command, becomes a blank.
    kept = (
        ("" if unicodedata.category(letter) == "Cf" else " ")
        if unicodedata.category(letter) in _UNPRINTABLE
        else letter
        for letter in text
    )
    return " ".join("".join(kept).split())


class Redactor:
    """Takes secrets and people's e-mail addresses out of text that came from outside.

    Args:
        secrets: What must not be shown, in no dress.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    @cached_property
    def _pieces(self) -> dict[int, set[str]]:
        """What gives a secret away, by its length; made when somebody asks, since most runs never do."""
        pieces: dict[int, set[str]] = defaultdict(set)
        for form, length in (known for secret in self._secrets for known in _encoded_forms(secret)):
            size = min(length, len(form))
            pieces[size].update(form[at : at + size] for at in range(len(form) - size + 1) if size)
        return pieces

    def leaks(self, *texts: str) -> bool:
        """Whether the texts, one by one or joined, hold a piece of a secret, in any dress."""
        joined = ["".join(texts)] if len(texts) > 1 else []
        return any(self._holds(form) for text in (*texts, *joined) for form in _forms(text[:_LOOKED_AT]))

    def _holds(self, form: str) -> bool:
        return any(
            form[at : at + size] in pieces
            for size, pieces in self._pieces.items()
            for at in range(len(form) - size + 1)
        )

    def text(self, value: object) -> str:
        """Words of the server, fit to be shown: one line, bounded, without secrets or e-mail addresses."""
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
        """A code or an id of the server, or nothing when it is not one."""
        return value if isinstance(value, str) and _TOKEN.fullmatch(value) and not self.leaks(value) else ""


def _encoded_forms(secret: str) -> Iterator[tuple[str, int]]:
    """Each form that a secret may come in, and how long a piece of it is a leak."""
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
        # Encoded as a part of something longer, text looks different for each place in a group of three bytes.
        yield base64.b64encode(bytes(shift) + raw).decode()[4 if shift else 0 :].rstrip("=")
    yield base64.b32encode(raw).decode().rstrip("=")
    yield raw.hex()


def _bare(text: str) -> str:
    """Letters and digits alone, in one form and one case."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text).lower() if letter.isascii() and letter.isalnum()
    )


def _decoded(text: str) -> Iterator[str]:
    """The text, and what it is with one encoding after the other undone."""
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
