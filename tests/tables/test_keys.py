"""Record keys and the digest of a set of them: what the tap makes, and what a warehouse makes of the loaded rows."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.tables.keys import KeySetDigest, key_parts, record_key
from tap_wix_users.warehouse.current import record_key_sql
from tests.digest import digest

parts = st.lists(st.text(st.sampled_from("ab|%7C25'ä👩")) | st.text(max_size=8), min_size=1, max_size=4)


def _digest(keys: list[str]) -> str:
    found = KeySetDigest()
    for place in range(0, len(keys), 3):
        found.add(keys[place : place + 3])
    return str(found)


@pytest.mark.parametrize(
    ("given_parts", "key"),
    [
        pytest.param(["a"], "a", id="one part"),
        pytest.param(["a", "b"], "a|b", id="two parts"),
        pytest.param(["a|b", "c"], "a%7Cb|c", id="the separator in a part"),
        pytest.param(["a", "b|c"], "a|b%7Cc", id="in the other part: another key"),
        pytest.param(["a%7Cb", "c"], "a%257Cb|c", id="what looks escaped: another key"),
        pytest.param(["50%"], "50%25", id="a percent sign"),
        pytest.param(["", ""], "|", id="empty parts"),
    ],
)
def test_a_record_key(given_parts: list[str], key: str):
    """The parts joined by `|`; a `|` or `%` inside a part is escaped, so that no two rows have one key."""
    assert record_key(given_parts) == key
    assert key_parts(key) == given_parts


@settings(max_examples=300)
@given(parts)
def test_a_record_key_tells_its_parts(given_parts: list[str]):
    """Whatever they hold: no other parts give the same key."""
    assert key_parts(record_key(given_parts)) == given_parts


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.lists(st.text(st.sampled_from("ab|%7C25'ä👩")), min_size=3, max_size=3), max_size=12))
def test_a_warehouse_makes_the_same_keys_and_digest(rows: list[list[str]]):
    """Of the columns as they are stored, by SQL: quotes, separators and any script included."""
    keys = [record_key(row) for row in rows]
    with duckdb.connect() as connection:
        connection.execute("create table t (a varchar, b varchar, c varchar)")
        if rows:
            connection.executemany("insert into t values (?, ?, ?)", rows)
        stored = connection.execute(f"select {record_key_sql(['a', 'b', 'c'])} from t").fetchall()
    assert [key for (key,) in stored] == keys
    assert digest(key for (key,) in stored) == _digest(keys)


@settings(max_examples=200)
@given(st.lists(st.text(max_size=6), unique=True, min_size=1), st.text(max_size=6), st.randoms())
def test_a_digest_names_a_set(keys: list[str], other: str, chance):
    """In any order it is the same; with a key swapped, missing, foreign or there twice it is another."""
    turned = chance.sample(keys, len(keys))
    assert _digest(turned) == _digest(keys)
    assert _digest(keys[1:]) != _digest(keys)
    assert _digest([*keys, keys[0]]) != _digest(keys)
    if other not in keys:
        assert _digest([*keys, other]) != _digest(keys)
        assert _digest([*keys[1:], other]) != _digest(keys)


def test_a_digest_of_many_keys_stays_within_every_number():
    """Four numbers below 2^32, however many keys there are; none of a set without keys."""
    assert _digest([]) == "0-0-0-0"
    assert all(int(total) < 2**32 for total in _digest([str(number) for number in range(5_000)]).split("-"))
