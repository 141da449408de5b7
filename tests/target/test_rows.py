"""Every row of every table is stored, whatever the size of a batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from target_duckdb_bulk import reader
from tests.support import run
from tests.target.load import ask, load, record, schema, state
from tests.warehouses.story import SMALL
from wix_sandbox import Sandbox, World


@pytest.fixture(scope="module")
def account():
    """A run of the tap on a small account."""
    with Sandbox(World(SMALL)) as sandbox:
        done = run(sandbox)
    assert done.code == 0
    return done


@pytest.mark.parametrize("size", [1, 2, 100, 50_000])
def test_every_row_of_every_table(account, tmp_path, size):
    """As many rows as were sent, of each table, and the state of the run."""
    path = tmp_path / "x.duckdb"
    states = load(path, *account.lines, batch_size_rows=size, default_target_schema="raw_wix")
    assert states[-1] == account.state
    for message in (one for one in account.messages if one["type"] == "SCHEMA"):
        stream = message["stream"]
        sent = {tuple(row[key] for key in message["key_properties"]) for row in account.records(stream)}
        keys = ", ".join(message["key_properties"][:2])
        ((stored, different),) = ask(path, f"select count(*), count(distinct ({keys})) from raw_wix.{stream}")
        assert stored == len(sent), stream
        assert different <= stored


@pytest.mark.parametrize("rows", [1, 100, 101])
@pytest.mark.parametrize("text", ["", "a", "1", "null", "a,b", '"', "\\", "\n", "é🧑‍🚀"])
def test_no_row_is_taken_for_something_else(tmp_path, rows, text):
    """Batches of 100, of one column of text: nothing is taken for a header, a null or a number."""
    path = tmp_path / "x.duckdb"
    sent = [f"{text}{place}" if place else text for place in range(rows)]
    told = [record("a", {"id": value}) for value in sent]
    load(path, schema("a", {"id": "string"}), *told, batch_size_rows=100)
    assert sorted(ask(path, "from a")) == sorted((value,) for value in sent)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_the_last_row_of_a_key_counts(tmp_path, size):
    """Within a batch, over batches and over runs; what is not sent again stays."""
    path = tmp_path / "x.duckdb"
    told = [record("a", {"id": place % 3, "v": place}) for place in range(7)]
    load(path, schema("a", {"id": "integer", "v": "integer"}), *told, batch_size_rows=size)
    assert sorted(ask(path, "from a")) == [(0, 6), (1, 4), (2, 5)]
    load(path, schema("a", {"id": "integer", "v": "integer"}), record("a", {"id": 1, "v": None}))
    assert sorted(ask(path, "from a"), key=str) == [(0, 6), (1, None), (2, 5)]


_FLAT = {"id": "integer", "v": "string"}
_ENVELOPE = '{"type":"RECORD","stream":"a","record":%s,"time_extracted":"2026-01-02T03:04:05Z"}'
_RECORD = '{"id":%d,"v":"x"}'


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(_ENVELOPE % '{"id":7,"v":null}', id="as the others"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"é🧑‍🚀\\n"}', id="other characters"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x"},"more":1', id="one more member"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x"},"record":{"id":8,"v":"y"}', id="two records"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x"} {"id":8,"v":"y"}', id="two values"),
        pytest.param(_ENVELOPE % "", id="no record"),
        pytest.param(_ENVELOPE % '"x"', id="a record that is no object"),
        pytest.param(_ENVELOPE % '{"id":7,"v":', id="malformed"),
        pytest.param(_ENVELOPE % '{"id":7.0,"v":"x"}', id="an integer as a fraction"),
        pytest.param(_ENVELOPE % '{"id":7,"v":1}', id="the wrong type"),
        pytest.param(_ENVELOPE % '{"v":"x"}', id="no key"),
        pytest.param(_ENVELOPE % '{"id":null,"v":"x"}', id="a null key"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x","w":1}', id="an unknown field"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x"}' + " ", id="a blank after it"),
        pytest.param(_ENVELOPE % '{"id":7,"v":"x"}' + "\r", id="a carriage return after it"),
        pytest.param(_ENVELOPE % '{"id":7,\r"v":"x"}', id="a carriage return within it"),
        pytest.param((_ENVELOPE % '{"id":7,"v":"x"}').replace("T03", "T04"), id="another time"),
        pytest.param((_ENVELOPE % '{"id":7,"v":"x"}').replace("}", "}\n", 1), id="a line break within it"),
        pytest.param((_ENVELOPE % '{"id":7,"v":"x"}').replace('"a"', '"b"'), id="another stream"),
        pytest.param((_ENVELOPE % '{"id":7,"v":"x"}').replace('"type"', '"version":5,"type"'), id="a version"),
        pytest.param("", id="an empty line"),
        pytest.param(json.dumps(state({"upto": 1})), id="a state"),
        pytest.param(json.dumps(schema("a", {"id": "integer", "w": "string"})), id="another SCHEMA"),
    ],
)
def test_messages_that_come_together_are_stored_as_if_one_by_one(tmp_path, monkeypatch, odd):
    """The same rows, states and errors, however many messages one read of the input returns, and whatever is in one."""
    alike = [_ENVELOPE % _RECORD % place for place in range(10)]
    lines = [schema("a", _FLAT), schema("b", _FLAT), *alike, odd, *alike, alike[3], state({"upto": 2})]
    columns = "* exclude (_sdc_received_at, _sdc_batched_at, _sdc_sequence, _sdc_sync_started_at)"
    found = []
    for block in (1 << 20, 3 * len(alike[0])):
        monkeypatch.setattr(reader, "_BLOCK", block)
        path = tmp_path / f"{block}.duckdb"
        try:
            told: Any = load(path, *lines, batch_size_rows=5, add_metadata_columns=True)
        except Exception as error:
            told = type(error), str(error)
        found.append((told, [sorted(ask(path, f"select {columns} from {name}"), key=str) for name in "ab"]))
    assert found[1] == found[0]


def test_without_a_key_rows_are_appended(tmp_path):
    """Twice the same row is two rows."""
    path = tmp_path / "x.duckdb"
    for _ in range(2):
        load(path, schema("a", {"v": "integer"}, ()), record("a", {"v": 1}), record("a", {"v": 1}), record("a", {}))
    assert sorted(ask(path, "from a"), key=str) == [(1,)] * 4 + [(None,)] * 2


def test_any_words_are_names(tmp_path):
    """Schemas, tables and columns with quotes, spaces, dots, keywords and names that DuckDB or the target uses."""
    path = tmp_path / "raw 'x'.duckdb"
    names = ['we"ird', "it's", "a b", "select", "rowid", "c0", "c1", "stage", "t", "s", "ÄÖ", "a.b", "", "_sdc"]
    names.remove("")
    row = {name: f"value of {name}" for name in names}
    for changed in ("one", "two"):
        load(
            path,
            schema('or"der', dict.fromkeys(names, "string"), ("rowid", 'we"ird')),
            *(record('or"der', {**row, "select": f"{changed} {place}"}) for place in range(3)),
            default_target_schema="raw 'x'",
        )
        stored = ask(path, '''from "raw 'x'"."raw 'x'"."or""der"''')
        assert stored == [tuple({**row, "select": f"{changed} 2"}.values())]


def test_streams_that_change_their_schema_keep_their_order(tmp_path):
    """A row of the old SCHEMA never overwrites a newer one of the new SCHEMA."""
    path = tmp_path / "x.duckdb"
    load(
        path,
        schema("a", {"id": "integer", "v": "integer"}), record("a", {"id": 1, "v": 1}),
        schema("a", {"id": "integer", "v": "integer", "w": "string"}), record("a", {"id": 1, "v": 2, "w": "x"}),
        record("a", {"id": 2, "v": 2, "w": "x"}),
        batch_size_rows=2,
    )  # fmt: skip
    assert sorted(ask(path, "from a")) == [(1, 2, "x"), (2, 2, "x")]


def test_more_streams_than_files_may_be_open(tmp_path):
    """Three hundred streams with a row each."""
    path = tmp_path / "x.duckdb"
    names = [f"s{place}" for place in range(300)]
    told = [one for name in names for one in (schema(name, {"id": "integer"}), record(name, {"id": 1}))]
    assert load(path, *told, state({"all": True})) == [{"all": True}]
    assert ask(path, "select count(*), sum(estimated_size) from duckdb_tables()") == [(300, 300)]


def test_maps_and_flattening_are_heeded(tmp_path):
    """What the SDK offers every target: columns made, renamed and dropped, rows left out, objects flattened."""
    path = tmp_path / "x.duckdb"
    declared = {"id": "integer", "v": "string", "o": {"type": "object", "properties": {"x": {"type": "integer"}}}}
    maps = {"a": {"__alias__": "b", "v": None, "twice": "int(id * 2)", "__filter__": "id > 1"}}
    rows = [record("a", {"id": place, "v": "secret", "o": {"x": place}}) for place in (1, 2, 3)]
    load(path, schema("a", declared), *rows, stream_maps=maps, flattening_enabled=True, flattening_max_depth=1)
    assert sorted(ask(path, "select id, twice, o__x from b")) == [(2, 4, 2), (3, 6, 3)]
    assert [name for (name,) in ask(path, "select table_name from duckdb_tables()")] == ["b"]


def test_columns_about_a_row(tmp_path):
    """With `add_metadata_columns`: when it was read and stored, and by which run."""
    path = tmp_path / "x.duckdb"
    read = "2026-01-02T03:04:05.678901+02:00"
    told = [record("a", row, time_extracted=read, version=7) for row in ({"id": 1}, {"id": 2})]
    load(path, schema("a", {"id": "integer"}), *told, add_metadata_columns=True)
    ((times, versions, ordered),) = ask(
        path,
        """
        select list(distinct _sdc_extracted_at::varchar), list(distinct _sdc_table_version),
          bool_and(_sdc_received_at <= _sdc_batched_at and _sdc_deleted_at is null
            and epoch_ms(_sdc_sync_started_at) <= _sdc_batched_at and _sdc_sequence > 0)
        from a
        """,
    )
    assert (times, versions, ordered) == (["2026-01-02 01:04:05.678901"], [7], True)


def test_a_value_that_is_the_name_of_a_column(tmp_path):
    """A row has the time at which it was read, also where one of its texts, or a field of its objects, says so."""
    path = tmp_path / "x.duckdb"
    declared = {"id": "integer", "v": "string", "o": "object"}
    name = "_sdc_extracted_at"
    rows = [{"id": 1, "v": name}, {"id": 2, "o": {name: 1}}, {"id": 3, name: "2026-03-01T00:00:00Z"}, {"id": 4}]
    told = [record("a", row, time_extracted="2026-01-02T03:04:05Z") for row in rows]
    load(path, schema("a", declared), *told, add_metadata_columns=True)
    days = ["2026-01-02", "2026-01-02", "2026-03-01", "2026-01-02"]
    assert ask(path, f"select {name}::date::varchar from a order by id") == [(day,) for day in days]


def test_the_rows_of_another_tap(tmp_path):
    """The messages of tap-jsonl 0.3.1 as it wrote them: three rows of two keys."""
    path = tmp_path / "x.duckdb"
    lines = (Path(__file__).parents[1] / "data" / "tap-jsonl.jsonl").read_text(encoding="utf-8").splitlines()
    (told,) = load(path, *lines)
    assert told == json.loads(lines[-1])["value"]
    columns = 'id, name, tags::varchar, o::varchar, "at"::varchar, _sdc_filename'
    assert sorted(ask(path, f'select {columns} from "my-things"')) == [
        (1, "b", None, "{}", "2026-01-01 22:00:00", "things.jsonl"),
        (2, "", "[]", None, None, "things.jsonl"),
    ]


def test_a_file_that_target_duckdb_made(tmp_path):
    """Tables with a primary key, as target-duckdb makes them, go on: rows are replaced, columns added."""
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute('create table a (id varchar, v varchar, "at" timestamp, n bigint, primary key (id))')
        connection.execute("insert into a values ('1', 'old', '2026-01-01', 1), ('2', 'old', '2026-01-01', 2)")
    declared = {"id": "string", "v": "string", "at": {"type": "string", "format": "date-time"}, "w": "object"}
    row = {"id": "1", "v": "", "at": "2026-02-03T04:05:06Z", "w": {"x": None}}
    load(path, schema("a", declared), record("a", row), record("a", {**row, "id": "3"}))
    stored = ask(path, 'select id, v, "at"::varchar, n, w::varchar from a order by id')
    assert stored == [
        ("1", "", "2026-02-03 04:05:06", 1, json.dumps(row["w"], separators=(",", ":"))),
        ("2", "old", "2026-01-01 00:00:00", 2, None),
        ("3", "", "2026-02-03 04:05:06", None, '{"x":null}'),
    ]
