"""The spool: rows come out as they went in, whatever they hold, and take little memory until then."""

from __future__ import annotations

import tracemalloc
from hashlib import blake2b
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.snapshot import spool as module
from tap_wix_users.snapshot.spool import Room, RowsGivenUp, Spool, decode
from tap_wix_users.tables.columns import encode
from tests.tables.contract import json_values

CHUNK = module._CHUNK


def _filled(rows: Any) -> Spool:
    spool = Spool()
    for key, row in rows:
        spool.extend([key], [encode(row)])
    return spool


def _back(spool: Spool) -> list[tuple[str, dict[str, Any]]]:
    return [(key, decode(line)) for key, line in spool.lines()]


def _assignment(number: int) -> dict[str, Any]:
    return {
        "account_id": "0aaaaaaa-1111-4222-8333-444455556666",
        "user_id": f"1f6f2a52-0c1e-4c0b-9c7e-{number:012}",
        "role_id": "6601492336091027458",
        "restrictions": {"site": {"id": "a1b2c3d4-1111-4222-8333-444455556666", "value": "Shop EU"}},
        "extra": None,
    }


def test_an_empty_spool_has_no_rows():
    """Nothing in, nothing out."""
    assert len(Spool()) == 0
    assert _back(Spool()) == []


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({}, id="empty"),
        pytest.param({"id": 7261756085891260003, "more": 10**30, "less": -(2**70)}, id="long integers"),
        pytest.param({"a": 0.1, "b": -0.0, "c": 1e300}, id="fractions"),
        pytest.param({"a": "👩‍👩‍👧", "Ä": "\u2028\u2029\u0085\x1c\x0b\x0c"}, id="characters that end lines elsewhere"),
        pytest.param({"a": "one\ntwo\r\nthree\rfour\tfive\x00"}, id="line breaks and tabs"),
        pytest.param({"a": '"\\"', "b\tc\n": "\\n\\t"}, id="what looks escaped"),
        pytest.param({"a": [{"b": [None, True, {"c": []}]}], "d": {}}, id="nested"),
        pytest.param({"a": "x" * (3 * CHUNK)}, id="longer than a chunk"),
    ],
)
@pytest.mark.parametrize("key", ["u|1", "", "a\tb\nc\r\n|\u2028", "👩"])
def test_a_row_comes_out_as_it_went_in(key, row):
    """Its key and every value, of its own type."""
    [(key_back, row_back)] = _back(_filled([(key, row)]))
    assert (key_back, row_back) == (key, row)
    assert repr(row_back) == repr(dict(sorted(row.items())))


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.tuples(st.text(max_size=8), st.dictionaries(st.text(max_size=8), json_values, max_size=4))))
def test_any_rows_come_out_in_their_order(rows):
    """As many as went in, and a second time too."""
    spool = _filled(rows)
    assert len(spool) == len(rows)
    assert _back(spool) == rows
    assert _back(spool) == rows


@settings(max_examples=25)
@given(st.lists(st.integers(min_value=0, max_value=CHUNK + 50), max_size=12))
def test_rows_of_any_length_come_out_across_chunks(lengths):
    """No row is cut, lost or doubled where a chunk ends."""
    rows = [(str(number), {"n": number, "text": "x" * length}) for number, length in enumerate(lengths)]
    assert _back(_filled(rows)) == rows


@pytest.mark.parametrize("missing", range(-2, 3))
def test_a_chunk_that_is_just_full(missing):
    """The row behind it is the first of the next one."""
    empty = len(b'{"text":""}\n')
    rows = [("1", {"text": "x" * (CHUNK - empty - missing)}), ("2", {"text": "y"})]
    assert _back(_filled(rows)) == rows


def test_the_same_content_is_the_same_text():
    """Whichever way round its names came, so that a fingerprint can be made of it."""
    one = _filled([("k", {"b": 1, "a": {"d": 2, "c": 3}})])
    other = _filled([("k", {"a": {"c": 3, "d": 2}, "b": 1})])
    assert list(one.lines()) == list(other.lines()) == [("k", b'{"a":{"c":3,"d":2},"b":1}')]


def test_rows_can_be_added_after_a_look():
    """A look at them changes nothing."""
    spool = _filled([("1", {"a": 1})])
    assert _back(spool) == [("1", {"a": 1})]
    spool.extend(["2"], [encode({"a": 2})])
    assert _back(spool) == [("1", {"a": 1}), ("2", {"a": 2})]
    assert len(spool) == 2


