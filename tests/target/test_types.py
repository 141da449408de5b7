"""Values are stored as what they are, or not at all."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException

from target_duckdb_bulk.columns import duckdb_type
from target_duckdb_bulk.errors import LoadError
from tests.target.load import ask, load, record, schema, state, types

MOMENT = {"type": ["string", "null"], "format": "date-time"}
DAY = {"type": ["string", "null"], "format": "date"}
ANY: dict[str, object] = {}


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ({"type": "string"}, "VARCHAR"),
        ({"type": ["null", "string"]}, "VARCHAR"),
        ({"type": "string", "format": "email"}, "VARCHAR"),
        ({"type": "string", "format": "time"}, "VARCHAR"),
        (MOMENT, "TIMESTAMP"),
        (DAY, "DATE"),
        ({"type": "integer"}, "BIGINT"),
        ({"type": ["number", "null"]}, "DOUBLE"),
        ({"type": ["integer", "number"]}, "DOUBLE"),
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": "object"}, "JSON"),
        ({"type": ["array", "null"]}, "JSON"),
        ({"type": ["string", "integer"]}, "JSON"),
        ({"type": ["string", "object", "null"]}, "JSON"),
        ({"type": "null"}, "JSON"),
        (ANY, "JSON"),
        ({"enum": ["a", "b"]}, "JSON"),
        ({"anyOf": [MOMENT, {"type": "null"}]}, "TIMESTAMP"),
        ({"anyOf": [MOMENT, {"type": ["string", "null"]}]}, "VARCHAR"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "DOUBLE"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "JSON"),
        (True, "JSON"),
    ],
)
def test_the_type_of_a_column(declared, kind):
    """If values of several types are allowed, JSON preserves the difference."""
    assert duckdb_type(declared) == kind


@pytest.mark.parametrize(
    ("declared", "value", "stored"),
    [
        ("string", "", ""),
        ("string", "null", "null"),
        ("string", "007", "007"),
        ("string", "a\x00b", "a\x00b"),
        ("string", "é🧑‍🚀\r\n\t\u2028", "é🧑‍🚀\r\n\t\u2028"),
        ("string", "x" * 20_000_000, "x" * 20_000_000),
        ("string", None, None),
        ("integer", 2**63 - 1, str(2**63 - 1)),
        ("integer", -(2**63), str(-(2**63))),
        ("integer", 5.0, "5"),
        ("integer", 1e3, "1000"),
        ("number", 1, "1.0"),
        ("number", 0.1, "0.1"),
        ("number", -1e300, "-1e+300"),
        ("boolean", False, "false"),
        (MOMENT, "2026-01-02T03:04:05.678901Z", "2026-01-02 03:04:05.678901"),
        (MOMENT, "2026-01-02T03:04:05+02:00", "2026-01-02 01:04:05"),
        (MOMENT, "2026-01-02T03:04:05-0530", "2026-01-02 08:34:05"),
        (MOMENT, "2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        (MOMENT, "2026-01-02", "2026-01-02 00:00:00"),
        (MOMENT, "0001-01-01T00:00:00Z", "0001-01-01 00:00:00"),
        (MOMENT, "9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"),
        (DAY, "2026-01-02", "2026-01-02"),
        ("object", {}, "{}"),
        ("object", {"a": None, "b": [1, None, {"c": ""}]}, '{"a":null,"b":[1,null,{"c":""}]}'),
        ("object", {"n": 12345678901234567890123}, '{"n":12345678901234567890123}'),
        ("array", ["a", 1, None], '["a",1,null]'),
        ("array", [], "[]"),
        (ANY, "text", '"text"'),
        (ANY, 5, "5"),
        (ANY, None, None),
    ],
)  # fmt: skip
def test_a_value(tmp_path, monkeypatch, declared, value, stored):
    """Empty text stays, a moment is stored in UTC whatever the machine's zone, nested values stay whole."""
    monkeypatch.setenv("TZ", "America/New_York")
    path = tmp_path / "x.duckdb"
    load(
        path, schema("a", {"id": "integer", "v": declared}), record("a", {"id": 1, "v": value}), record("a", {"id": 2})
    )
    assert ask(path, "select v::varchar from a order by id") == [(stored,), (None,)]


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        ("string", 5, "Expected `str | null`, got `int` - at `$.v`"),
        ("string", {"secret": 1}, "Expected `str | null`, got `object` - at `$.v`"),
        ("string", "\ud800", "not a Singer message"),
        ("integer", "5", "Expected `int | null`, got `str` - at `$.v`"),
        ("integer", 1.5, "Expected `int | null`, got `float` - at `$.v`"),
        ("integer", True, "Expected `int | null`, got `bool` - at `$.v`"),
        ("integer", 2**63, "at `$.v`"),
        ("integer", -(2**63) - 1, "at `$.v`"),
        ("integer", 1e30, "at `$.v`"),
        ("number", "0.1", "Expected `float | null`, got `str` - at `$.v`"),
        ("number", float("nan"), "not a Singer message"),
        ("number", float("inf"), "not a Singer message"),
        ("object", {"deep": float("nan")}, "not a Singer message"),
        ("boolean", 1, "Expected `bool | null`, got `int` - at `$.v`"),
        (MOMENT, "yesterday", "has 1 values of `v` that are not TIMESTAMP"),
        (MOMENT, "2026-13-01T00:00:00Z", "has 1 values of `v` that are not TIMESTAMP"),
        (MOMENT, 5, "Expected `str | null`, got `int` - at `$.v`"),
        (DAY, "2026-01-02T03:04:05Z", "at `$.v`"),
        (DAY, "02.01.2026", "at `$.v`"),
    ],
)
def test_a_value_that_does_not_fit(tmp_path, declared, value, words):
    """It is never rounded, cut or taken for another: the load ends, and nothing of the batch is stored."""
    path = tmp_path / "x.duckdb"
    good, bad = record("a", {"id": 1}), record("a", {"id": 2, "v": value})
    with pytest.raises(LoadError) as failed:
        load(path, schema("a", {"id": "integer", "v": declared}), good, bad, state({"never": "told"}))
    assert words in str(failed.value)
    assert "secret" not in str(failed.value)
    assert ask(path, "from a") == []


