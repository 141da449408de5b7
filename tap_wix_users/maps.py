"""Rejects stream maps that would make the warehouse lie about access, before the first request."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_wix_users.tables.models import Row

DROPPED = (None, "__NULL__")
"""Values by which a map drops a stream or a column."""

_INSTEAD = (
    'Other columns can be dropped (`"email": null`, or `"__NULL__"` in YAML) or hashed (`"email": "sha256(email)"`)'
)

_MIXES = "`stream_maps` mixes rows of `{}` into `{}`: choose a name that no table has"

_FILTERS = (
    "filters its rows: receipts and changes are of all that were read, and a row that passes no more stays in the "
    "target as it was"
)


def refusals(maps: Any, models: Iterable[type[Row]]) -> list[str]:
    """Why stream maps cannot be used: a message for each table that they would corrupt.

    The rule for what is current joins tables by their keys, and reads the columns that a model names in
    `rule_columns`. It needs every row of the tap's own logs.

    Args:
        maps: The setting `stream_maps`.
        models: The declarations of all tables.
    """
    if not isinstance(maps, dict):
        return []
    declared = {model.table: model for model in models}
    mixed = [
        _MIXES.format(one["__source__"], into)
        for name, one in maps.items()
        if isinstance(one, dict) and "__source__" in one
        if (into := _alias(one, name)) in declared and into != one["__source__"]
        # In the place of a log, no copy is taken at all (below).
        if not (declared[into].is_log and into == name)
    ]
    return mixed + [sentence for model in declared.values() for sentence in _of_table(maps, model, set(declared))]


def effects(maps: Any, models: Iterable[type[Row]]) -> list[str]:
    """What stream maps do, one message per effect: nobody should learn from a dashboard that a mask was not applied.

    Args:
        maps: The setting `stream_maps`.
        models: The declarations of all tables.
    """
    if not isinstance(maps, dict):
        return []
    declared = {model.table: model for model in models}
    sentences = [
        f"`stream_maps` names `{name}`, which is no stream of this tap: it does nothing"
        for name, one in maps.items()
        if not (name.startswith("__") or (isinstance(one, dict) and "__source__" in one))
        and not any(fnmatch(table, name) for table in declared)
    ]
    for model in declared.values():
        for one in [one for name, one in maps.items() if _is_about(name, one, model.table)]:
            sentences += _effect(one, model)
    return sentences


def _effect(one: Any, model: type[Row]) -> list[str]:
    if not isinstance(one, dict):
        return [f"`stream_maps` drops all rows of `{model.table}`"]
    named = {column: to for column, to in one.items() if not column.startswith("__")}
    dropped = [column for column, to in named.items() if to in DROPPED and column in model.model_fields]
    if "__else__" in one:
        dropped += [column for column in model.model_fields if column not in named and column not in model.key]
    changed = [column for column, to in named.items() if to not in DROPPED and str(to).strip() != column]
    added = [column for column in changed if column not in model.model_fields]
    changed = [column for column in changed if column not in added]
    each = {"drops": dropped, "changes": changed, "adds": added}
    effects = [f"{what} {', '.join(columns)}" for what, columns in each.items() if columns]
    effects += [f"names it {alias}"] if (alias := _alias(one, model.table)) != model.table else []
    effects += [_FILTERS] if one.get("__filter__") is not None else []
    return [f"`stream_maps` of `{model.table}`: {'; '.join(effects)}"] if effects else []


def _of_table(maps: Mapping[str, Any], model: type[Row], tables: set[str]) -> Iterator[str]:
    table = model.table
    found = [(name, one) for name, one in maps.items() if _is_about(name, one, table)]
    if model.is_log and (any(_drops_rows(one, table) for _, one in found) or (not found and _drops_the_rest(maps))):
        yield (
            f"`stream_maps` drops, filters or renames rows of `{table}`, without which it is unknown which rows are "
            "current: leave it out of the maps, and if `__else__` is used, give it an empty map (`{}`)"
        )
    for name, one in found:
        if isinstance(one, dict):
            alias = _alias(one, table)
            if alias in tables - {table}:
                yield _MIXES.format(table, alias)
            for column in _changed(one, model):
                yield (
                    f"`stream_maps` changes or drops `{column}` of `{table}` (in `{name}`), which identifies rows or "
                    f"decides which are current: leave it as it is. {_INSTEAD}"
                )


def _is_about(name: str, one: Any, table: str) -> bool:
    """Whether a map applies to the rows of a table, and not to a copy of them under another name."""
    if isinstance(one, dict) and "__source__" in one:
        return name == table
    return fnmatch(table, name) and not name.startswith("__")


def _alias(one: Mapping[str, Any], table: str) -> str:
    """The name that a map gives a table."""
    return str(one.get("__alias__", table)).strip("'\"")


def _drops_rows(one: Any, table: str) -> bool:
    if not isinstance(one, dict):
        return one in DROPPED
    return _alias(one, table) != table or "__source__" in one or one.get("__filter__") is not None


def _drops_the_rest(maps: Mapping[str, Any]) -> bool:
    return "__else__" in maps and maps["__else__"] in DROPPED


def _changed(one: Mapping[str, Any], model: type[Row]) -> Iterator[str]:
    keys = list(model.key)
    if "__key_properties__" in one and sorted(one["__key_properties__"] or []) != sorted(keys):
        yield "__key_properties__"
    # With `__else__`, keys are kept even if the map does not name them; any other column is dropped.
    kept_anyway = model.rule_columns if "__else__" not in one else ()
    for column in (*keys, *model.rule_columns):
        unchanged = column in (*keys, *kept_anyway) if column not in one else str(one[column]).strip() == column
        if not unchanged:
            yield column