def test_rows_like_each_other_take_little_memory(monkeypatch: pytest.MonkeyPatch):
    """Their text less than a tenth, once their chunk is full and there are many; their hashes what they are."""
    monkeypatch.setattr(module, "_PLAIN_BYTES", 0)
    spool = _filled((str(number), _assignment(number)) for number in range(20_000))
    raw = sum(len(key) + len(line) for key, line in spool.lines())
    stored = sum(len(chunk.keys) + len(chunk.text) for chunk in spool._compressed)
    assert raw > 10 * CHUNK
    assert spool._plain == []
    assert sum(map(len, spool._lines)) < CHUNK
    assert stored < raw / 10
    assert sum(len(chunk.fingerprints) for chunk in spool._compressed) <= 8 * 20_000


def test_reading_unpacks_one_chunk_at_a_time():
    """Memory stays flat, however many rows there are."""
    spool = _filled((str(number), _assignment(number)) for number in range(40_000))
    tracemalloc.start()
    for _ in spool.chunks():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * CHUNK


@pytest.mark.parametrize("plain", [0, 2 * CHUNK, 1_000 * CHUNK])
def test_rows_that_are_taken_are_not_kept(monkeypatch: pytest.MonkeyPatch, plain: int):
    """The same chunks as before, of which each is given up as it is taken; the number of rows stays what it was."""
    monkeypatch.setattr(module, "_PLAIN_BYTES", plain)
    spool = _filled((str(number), _assignment(number)) for number in range(5_000))
    chunks = list(spool.chunks())
    assert len(chunks) > 3
    kept = []
    for taken, chunk in enumerate(spool.drain()):
        assert chunk == chunks[taken]
        kept.append(len(spool._plain) + len(spool._compressed))
    assert kept == [*reversed(range(len(chunks)))]
    assert len(spool) == 5_000


@pytest.mark.parametrize("taken", [1, 2], ids=["the first chunk", "all"])
@pytest.mark.parametrize("again", [Spool.drain, Spool.chunks, Spool.lines])
def test_rows_that_were_given_up_are_not_read_again(again: Any, taken: int):
    """Whoever reads what is left would take the others for gone."""
    spool = _filled((str(number), _assignment(number)) for number in range(2_000))
    assert len(list(islice(spool.drain(), taken))) == taken
    with pytest.raises(RowsGivenUp):
        list(again(spool))


@pytest.mark.parametrize("length", [100, CHUNK // 2, 3 * CHUNK])
def test_rows_of_any_length_leave_room(monkeypatch: pytest.MonkeyPatch, length: int):
    """What stays uncompressed is counted in bytes, of whatever length the rows are; they come out in their order."""
    monkeypatch.setattr(module, "_PLAIN_BYTES", 4 * CHUNK)
    rows = [(str(number), {"n": number, "text": "x" * length}) for number in range(20 * CHUNK // length)]
    spool = _filled([*rows, ("last", {"n": -1})])
    plain = sum(len(chunk.text) for chunk in spool._plain)
    assert 4 * CHUNK <= plain < 5 * CHUNK + length
    assert len(spool._compressed) >= 1
    assert _back(spool) == [*rows, ("last", {"n": -1})]


def test_spools_side_by_side_share_what_stays_uncompressed(monkeypatch: pytest.MonkeyPatch):
    """However many tables are read at once, they take no more memory than one; in each, the first chunks are plain."""
    monkeypatch.setattr(module, "_PLAIN_BYTES", 3 * CHUNK)
    room = Room()
    spools = [Spool(room), Spool(room)]
    lines = [encode({"text": str(number) * CHUNK}) for number in range(6)]
    for number, line in enumerate(lines):
        spools[number % 2].extend([str(number)], [line])
    assert [(len(spool._plain), len(spool._compressed)) for spool in spools] == [(2, 1), (1, 2)]
    assert [list(spool.lines()) for spool in spools] == [
        [(str(number), lines[number]) for number in numbers] for numbers in ([0, 2, 4], [1, 3, 5])
    ]


@settings(max_examples=50)
@given(st.lists(st.integers(min_value=0, max_value=2_000), min_size=1, max_size=400), st.integers(1, 400))
def test_chunks_are_the_lines_with_their_hashes(lengths: list[int], step: int):
    """However rows are added: the same keys, a hash of each row's own line, and the lines, open at their ends."""
    lines = [encode({"n": number, "text": "x" * length}) for number, length in enumerate(lengths)]
    keys = [str(number) for number in range(len(lines))]
    spool = Spool()
    for at in range(0, len(lines), step):
        spool.extend(keys[at : at + step], lines[at : at + step])
    chunks = list(spool.chunks())
    assert [key for chunk in chunks for key in chunk.keys] == keys
    assert b"".join(chunk.text for chunk in chunks) == b"".join(line[:-1] + b"\n" for line in lines)
    hashes = [blake2b(line, digest_size=8).digest() for line in lines]
    assert [print_ for chunk in chunks for print_ in chunk.fingerprints] == hashes
    assert list(spool.lines()) == list(zip(keys, lines, strict=True))
