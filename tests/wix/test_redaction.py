"""What came from outside is shown without the key in any dress, addresses, and letters that play tricks."""

from __future__ import annotations

import base64
import codecs
import html
from urllib.parse import quote

import pytest

from tap_wix_users.wix.redaction import WITHHELD, Redactor, printable

KEY = "IST.k9Zq+w/7=Xv%p&Lm~3tR8yB1nD5cF6hJ0sAeUoGiQ4xW2zMvNb"
MASKED = "(withheld: it may hold an e-mail address)"


def spread(by: str, every: int = 1) -> str:
    """The key, with something between its pieces."""
    return by.join(KEY[at : at + every] for at in range(0, len(KEY), every))


def b64(text: str) -> str:
    """As base64."""
    return base64.b64encode(text.encode()).decode()


DRESSES = {
    "plain": KEY,
    "in another case": KEY.swapcase(),
    "reversed": KEY[::-1],
    "wrapped": spread("\n", 7),
    "wrapped and indented": spread("\r\n    ", 5),
    "spaced": spread(" "),
    "dotted": spread("."),
    "hyphened": spread("-", 4),
    "in quotes": spread('" + "', 6),
    "with zero-width spaces": spread("\u200b"),
    "with soft hyphens": spread("\u00ad", 2),
    "with joiners": spread("\u2060"),
    "with NUL": spread("\x00"),
    "with escape sequences": spread("\x1b[31m", 6),
    "with accents": spread("\u0301"),
    "in full width": "".join(chr(ord(letter) + 0xFEE0) for letter in KEY),
    "with tags between": spread("<b>", 3),
    "numbered lines": "\n".join(f"{at}: {KEY[at : at + 7]}" for at in range(0, len(KEY), 7)),
    "as HTML": html.escape(KEY),
    "as HTML entities": "".join(f"&#{ord(letter)};" for letter in KEY),
    "as hexadecimal entities": "".join(f"&#x{ord(letter):x};" for letter in KEY),
    "as entities of entities": html.escape("".join(f"&#{ord(letter)};" for letter in KEY)),
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded twice": quote(quote(KEY, safe=""), safe=""),
    "every letter percent-encoded twice": quote("".join(f"%{byte:02x}" for byte in KEY.encode())),
    "as \\u escapes": "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    "as \\x escapes": "".join(f"\\x{ord(letter):02x}" for letter in KEY),
    "as octal escapes": "".join(f"\\{ord(letter):03o}" for letter in KEY),
    "as escapes of escapes": "".join(f"%5Cu{ord(letter):04x}" for letter in KEY),
    "quoted-printable": "".join(f"={ord(letter):02X}" for letter in KEY),
    "hexadecimal": KEY.encode().hex(),
    "hexadecimal, spaced": KEY.encode().hex(" "),
    "hexadecimal numbers": ", ".join(hex(ord(letter)) for letter in KEY),
    "decimal numbers": ",".join(str(ord(letter)) for letter in KEY),
    "base64": b64(KEY),
    "base64, wrapped": "\n".join(b64(KEY)[at : at + 10] for at in range(0, 72, 10)),
    "base64 behind words": b64(f"Authorization: {KEY}"),
    "base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "base64 twice": b64(b64(KEY)),
    "base64 of hexadecimal": b64(KEY.encode().hex()),
    "base64 reversed": b64(KEY[::-1]),
    "base32": base64.b32encode(KEY.encode()).decode(),
    "rot13": codecs.encode(KEY, "rot13"),
    "a piece": KEY[20:28],
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
def test_the_key_in_any_dress_is_withheld(dress):
    """Whole, in words, and in the second half of what is looked at."""
    redactor = Redactor(KEY)
    assert redactor.text(dress) == WITHHELD
    assert redactor.text(f"The key {dress} is not known") == WITHHELD
    assert redactor.token(dress) == ""


@pytest.mark.parametrize("by", [7, 5, 3, 1])
def test_the_key_in_pieces_over_several_texts(by):
    """None of them alone reveals it, but together they are withheld."""
    assert Redactor(KEY).leaks(*(KEY[at : at + by] for at in range(0, len(KEY), by)))


def test_any_secret_of_several():
    """The password of a proxy is one, too."""
    redactor = Redactor(KEY, "hunter2hunter2")
    assert redactor.text("407 hunter2hunter2") == WITHHELD
    assert redactor.text(KEY) == WITHHELD


@pytest.mark.parametrize(
    "words",
    [
        "Forbidden",
        "paging.limit must be at most 100",
        "The API key needs the permission Manage Team Members",
        "no member with the id 1f6f2a52-0c1e-4c0b-9c7e-3a3c6b1f0a01",
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        "Zugriff verweigert: Überprüfen Sie die Berechtigungen",
        "アクセスが拒否されました",
        "50% of 20 & more = 10 <b>units</b>",
        "\u00b2",
    ],
)
def test_innocent_words_stay(words):
    """To the letter."""
    assert Redactor(KEY).text(words) == words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no anna@example.com here", "no (e-mail) here"),
        ("no anna\uff20example.com here", "no (e-mail) here"),
        ("no anna\ufe6bexample.com here", "no (e-mail) here"),
        ("no anna(at)example.com here", "no (e-mail) here"),
        ("no anna [at] example.com here", "no (e-mail) here"),
        ("no anna{AT}example.com here", "no (e-mail) here"),
        ("no anna @ example.com here", "no (e-mail) here"),
        ("no anna at example dot com here", "no (e-mail) here"),
        ("no anna at example (dot) com here", "no (e-mail) here"),
        ("no anna\u200b@\u200bexample.com here", "no (e-mail) here"),
        ("no anna%40example.com here", MASKED),
        ("no anna%2540example.com here", MASKED),
        ("no anna&#64;example.com here", MASKED),
        ("no anna&commat;example.com here", MASKED),
        ("no anna\\u0040example.com here", MASKED),
        ("at 5 o'clock @ home", "at 5 o'clock @ home"),
    ],
)
def test_addresses_of_people(said, told):
    """They are masked, and in doubt so is the text around them."""
    assert Redactor(KEY).text(said) == told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("one\ntwo\r\nthree\tfour", "one two three four"),
        ("a\x1b[31mred\x1b[0m", "a [31mred [0m"),
        ("bell\x07 and \x9bCSI", "bell and CSI"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\u2066b\u2069", "ab"),
        ("a\u200fb", "ab"),
        ("a\x00b", "a b"),
        ("line\u2028separator", "line separator"),
        ("half \ud83d pair", "half pair"),
        ("Zoë \U0001f600", "Zoë \U0001f600"),
        ("", ""),
    ],
)
def test_letters_that_play_tricks(text, shown):
    """One line, in the order in which it is written, and nothing that a terminal obeys."""
    assert printable(text) == shown


def test_endless_words_are_looked_at_briefly():
    """No more than the beginning is shown, and a key at its edge is not shown either."""
    for before in range(1990, 2001):
        assert KEY[:4] not in Redactor(KEY).text("x" * before + KEY)
    assert len(Redactor(KEY).text("word " * 1_000_000)) == 300
