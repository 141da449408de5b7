"""Messages are the same whether they are taken together or one by one, however the input is cut into blocks."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import msgspec
import pytest

from target_duckdb_bulk import reader
from target_duckdb_bulk.reader import NotAlike, Reader, Records

_TEXTS = [
    '"record":',
    '","stream":"a',
    '{"id":1}',
    '}\n{"type":"STATE"}\n',
    "\r\n",
    "\x00",
    "\u2028",
    "\\",
    'é🧑"',
    "",
    "null",
]
_STREAMS = ["a", "aa", 'a"', 'a","record":{']
_KINDS = ("SCHEMA", "STATE", "ACTIVATE_VERSION")


def _lines(chosen: random.Random) -> list[str]:
    """Messages as a tap may write them: mostly alike, with any text in any place, in any order of members."""
    lines, stream = [], chosen.choice(_STREAMS)
    more: dict[str, Any] = {}
    is_ascii, separators = chosen.random() < 0.5, chosen.choice([(",", ":"), (", ", " : ")])
    for place in range(chosen.choice([1, 8, 25])):
        seldom = chosen.random()
        if seldom < 0.08:
            stream = chosen.choice(_STREAMS)
        elif seldom < 0.12:
            more = chosen.choice([{}, {"version": place}, {"time_extracted": "2026-01-02T03:04:05Z"}])
        elif seldom < 0.2:
            kind = chosen.choice(_KINDS)
            lines.append(json.dumps({"type": kind, "stream": stream, "value": place, "record": {"id": place}}))
        elif seldom < 0.24:
            lines.append(chosen.choice(["", " ", "\t"]))
        values = {"id": place % 3, "v": "".join(chosen.choices(_TEXTS, k=2)), "o": [{"record": chosen.choice(_TEXTS)}]}
        message = {"type": "RECORD", "stream": stream, "record": values if chosen.random() < 0.9 else {}, **more}
        if chosen.random() < 0.1:
            message = {"also": {} if chosen.random() < 0.5 else {"id": place}, **message}
        if chosen.random() < 0.1:
            message = dict(chosen.sample(sorted(message.items()), len(message)))
        line = json.dumps(message, ensure_ascii=is_ascii, separators=separators)
        # Of a member that comes twice, the last one counts.
        lines.append('{"record":{"id":-1},' + line[1:] if chosen.random() < 0.05 else line)
    return lines


def _taken(text: bytes) -> tuple[list[object], dict[str, int], int]:
    """What the reader hands over of an input, how it counts it, and how often several records came together."""
    found: list[object] = []
    together = 0

    def take_record(given):
        nonlocal together
        first, records = (given.first, given.records) if isinstance(given, Records) else (given, [bytes(given.record)])
        try:
            read = [msgspec.json.decode(one) for one in records]
        except msgspec.DecodeError:
            raise NotAlike from None
        together += len(records) > 1
        found.extend((first.stream, one, first.version, first.time_extracted) for one in read)

    callbacks = {"RECORD": take_record, **dict.fromkeys(_KINDS, found.append)}
    counts = Reader().process_lines(io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"), callbacks)
    return found, dict(counts), together


def _expected(message: dict[str, Any]) -> object:
    if message["type"] != "RECORD":
        return message
    return message["stream"], message["record"], message.get("version"), message.get("time_extracted")


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_wherever_the_input_is_cut(monkeypatch, end):
    """Each message once and in its order, for blocks of any size, with and without a line break at the end."""
    together = 0
    for seed in range(40):
        chosen = random.Random(f"{seed}{end}")  # noqa: S311  # no secret
        lines = _lines(chosen)
        told = [json.loads(line) for line in lines if line.strip()]
        expected = [_expected(one) for one in told]
        text = end.join([*lines, *chosen.choice([[], [""]])]).encode()
        sizes = range(1, len(text) + 1) if seed == 0 else [*range(1, 9), *chosen.choices(range(9, len(text) + 9), k=12)]
        for size in sizes:
            monkeypatch.setattr(reader, "_BLOCK", size)
            found, counts, at_once = _taken(text)
            assert found == expected, (seed, size)
            assert counts == {kind: sum(one["type"] == kind for one in told) for kind in counts}
            together += at_once
    assert together > 20


def test_a_member_that_reads_like_the_record(monkeypatch):
    """What differs from line to line is not the record where another member had the same text before."""
    lines = [json.dumps({"type": "RECORD", "stream": "a", "also": {**also}, "record": {}}) for also in ({}, {"id": 1})]
    monkeypatch.setattr(reader, "_BLOCK", len(lines[0]) + 1)
    assert _taken("\n".join([*lines, ""]).encode())[0] == [("a", {}, None, None)] * 2