@pytest.mark.parametrize(
    ("messages", "error", "words"),
    [
        ([record("b", {"id": 1})], RecordsWithoutSchemaException, "Stream `b` has a record before its SCHEMA"),
        (["{"], LoadError, "Line 2 of the input is not a Singer message"),
        (['{"type": "RECORD", "stream": "a", "record": {"id": 1}'], LoadError, "Line 2"),
        (['{"type": "RECORD", "stream": "a", "record": {"id": 01}}'], LoadError, "Line 2"),
        (["[1]"], LoadError, "Line 2"),
        (["5"], LoadError, "Line 2"),
        (['{"stream": "a"}'], LoadError, "Line 2"),
        ([{"type": "NOTE"}], LoadError, "unknown type `NOTE`"),
        ([{"type": "RECORD", "stream": "a"}], LoadError, "RECORD without a record"),
        ([record("a", None)], LoadError, "is not an object"),
        ([record("a", [1])], LoadError, "is not an object"),
        ([record("a", {"v": "x"})], MissingKeyPropertiesError, "lacks its key `id`"),
        ([record("a", {"id": None})], LoadError, "got `null` - at `$.id`"),
        ([record("a", {"id": 1}, version="x")], LoadError, "Line 2"),
        (['{"type":"RECORD","stream":"a","record":{"id":1,"v":"a","v":"b"}}'], LoadError, 'duplicate key "v"'),
        (
            ['{"type":"RECORD","stream":"a","record":{"id":1,"o":' + "[" * 9999 + "]" * 9999 + "}}"],
            LoadError,
            "recursion",
        ),
        ([schema("a", {"id": "integer"}, ("x",))], LoadError, "key `x` of stream `a` is not a property"),
        ([schema("c", {})], LoadError, "nothing to store"),
        ([schema("c", {"id": "integer", "ID": "integer"})], LoadError, "has `id` and `ID`"),
        ([{"type": "SCHEMA", "stream": "c"}], LoadError, "has no properties"),
        ([{"type": "SCHEMA", "stream": "c", "schema": 5}], LoadError, "has no properties"),
        ([{"type": "SCHEMA", "schema": {"properties": {"id": {}}}}], LoadError, "lacks `stream`"),
        ([{"type": "STATE"}], LoadError, "A STATE of the input lacks `value`"),
        ([{"type": "ACTIVATE_VERSION", "stream": "b", "version": 1}], LoadError, "ACTIVATE_VERSION of stream `b`"),
        ([{"type": "ACTIVATE_VERSION", "stream": "a"}], LoadError, "has no version"),
        ([{"type": "BATCH", "stream": "a", "encoding": {}, "manifest": []}], LoadError, "BATCH messages are not"),
    ],
)  # fmt: skip
def test_input_that_cannot_be_stored(tmp_path, messages, error, words):
    """One sentence, and nothing of the batch is stored."""
    path = tmp_path / "x.duckdb"
    declared = {"id": "integer", "v": "string", "o": "object"}
    with pytest.raises(error) as failed:
        load(path, schema("a", declared), *messages, state({"never": "told"}))
    assert words in str(failed.value)
    assert len(str(failed.value)) < 300
    assert ask(path, "from a") == []


