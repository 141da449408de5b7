"""Rows that are gone: deleted or marked, and never others."""

from __future__ import annotations

import pytest

from target_duckdb_bulk.errors import LoadError
from tests.target.load import ask, load, record, schema, state, types, version

DECLARED = {"id": "integer", "v": "string"}
GONE = "2026-01-02T03:04:05+02:00"
MARK = "2026-01-02 01:04:05"


def _tombstone(place, **row):
    return record("a", {"id": place, "_sdc_deleted_at": GONE, **row})


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_tombstones(tmp_path, hard, size):
    """They delete the row, or mark it: what a tombstone leaves out stays. A row that comes again is there again."""
    path = tmp_path / "x.duckdb"
    rows = [record("a", {"id": place, "v": f"v{place}"}) for place in (1, 2, 3, 4)]
    again = record("a", {"id": 3, "v": "again"})
    settings = {"hard_delete": hard, "batch_size_rows": size}
    load(path, schema("a", DECLARED), *rows, **settings)
    load(
        path,
        schema("a", DECLARED),
        _tombstone(2),
        _tombstone(3),
        again,
        _tombstone(9),
        _tombstone(4, v=None),
        **settings,
    )
    if hard:
        assert ask(path, "from a order by id") == [(1, "v1"), (3, "again")]
        assert list(types(path, "a")) == ["id", "v"]
    else:
        marks = "select id, v, _sdc_deleted_at::varchar from a order by id"
        assert ask(path, marks) == [
            (1, "v1", None),
            (2, "v2", MARK),
            (3, "again", None),
            (4, "v4", MARK),
            (9, None, MARK),
        ]


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_a_version(tmp_path, hard, size):
    """It deletes, or marks, the rows of other versions and of none, and no row that waits to be stored."""
    path = tmp_path / "x.duckdb"
    settings = {"hard_delete": hard, "batch_size_rows": size}
    load(path, schema("a", DECLARED), *(record("a", {"id": place, "v": "old"}) for place in (1, 2)), **settings)
    told = [record("a", {"id": place, "v": "one"}, version=1) for place in (2, 3, 4)]
    load(path, schema("a", DECLARED), *told, version("a", 1), state({"a": 1}), **settings)
    there = "select id, v from a where _sdc_deleted_at is null order by id"
    assert ask(path, there) == [(2, "one"), (3, "one"), (4, "one")]
    told = [record("a", {"id": place, "v": "two"}, version=2) for place in (1, 3)]
    load(path, schema("a", DECLARED), *told, version("a", 2), state({"a": 2}), **settings)
    assert ask(path, there) == [(1, "two"), (3, "two")]
    everything = ask(path, "select id, v from a order by id")
    assert everything == [(1, "two"), (3, "two")] if hard else [(1, "two"), (2, "one"), (3, "two"), (4, "one")]


@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_a_version_deletes_no_row_that_waits(tmp_path, hard):
    """A run that ends right behind its version leaves the version's rows there, and none marked."""
    path = tmp_path / "x.duckdb"
    load(path, schema("a", DECLARED), *(record("a", {"id": place, "v": "old"}) for place in (1, 2)))
    told = [record("a", {"id": place, "v": "new"}, version=1) for place in (2, 3)]
    with pytest.raises(LoadError):
        load(path, schema("a", DECLARED), *told, version("a", 1), "{", hard_delete=hard)
    assert ask(path, "select id, v from a where _sdc_deleted_at is null order by id") == [(2, "new"), (3, "new")]


def test_versions_that_mix(tmp_path):
    """Rows of two versions in one stream keep each their own."""
    path = tmp_path / "x.duckdb"
    told = [record("a", {"id": place, "v": "x"}, version=place % 2 + 1) for place in range(6)]
    load(path, schema("a", DECLARED), *told, record("a", {"id": 6, "v": "x"}))
    assert ask(path, "select id, _sdc_table_version from a order by id") == [
        (0, 1), (1, 2), (2, 1), (3, 2), (4, 1), (5, 2), (6, None)
    ]  # fmt: skip


def test_versions_can_be_ignored(tmp_path):
    """With `process_activate_version_messages: false` every row stays."""
    path = tmp_path / "x.duckdb"
    settings = {"process_activate_version_messages": False, "hard_delete": True}
    load(path, schema("a", DECLARED), record("a", {"id": 1, "v": "x"}, version=1), version("a", 2), **settings)
    assert ask(path, "select id from a") == [(1,)]


def test_tombstones_without_a_key(tmp_path):
    """There is no row to delete: hard, they are left out; soft, they are appended."""
    path = tmp_path / "x.duckdb"
    load(path, schema("a", DECLARED, ()), record("a", {"id": 1}), _tombstone(2), hard_delete=True)
    load(path, schema("b", DECLARED, ()), record("b", {"id": 1}), {**_tombstone(2), "stream": "b"})
    assert ask(path, "select id from a") == [(1,)]
    assert ask(path, "select id, _sdc_deleted_at::varchar from b order by id") == [(1, None), (2, MARK)]
