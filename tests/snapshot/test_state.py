"""The state of a table: it comes back as it was, is small, and is never a crash, whatever became of it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime as dt
import json
import random
import uuid
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.snapshot.compare import Comparison, Snapshot
from tap_wix_users.snapshot.spool import FINGERPRINT_BYTES
from tap_wix_users.snapshot.state import (
    FORMAT,
    TableState,
    UnreadableState,
    Version,
    dump,
    load,
    mark_pending,
    page_size_of,
    pending_since,
    with_page_size,
)
from tap_wix_users.wix.page_size import PageSize
from tests.first_use import in_threads
from tests.tables.contract import json_values

MONDAY = "2026-11-23T08:12:00.000000Z"
TUESDAY = "2026-11-24T08:12:00.000000Z"
ADA, BEN = "1f6f2a52-0c1e-4c0b-9c7e-3a3c6b1f0a01", "2b0c7d1e-8f55-4d3a-a0f5-6f9f4e2d0b02"
STATE = TableState(
    snapshot_at=TUESDAY,
    baseline_at=MONDAY,
    content="a1b2",
    emitted="c3d4",
    count=2,
    rows={ADA: Version(b"\x00\xff345678", MONDAY), BEN: Version(b"abcdefgh", TUESDAY)},
)


def _packed(*columns: Any) -> str:
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(columns))).decode()


def _unpacked(stored: dict[str, Any]) -> list[Any]:
    columns: list[Any] = msgspec.msgpack.decode(zlib.decompress(base64.b64decode(stored["rows"])))
    return columns


def _why(stored: Any) -> str:
    with pytest.raises(UnreadableState) as caught:
        load(stored)
    return str(caught.value)


def _is_sound(state: TableState) -> bool:
    """Whether every value is of the type that it is declared to be."""
    texts = (state.snapshot_at, state.baseline_at, state.content, state.emitted)
    versions = [] if state.rows is None else [(key, *version) for key, version in state.rows.items()]
    return (
        all(type(text) is str for text in texts)
        and (type(state.count), type(state.pending)) == (int, str)
        and (state.rows is None or len(state.rows) == state.count)
        and all((type(key), type(print_), type(at)) == (str, bytes, str) for key, print_, at in versions)
        and all(len(print_) == FINGERPRINT_BYTES for _key, print_, _at in versions)
    )


def _survives(stored: Any) -> None:
    """Is read as a sound state, or named as none."""
    with contextlib.suppress(UnreadableState):
        state = load(stored)
        assert state is not None
        assert _is_sound(state)


moments = st.datetimes(max_value=dt.datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z".rjust(27, "0")
)
versions = st.builds(Version, st.binary(min_size=FINGERPRINT_BYTES, max_size=FINGERPRINT_BYTES), moments)
rows = st.dictionaries(st.text(max_size=12) | st.uuids().map(str), versions, max_size=12)
states = st.builds(
    lambda kept, count, **fields: TableState(**fields, rows=kept, count=count if kept is None else len(kept)),
    st.none() | rows,
    st.integers(min_value=0, max_value=10**9),
    snapshot_at=moments,
    baseline_at=moments,
    content=st.text(max_size=20),
    emitted=st.text(max_size=20),
    pending=st.just("") | moments,
)


@settings(max_examples=150)
@given(states)
def test_a_state_comes_back_as_it_was(state: TableState):
    """Through JSON, whatever its rows are called, and whether or not it has any."""
    stored = json.loads(json.dumps(dump(state)))
    again = load(stored)
    assert again == state
    assert dump(again) == dump(state)


def test_the_form_of_a_state():
    """It says which format it is, and has every member always: who merges states never takes a member away."""
    stored = dump(STATE)
    assert stored == {
        "format": 1,
        "snapshot_at": TUESDAY,
        "baseline_at": MONDAY,
        "content": "a1b2",
        "emitted": "c3d4",
        "count": 2,
        "rows": stored["rows"],
        "pending": "",
        "page_size": None,
    }
    assert _unpacked(stored) == [[ADA, BEN], [MONDAY, TUESDAY], [0, 1], b"\x00\xff345678abcdefgh"]


def test_the_order_of_the_rows_does_not_show():
    """The same rows are the same state, byte by byte, in whatever order they came."""
    assert STATE.rows is not None
    turned = TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 2, dict(reversed(list(STATE.rows.items()))))
    assert dump(turned) == dump(STATE)


def test_a_state_that_is_marked_as_pending():
    """The mark is set on the stored form alone, without unpacking its rows; a mark alone is no state."""
    marked = load(mark_pending(dump(STATE), TUESDAY))
    assert marked == TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 2, STATE.rows, pending=TUESDAY)
    assert load(mark_pending(None, TUESDAY)) is None
    assert load(None) is None
    assert {pending_since(mark_pending(one, TUESDAY)) for one in (None, dump(STATE))} == {TUESDAY}
    assert {pending_since(one) for one in (None, dump(STATE), {}, "text", {"pending": 7}, {"pending": "2026"})} == {""}
    # Nothing could come after it.
    assert pending_since({"pending": "9999-12-31T23:59:59.999999Z"}) == ""


def test_a_state_of_a_count_alone():
    """A table too large to keep is a few bytes."""
    state = TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 5_000_000, None)
    assert dump(state) == {
        "format": 1,
        "snapshot_at": TUESDAY,
        "baseline_at": MONDAY,
        "content": "a1b2",
        "emitted": "c3d4",
        "count": 5_000_000,
        "rows": None,
        "pending": "",
        "page_size": None,
    }
    assert load(dump(state)) == state


def test_a_page_size_that_was_found_out():
    """It is kept together with the setting under which it was discovered; an impossible one is ignored."""
    state = dataclasses.replace(STATE, page_size=PageSize(1000, 250))
    assert dump(state)["page_size"] == (1000, 250)
    assert load(json.loads(json.dumps(dump(state)))) == state
    for odd in ([1000, 0], [100, 250], [0, 0]):
        assert load({**dump(STATE), "page_size": odd}) == STATE


def test_a_page_size_beside_no_snapshot():
    """It is kept where nothing else is, and makes no state of a mark."""
    for stored in (None, mark_pending(None, TUESDAY), dump(STATE)):
        kept = json.loads(json.dumps(with_page_size(stored, PageSize(1000, 250))))
        assert (page_size_of(kept), pending_since(kept)) == (PageSize(1000, 250), pending_since(stored))
        assert (load(kept) is None) == (load(stored) is None)
        assert page_size_of(with_page_size(kept, None)) is None
    odd: list[Any] = [None, 7, [], {}, *({"page_size": size} for size in (7, [1], ["a", "b"], [1, 2]))]
    assert set(map(page_size_of, odd)) == {None}


def test_a_state_that_knows_no_page_size():
    """A release before wrote a mark, and a state, without one."""
    for stored in (dump(STATE), mark_pending(None, TUESDAY), mark_pending(dump(STATE), TUESDAY)):
        older = {name: value for name, value in stored.items() if name != "page_size"}
        assert load(older) == load(stored)


@pytest.mark.parametrize(
    "state", [STATE, TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 3, None), TableState(TUESDAY, MONDAY, "a", "c", 0, {})]
)
@pytest.mark.parametrize(
    "before", [dump(STATE), mark_pending(dump(STATE), TUESDAY), mark_pending(None, TUESDAY), {"pending": TUESDAY}, {}]
)
def test_a_state_that_is_merged_into_another(before: dict[str, Any], state: TableState):
    """Nothing of a state before is left, whichever it was: neither its mark nor its rows."""
    assert load({**before, **dump(state)}) == state
    assert load({**before, **mark_pending(None, MONDAY)}) is None


@pytest.mark.parametrize("left_out", [["pending"], ["rows", "pending"]])
def test_what_release_0_1_0_left_out(left_out: list[str]):
    """Its states lack the members that said nothing, and are read as ever."""
    state = STATE if left_out == ["pending"] else TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 5, None)
    stored = {name: value for name, value in dump(state).items() if name not in left_out}
    assert load(stored) == state
    assert load({"pending": TUESDAY}) is None


def test_rows_that_unpack_to_more_than_any_state_holds(monkeypatch: pytest.MonkeyPatch):
    """A few kilobytes that unpack without end are damage, and take no memory."""
    monkeypatch.setattr("tap_wix_users.snapshot.state._MAX_BYTES", 1 << 20)
    bomb = base64.b64encode(zlib.compress(b"\xc0" * (1 << 24))).decode()
    assert _why({**dump(STATE), "rows": bomb}) == "it is damaged"


def test_a_table_without_rows_is_not_one_without_a_count():
    """Nothing to keep is kept as nothing, and compared."""
    state = TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 0, {})
    assert load(dump(state)) == state


@pytest.mark.parametrize("per_key", ["{user}", "{user}|7261756085891{number:06}"], ids=["users", "assignments"])
def test_a_row_takes_few_bytes(per_key: str):
    """At most 80 bytes of the state for a row, although ids and fingerprints do not compress: 200,000 are 16 MB."""
    chance = random.Random(1)  # noqa: S311
    kept = {}
    for number in range(5_000):
        user = uuid.UUID(int=chance.getrandbits(128), version=4)
        kept[per_key.format(user=user, number=number)] = Version(
            chance.randbytes(FINGERPRINT_BYTES), chance.choice([MONDAY, TUESDAY])
        )
    stored = dump(TableState(TUESDAY, MONDAY, "a1b2", "c3d4", len(kept), kept))
    assert len(json.dumps(stored)) / len(kept) <= 80


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (0, "0"),
        (-1, "-1"),
        (None, "None"),
        ("1", "'1'"),
        ([], "[]"),
        ({"v": 1}, "{'v': 1}"),
        ("x" * 1000, "'" + "x" * 39),
    ],
)
def test_another_format_is_named(found: Any, named: str):
    """What an older or an unknown release wrote is named, in few words, together with what this one writes."""
    assert _why({**dump(STATE), "format": found}) == f"its format is {named}, this release writes 1"


def test_a_newer_format_is_named():
    """What a newer release wrote is reported as that: somebody went back to this one."""
    told = f"its format is {FORMAT + 1}, this release writes {FORMAT}: a newer release of the tap wrote it"
    assert _why({**dump(STATE), "format": FORMAT + 1}) == told


@pytest.mark.parametrize("stored", [{}, [], "", 1, True, "a1b2", [1], {"bookmarks": {}}, {"rows": "a"}])
def test_what_is_no_state_has_no_format(stored: Any):
    """Anything else in its place counts as a state without a format."""
    assert _why(stored) == "its format is None, this release writes 1"


@pytest.mark.parametrize("name", ["snapshot_at", "baseline_at", "content", "emitted", "count"])
def test_a_state_that_lacks_something(name: str):
    """Nothing is assumed in place of what is missing."""
    stored = dump(STATE)
    del stored[name]
    assert _why(stored) == "it is damaged"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("no base64!", id="not base64"),
        pytest.param("ä", id="not ASCII"),
        pytest.param("\ud800", id="half a character"),
        pytest.param("AAA", id="base64 cut short"),
        pytest.param(base64.b64encode(b"rows").decode(), id="not compressed"),
        pytest.param("", id="empty"),
        pytest.param(dump(STATE)["rows"][:-8], id="cut short"),
        pytest.param(base64.b64encode(zlib.compress(b"")).decode(), id="compressed nothing"),
        pytest.param(base64.b64encode(zlib.compress(b"\xc1")).decode(), id="not msgpack"),
        pytest.param(base64.b64encode(zlib.compress(b"\x91\xa1\xff")).decode(), id="not UTF-8"),
        pytest.param(_packed(), id="no columns"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 0]), id="a column is missing"),
        pytest.param(_packed([ADA, 7], [MONDAY], [0, 0], b"x" * 16), id="a key is a number"),
        pytest.param(_packed([ADA, BEN], [7], [0, 0], b"x" * 16), id="a moment is a number"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, "0"], b"x" * 16), id="a place is text"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 0], "x" * 16), id="fingerprints are text"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 1], b"x" * 16), id="a moment is missing"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 2**63], b"x" * 16), id="a place beyond all"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0], b"x" * 16), id="too few places"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 0, 0], b"x" * 16), id="too many places"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 0], b"x" * 15), id="half a fingerprint"),
        pytest.param(_packed([ADA, BEN], [MONDAY], [0, 0], b"x" * 24), id="too many fingerprints"),
    ],
)
def test_rows_that_are_damaged(rows: str):
    """Wherever the damage is, it is named, and nothing of the state is used."""
    assert _why({**dump(STATE), "rows": rows}) == "it is damaged"


@pytest.mark.parametrize(
    ("count", "columns"),
    [
        pytest.param(3, ([ADA, BEN], [MONDAY], [0, 0], b"x" * 16), id="a row is missing"),
        pytest.param(1, ([ADA, BEN], [MONDAY], [0, 0], b"x" * 16), id="a row too many"),
        pytest.param(2, ([ADA, ADA], [MONDAY], [0, 0], b"x" * 16), id="a row twice"),
    ],
)
def test_rows_that_are_not_as_many_as_it_says(count: int, columns: tuple[Any, ...]):
    """A state that lost rows would take them for new ones, or never for removed."""
    stored = {**dump(STATE), "count": count, "rows": _packed(*columns)}
    assert _why(stored) == "it is damaged: it does not hold as many rows as it says"


@settings(max_examples=400)
@given(st.sampled_from([*dump(STATE), "pending", "unknown"]), json_values, st.sampled_from([STATE, None]))
def test_any_value_in_place_of_another(name: str, value: Any, state: TableState | None):
    """A state with any JSON in place of one of its values is still one, or is none: never another error."""
    _survives({**dump(state or TableState(TUESDAY, MONDAY, "a1b2", "c3d4", 7, None)), name: value})


@settings(max_examples=300)
@given(st.integers(min_value=0, max_value=3), json_values, st.integers(min_value=0, max_value=3))
def test_any_value_inside_its_rows(column: int, value: Any, count: int):
    """What holds for the state holds for the columns that it packs."""
    columns = _unpacked(dump(STATE))
    columns[column] = value
    try:
        packed = _packed(*columns)
    except (OverflowError, UnicodeEncodeError):
        return  # no MessagePack has such a number
    _survives({**dump(STATE), "count": count, "rows": packed})


@settings(max_examples=200)
@given(st.data())
def test_any_byte_of_its_rows(data: st.DataObject):
    """A flipped byte, before or behind the compression, is noticed or harmless."""
    text = dump(STATE)["rows"]
    at = data.draw(st.integers(0, len(text) - 1))
    _survives({**dump(STATE), "rows": text[:at] + data.draw(st.characters()) + text[at + 1 :]})
    raw = bytearray(zlib.decompress(base64.b64decode(text)))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    _survives({**dump(STATE), "rows": base64.b64encode(zlib.compress(raw)).decode()})


@settings(max_examples=100)
@given(json_values)
def test_any_value_in_place_of_a_state(value: Any):
    """Nothing else is taken for one."""
    if value is not None:
        _why(value)


def test_a_format_of_any_depth():
    """Even what is nested deeper than Python follows is named."""
    deep: Any = 1
    for _ in range(50_000):
        deep = [deep]
    assert _why({**dump(STATE), "format": deep}).startswith("its format is")


@pytest.mark.parametrize("name", ["snapshot_at", "baseline_at"])
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("2026-11-24", id="a day"),
        pytest.param("2026-11-24T08:12:00.000000", id="without a zone"),
        pytest.param("2026-11-24T08:12:00.000000+02:00", id="of another zone"),
        pytest.param("20261124T081200Z", id="of another width"),
    ],
)
def test_moments_are_of_one_form(name: str, moment: str):
    """Text sorts as time does only in the width that is written, and a date-time without a zone compares with none."""
    assert _why({**dump(STATE), name: moment}) == "it is damaged"


def test_a_state_that_was_read_can_be_compared():
    """A state that `load` lets pass crashes nothing behind it."""
    try:
        state = load({**dump(STATE), "baseline_at": "2026-11-24"})
    except UnreadableState:
        return
    Comparison(state, Snapshot("2026-11-25T08:12:00.000000Z", "a1b2", "c3d4", 7))


def test_the_first_states_are_read_together():
    """No process crashes while msgspec learns what states look like: reads of several threads ask for them."""
    in_threads(f"from tap_wix_users.snapshot import state\nSTORED = {dump(STATE)!r}", "state.load(STORED)")