def test_a_key_of_any_kind_is_never_null(tmp_path):
    """Also where the SCHEMA leaves open what a key is."""
    path = tmp_path / "x.duckdb"
    with pytest.raises(LoadError, match="has 1 records whose key is null"):
        load(path, schema("a", {"id": ANY}), record("a", {"id": 1}), record("a", {"id": None}))
    assert ask(path, "from a") == []


def test_an_empty_row_is_no_value(tmp_path):
    """Neither is it stored as one, nor counted among those that do not fit."""
    path = tmp_path / "x.duckdb"
    load(path, schema("a", {"v": "string"}, ()), record("a", {}))
    with pytest.raises(LoadError, match="has 1 values of `v` that are not TIMESTAMP"):
        load(path, schema("b", {"v": MOMENT}, ()), record("b", {}), record("b", {"v": "soon"}))
    assert ask(path, "from a") == [(None,)]


def test_what_a_schema_does_not_know(tmp_path, caplog):
    """A field without a property is left out, with one warning; the rest of the record is stored."""
    path = tmp_path / "x.duckdb"
    told = [record("a", {"id": place, "new": {"x": 1}}) for place in range(3)]
    load(path, schema("a", {"id": "integer"}), *told)
    assert ask(path, "from a order by id") == [(0,), (1,), (2,)]
    assert [line.message for line in caplog.records if "Left out" in line.message] == [
        "Left out what the SCHEMA does not declare: new"
    ]


@pytest.mark.parametrize(
    ("before", "after", "kind", "values"),
    [
        (("integer", 1), ("integer", 2), "BIGINT", ["1", "2"]),
        (("integer", 1), ("number", 0.5), "DOUBLE", ["1.0", "0.5"]),
        (("integer", 2**53 + 1), ("number", 0.5), "VARCHAR", [str(2**53 + 1), "0.5"]),
        (("number", 0.5), ("integer", 2), "DOUBLE", ["0.5", "2.0"]),
        (("number", 0.5), ("integer", 2**53 + 1), "VARCHAR", ["0.5", str(2**53 + 1)]),
        (("integer", 1), ("string", "x"), "VARCHAR", ["1", "x"]),
        (("string", "x"), ("integer", 1), "VARCHAR", ["x", "1"]),
        (("boolean", True), ("integer", 1), "VARCHAR", ["true", "1"]),
        (("string", "x"), ("object", {"a": 1}), "VARCHAR", ["x", '{"a":1}']),
        (("object", {"a": 1}), ("string", "x"), "JSON", ['{"a":1}', '"x"']),
        (("integer", 1), ("array", [1]), "JSON", ["1", "[1]"]),
        ((DAY, "2026-01-02"), (MOMENT, "2026-01-02T03:04:05Z"), "TIMESTAMP",
         ["2026-01-02 00:00:00", "2026-01-02 03:04:05"]),
        ((MOMENT, "2026-01-02T03:04:05Z"), (DAY, "2026-01-02"), "TIMESTAMP",
         ["2026-01-02 03:04:05", "2026-01-02 00:00:00"]),
        ((MOMENT, "2026-01-02T03:04:05Z"), ("string", "soon"), "VARCHAR", ["2026-01-02 03:04:05", "soon"]),
        (("string", "x"), (MOMENT, "2026-01-02T03:04:05Z"), "VARCHAR", ["x", "2026-01-02 03:04:05"]),
    ],
)  # fmt: skip
def test_a_column_that_changes_its_type(tmp_path, before, after, kind, values):
    """It grows wider until it holds both, and never narrower; what was stored stays to its last digit."""
    path = tmp_path / "x.duckdb"
    for place, (declared, value) in enumerate((before, after)):
        load(path, schema("a", {"id": "integer", "v": declared}), record("a", {"id": place, "v": value}))
    assert types(path, "a")["v"] == kind
    assert ask(path, "select v::varchar from a order by id") == [(value,) for value in values]


def test_columns_come_and_stay(tmp_path):
    """A new one is null in old rows; one that is sent no more keeps its values, also in rows that come anew."""
    path = tmp_path / "x.duckdb"
    load(path, schema("a", {"id": "integer", "v": "string"}), *(record("a", {"id": n, "v": "x"}) for n in (1, 2)))
    load(path, schema("a", {"id": "integer", "w": "string"}), *(record("a", {"id": n, "w": "y"}) for n in (2, 3)))
    assert ask(path, "select id, v, w from a order by id") == [(1, "x", None), (2, "x", "y"), (3, None, "y")]
