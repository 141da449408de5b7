"""Parsing in one step and part by part: the results do not differ."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_wix_users.wix import objects, reading
from tap_wix_users.wix.client import UnreadableBody
from tap_wix_users.wix.text import storable
from tests.first_use import in_threads
from tests.tables.contract import KNOWN_NAMES, example

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = 6_000

NAMES = (*KNOWN_NAMES, "joinedTeamAt", "acceptLink", "unknownFields", "present", "message", "details", "seen")
VALUES = (
    *("null", "true", "0", "-0", "5", "7261756085891260003", "18446744073709551616", "-10000000000000000000000000"),
    *("1.0", "1.5", "1E5", "1e400", '""', '"x"', '"FOLDER"', '"2024-01-15T12:00:00Z"', '"2024-13-01"', '"\\u2028"'),
    *('"7261756085891260003"', '"\\ud800"', '"\\u0000x"', '"\\ud83d\\ude00"', '"https://x.example/accept?token=abc"'),
    *("[]", "{}", "[null]", '[1,"x"]', "[{}]", '{"id":"x"}', '{"id":5}', '{"id":"1","id":"2"}', '{"policyId":"1"}'),
    *("[" * 150 + "]" * 150, '{"a":' * 150 + "1" + "}" * 150),
)
"""JSON of every kind that an API might send instead of another."""

SPOILT = (b"\xff", b"\xc3", b"\x00", b"\xed\xa0\x80", b'"', b"\\", b"{", b",")
"""Bytes that make an answer unreadable, or not, by where they stand."""


class Members(list[tuple[str, Any]]):
    """The members of an object, of which two may have one name."""


def _taken_apart(document: Any) -> Any:
    if isinstance(document, dict):
        return Members((name, _taken_apart(value)) for name, value in document.items())
    return [_taken_apart(value) for value in document] if isinstance(document, list) else json.dumps(document)


def _copied(document: Any) -> Any:
    if isinstance(document, Members):
        return Members((name, _copied(value)) for name, value in document)
    return [_copied(value) for value in document] if isinstance(document, list) else document


def _json(document: Any) -> str:
    if isinstance(document, Members):
        return "{" + ",".join(f"{json.dumps(name)}:{_json(value)}" for name, value in document) + "}"
    return f"[{','.join(map(_json, document))}]" if isinstance(document, list) else document


def _containers(document: Any) -> Iterator[list[Any]]:
    if isinstance(document, list):
        yield document
        for value in document:
            yield from _containers(value[1] if isinstance(document, Members) else value)


def _change(luck: random.Random, container: list[Any]) -> None:
    """Put, replace, rename, repeat or remove one member."""
    place = luck.randint(0, len(container))
    value: Any = luck.choice(VALUES)
    if isinstance(container, Members):
        value = (luck.choice([*NAMES, *(name for name, _ in container)]), value)
    match luck.randrange(4):
        case 0 if place < len(container):
            container[place] = (container[place][0], value[1]) if isinstance(container, Members) else value
        case 1 if place < len(container):
            del container[place]
        case 2 if place < len(container):
            container.append(container[place])
        case _:
            container.insert(place, value)


@cache
def _page() -> Any:
    page = json.loads(example("team"))
    site = {"resource": {"id": "r", "resourceType": "SITE"}}
    odd = {"policyId": "", "policy": {"policyId": "77"}, "restrictions": site}
    folders = {"conditions": {"conditions": [{"conditionType": "FOLDER", "id": name} for name in "ab"]}}
    several = {"policyId": "5", "assignmentId": "9", "restrictions": folders, "subject": {"id": "u9"}}
    page["teamMembers"].append({"user": {"id": "u9", "language": "sv", "assignments": [odd, several, several]}})
    return _taken_apart(page)


def _pages() -> Iterator[bytes]:
    luck = random.Random(1)  # noqa: S311  # the same pages in every run
    for _ in range(PAGES):
        page = _copied(_page())
        for _ in range(luck.choice([1, 1, 2, 3])):
            _change(luck, luck.choice(list(_containers(page))))
        text = _json(page).encode()
        if luck.random() < 0.05:
            place = luck.randrange(len(text))
            text = text[:place] + luck.choice(SPOILT) + text[place + 1 :]
        yield text


def _come_of(text: bytes) -> Any:
    """The objects that a page is read as, or why it cannot be."""
    try:
        return reading.parse(objects.TeamPage, storable(text))
    except UnreadableBody as error:
        return error.retryable, str(error)


class _Apart:
    """Never parses an object in one step."""

    def __init__(self, decoder: msgspec.json.Decoder[Any]) -> None:
        self._decoder = decoder

    def decode(self, text: bytes) -> Any:
        if bytes(text) == b"null":
            return self._decoder.decode(text)
        raise msgspec.ValidationError


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_page_is_the_same_in_either_way(monkeypatch: pytest.MonkeyPatch):
    """Six thousand pages, each with something unexpected: the same objects to the byte, or the same error."""
    pages = list(_pages())
    at_once = [_come_of(page) for page in pages]
    decoder, objects_in = reading._decoder, lambda kind: reading._inner(kind)[0]
    monkeypatch.setattr(reading, "_decoder", lambda kind: _Apart(decoder(kind)) if objects_in(kind) else decoder(kind))
    differing = [page for page, came in zip(pages, at_once, strict=True) if _come_of(page) != came]
    assert differing == []
    refused = sum(isinstance(came, tuple) for came in at_once)
    assert PAGES / 10 < refused < PAGES / 2


def test_what_is_unknown_costs_the_rest_nothing(monkeypatch: pytest.MonkeyPatch):
    """With one unknown field in a user, its roles, and everybody else, are parsed in one step."""
    parts: list[str] = []
    apart = reading.Reading.parts

    def told(own: Any, kind: Any, members: Any, way: str, *, structural: bool) -> Any:
        parts.append(way)
        return apart(own, kind, members, way, structural=structural)

    monkeypatch.setattr(reading.Reading, "parts", told)
    reading.parse(objects.TeamPage, _json(_page()).encode())
    assert parts == ["", "teamMembers.3.", "teamMembers.3.user.", "teamMembers.3.user.assignments.0."]


FIRST_ANSWER = """
from tap_wix_users.wix import objects, reading
BODY = b'{"teamMembers":[{"user":{"id":"a","name":{"firstName":"f"},"assignments":[{"policyId":"1"}]}}],"facets":[]}'
"""


def test_the_first_answers_come_together():
    """No process crashes while msgspec learns what answers look like."""
    in_threads(FIRST_ANSWER, "reading.parse(objects.TeamPage, BODY)")
