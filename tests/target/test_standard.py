"""The SDK's own tests of a target."""

from __future__ import annotations

import importlib.resources

import pytest
from singer_sdk.testing import get_target_test_class, target_test_streams
from singer_sdk.testing.suites import SingerTestSuite
from singer_sdk.testing.target_tests import TargetMultipleStateMessages

from target_duckdb_bulk.target import TargetDuckDbBulk
from tests.support import own_signals
from tests.target.load import ask, load


class _LastState(TargetMultipleStateMessages):
    """The SDK leaves this one out: it asks for a state per message. Told is the last one, after all of its rows."""

    def test(self) -> None:
        """Run test."""
        self.runner.sync_all()
        assert self.runner.state_messages == [
            {"test_multiple_state_messages_a": 5, "test_multiple_state_messages_b": 6}
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for the file that all of the SDK's tests load into."""
    return tmp_path_factory.mktemp("standard")


_Suite = get_target_test_class(
    target_class=TargetDuckDbBulk,
    config={"filepath": "standard.duckdb", "default_target_schema": "standard"},
    custom_suites=[SingerTestSuite(kind="target", tests=[_LastState])],
)


class TestStandard(_Suite):  # type: ignore[misc,valid-type]
    """All of the SDK's tests."""

    @pytest.fixture(autouse=True)
    def surroundings(self, folder, monkeypatch):
        """Each test runs where the file is, and gives the signals of its process back."""
        monkeypatch.chdir(folder)
        with own_signals():
            yield


@pytest.mark.parametrize(
    ("name", "query", "rows"),
    [
        ("duplicate_records", "select id, metric from test_duplicate_records order by id", [(1, 100), (2, 20)]),
        (
            "array_data",
            "select id, fruits::varchar from test_array_data order by id limit 2",
            [(1, '["apple","orange","pear"]'), (2, '["banana","apple"]')],
        ),
        (
            "encoded_string_data",
            "select count(*), count(distinct info) > 1 from test_strings",
            [(11, True)],
        ),
        (
            "schema_updates",
            "select id, a3, a5::varchar, a6 from test_schema_updates where id in (1, 5) order by id",
            [(1, None, None, None), (5, False, '["apple"]', 985)],
        ),
    ],
)
def test_what_they_leave(tmp_path, name, query, rows):
    """The SDK's tests do not check what was stored: this one does."""
    source = importlib.resources.files(target_test_streams) / f"{name}.singer"
    load(tmp_path / "x.duckdb", *source.read_text(encoding="utf-8").splitlines())
    assert ask(tmp_path / "x.duckdb", query) == rows
