"""What became of the tables from one catalog to another: what breaks a warehouse, and what only adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Catalog = dict[str, Any]


def broken(old: Catalog, new: Catalog) -> list[str]:
    """What a warehouse with the old tables cannot follow by itself: a sentence each, none when it can.

    Args:
        old: The catalog of a release.
        new: The catalog of today.
    """
    found = _entries(new)
    sentences = []
    for name, before in _entries(old).items():
        after = found.get(name)
        sentences += [f"{name}: the stream is gone"] if after is None else _broken_stream(name, before, after)
    return sentences


def added(old: Catalog, new: Catalog) -> list[str]:
    """The streams and, as `stream.column`, the columns that are new.

    Args:
        old: The catalog of a release.
        new: The catalog of today.
    """
    before = _entries(old)
    names = []
    for name, entry in _entries(new).items():
        if name not in before:
            names.append(name)
        else:
            known = before[name]["schema"]["properties"]
            names += [f"{name}.{column}" for column in entry["schema"]["properties"] if column not in known]
    return names


def _broken_stream(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    sentences = []
    for word, member in (("key", "key_properties"), ("replication key", "replication_key")):
        was, now = (_joined(entry[member]) for entry in (before, after))
        if was != now:
            sentences.append(f"{name}: its {word} was {was} and is {now}")
    columns = after["schema"]["properties"]
    for column, declared in before["schema"]["properties"].items():
        if column not in columns:
            sentences.append(f"{name}.{column}: the column is gone")
        elif (was := _kind(declared)) != (now := _kind(columns[column])):
            sentences.append(f"{name}.{column}: {was} became {now}")
    return sentences


def _entries(catalog: Catalog) -> dict[str, Any]:
    return {entry["tap_stream_id"]: entry for entry in catalog["streams"]}


def _joined(key: list[str] | str) -> str:
    return key if isinstance(key, str) else ", ".join(key)


def _kind(column: Mapping[str, Any]) -> str:
    """The type of a column, as a warehouse sees it."""
    form = column.get("format")
    return f"{sorted(column['type'])}{f' ({form})' if form else ''}"
