"""Stream maps that would make the warehouse lie about access are refused; those that only mask are not."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_wix_users import maps
from tap_wix_users.tables.registry import MODELS
from tests.support import config, own_signals, run

NULLS = [None, "__NULL__"]
RULE = [(model.table, column) for model in MODELS for column in dict.fromkeys((*model.key, *model.rule_columns))]
LOGS = [model.table for model in MODELS if model.is_log]


def _columns(stream_maps: Any) -> list[str]:
    """The columns that the sentences about these maps name."""
    return [
        sentence.split("`")[3]
        for sentence in maps.refusals(stream_maps, MODELS)
        if sentence.startswith("`stream_maps` changes")
    ]


@pytest.mark.parametrize(("table", "column"), RULE)
@pytest.mark.parametrize("how", [*NULLS, "sha256({})", "'x'", "{} + ''", "None", "{} if {} else None"])
def test_a_key_or_a_column_of_the_rule(table: str, column: str, how: str | None):
    """It can be neither changed nor dropped: the sentence names it, and says what can be done instead."""
    changed = {table: {column: how.replace("{}", column) if how else how}}
    [sentence] = maps.refusals(changed, MODELS)
    assert sentence.startswith(f"`stream_maps` changes or drops `{column}` of `{table}` (in `{table}`), ")
    assert '`"email": "sha256(email)"`' in sentence


@pytest.mark.parametrize(("table", "column"), RULE)
def test_the_same_column_as_it_is(table: str, column: str):
    """Naming it without a change is no change."""
    assert maps.refusals({table: {column: f" {column} "}}, MODELS) == []


@pytest.mark.parametrize("pattern", ["*", "u*", "user?"])
def test_a_pattern(pattern: str):
    """A map of many tables is one of each of them."""
    assert _columns({pattern: {"snapshot_at": None}}).count("snapshot_at") == (11 if pattern == "*" else 1)
    assert maps.refusals({pattern: {"email": None}}, MODELS) == []


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize(
    "spoiled",
    [
        *NULLS,
        {"__filter__": "True"},
        {"__alias__": "other"},
        {"__alias__": "__stream_name__ + 's'"},
        {"__source__": "users"},
    ],
    ids=str,
)
def test_a_log_that_loses_rows(log: str, spoiled: Any):
    """Without every row of the logs it is unknown which rows are current."""
    assert [sentence.split("`")[3] for sentence in maps.refusals({log: spoiled}, MODELS)] == [log]


@pytest.mark.parametrize("null", NULLS)
def test_all_tables_that_are_not_named_are_dropped(null: str | None):
    """The logs are among them, unless they are named, too."""
    assert len(maps.refusals({"users": {"email": None}, "__else__": null}, MODELS)) == len(LOGS)
    named: dict[str, Any] = {log: {} for log in LOGS}
    assert maps.refusals({"users": {"email": None}, "__else__": null, **named}, MODELS) == []
    assert len(maps.refusals({"*": null}, MODELS)) == len(LOGS)


@pytest.mark.parametrize("null", NULLS)
def test_all_columns_that_are_not_named_are_dropped(null: str | None):
    """The key stays; the columns of the rule have to be named."""
    assert sorted(_columns({"users": {"__else__": null}})) == ["observed_at", "snapshot_at"]
    kept = {"observed_at": "observed_at", "snapshot_at": "snapshot_at", "email": "sha256(email)"}
    assert maps.refusals({"users": {"__else__": null, **kept}}, MODELS) == []


@pytest.mark.parametrize("keys", [None, [], ["id"], ["account_id", "id", "email"]])
def test_other_keys(keys: Any):
    """The key that targets upsert by is the one that the rule joins by."""
    assert _columns({"users": {"__key_properties__": keys}}) == ["__key_properties__"]
    assert maps.refusals({"users": {"__key_properties__": ["id", "account_id"]}}, MODELS) == []


@pytest.mark.parametrize(
    "mixing",
    [
        {"roles": {"__alias__": "'users'"}},
        {"users": {"__source__": "roles"}},
        {"copy": {"__source__": "roles", "__alias__": "users"}},
    ],
    ids=str,
)
def test_rows_in_another_table(mixing: Any):
    """A name that another table has would mix the rows of two tables; so would a copy of one in its place."""
    [sentence] = maps.refusals(mixing, MODELS)
    assert sentence == "`stream_maps` mixes rows of `roles` into `users`: choose a name that no table has"


@pytest.mark.parametrize(
    "harmless",
    [
        None,
        "{}",
        {},
        {"users": {}},
        {"users": {"email": "sha256(email)", "first_name": None, "extra": "__NULL__"}},
        {"users": {"domain": "email.split('@')[1]"}},
        {"users": {"__alias__": "people"}},
        {"roles": "__NULL__"},
        {"masked": {"__source__": "users", "id": "sha256(id)"}},
        {"snapshots": {"error": None, "tap_version": "__NULL__"}},
        {"nothing_of_ours": {"id": None}},
        {"*": {"extra": None}},
    ],
    ids=str,
)
def test_what_only_masks(harmless: Any):
    """Other columns can be dropped, hashed and added; a copy under another name is the user's own."""
    assert maps.refusals(harmless, MODELS) == []


def test_it_is_refused_before_the_first_request(serve):
    """A run with such a map ends with the message, and sends no request."""
    sandbox = serve()
    hidden = {"users": {"id": "sha256(id)"}, "assignments": {"user_id": "sha256(user_id)"}}
    with own_signals(), pytest.raises(ConfigValidationError) as caught:
        run(sandbox, stream_maps=hidden)
    assert [error.split("`")[3:6:2] for error in caught.value.errors] == [["id", "users"], ["user_id", "assignments"]]
    assert sandbox.requests == []
    assert config(sandbox)["api_key"] not in str(caught.value.errors)
