"""The input files of a run: state and catalog, checked before the SDK parses them."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click
import msgspec
from singer_sdk.helpers._util import load_json
from singer_sdk.singerlib import Catalog

from tap_wix_users.wix.text import storable

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

_NO_STATE = (
    'not a state of this tap: neither `{"bookmarks": …}`, nor a STATE message, nor what `meltano state get` prints. '
    "Leave the option out, or use `--full-refresh`, to begin without a state"
)

_MAX_LEVELS = 50
"""Deeper states are rejected: this tap's own are far from it, and the SDK copies them recursively."""


def load_json_file(file: IO[str] | None, option: str) -> Any:
    """Load a file of the command line; None when there is none.

    Args:
        file: The file, open.
        option: The option that named it, ``--state`` or ``--catalog``.

    Raises:
        click.BadParameter: It does not hold a JSON object, or not a catalog.
    """
    if file is None:
        return None
    try:
        # As with the API's answers: half a surrogate pair in a state could not be written again.
        text = storable(file.read().encode(errors="replace")).decode()
        if option == "--state" and not text.strip():
            return None
        content = load_json(text)
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error.strerror}", param_hint=option) from None
    except (ValueError, RecursionError, MemoryError):
        content = None
    if not isinstance(content, dict):
        raise click.BadParameter("not a JSON object", param_hint=option)
    if option == "--catalog" and not _is_catalog(content):
        raise click.BadParameter("not a Singer catalog: make one with --discover", param_hint=option)
    return content


def _is_catalog(content: dict[str, Any]) -> bool:
    try:
        entries = Catalog.from_dict(content).values()
        return all(isinstance(entry.schema.to_dict()["properties"], dict) for entry in entries)
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


def valid_bookmarks(state: Mapping[str, Any], logger: logging.Logger) -> dict[str, Any]:
    """The bookmarks of a state that have the shape that this tap writes; others are ignored.

    Args:
        state: The state as loaded; it may be wrapped in a STATE message, or in what Meltano stores and prints.
        logger: Logs what is ignored.

    Raises:
        click.BadParameter: It is not a state.
    """
    bookmarks = _unwrapped(state).get("bookmarks") or {}
    if not isinstance(bookmarks, dict):
        logger.warning("The state has no readable bookmarks, and is ignored")
        return {}
    readable = {}
    for stream, bookmark in bookmarks.items():
        if isinstance(bookmark, dict) and isinstance(bookmark.get("accounts", {}), dict) and _is_storable(stream):
            # Partitions belong to the SDK, and no stream of this tap has any.
            kept = {name: value for name, value in bookmark.items() if name != "partitions" and _is_storable(value)}
            if "accounts" in bookmark:
                kept["accounts"] = _readable_accounts(stream, bookmark["accounts"], logger)
            readable[stream] = kept
        else:
            logger.warning("The state of %a cannot be read, and is ignored", stream)
    return readable


def _readable_accounts(stream: str, accounts: Mapping[str, Any], logger: logging.Logger) -> dict[str, Any]:
    readable = {}
    for account_id, stored in accounts.items():
        if isinstance(stored, dict) and _is_storable(account_id) and _is_storable(stored):
            readable[account_id] = stored
        else:
            logger.warning("The state of %s of account %a cannot be read, and is ignored", stream, account_id)
    return readable


def _unwrapped(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state inside its envelopes.

    Raises:
        click.BadParameter: They do not hold a state.
    """
    if not state or "bookmarks" in state:
        return state
    if "completed" in state or "partial" in state:
        # As Meltano does when it reads them: an incomplete run's state is merged into the one before.
        parts = [_unwrapped(_object(state.get(name) or {})) for name in ("completed", "partial")]
        return _merged(*parts)
    for name in ("singer_state", "value"):
        if name in state:
            return _unwrapped(_object(state[name] or {}))
    raise click.BadParameter(_NO_STATE, param_hint="--state")


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise click.BadParameter(_NO_STATE, param_hint="--state")
    return value


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _is_storable(value: Any) -> bool:
    """Whether a value can be written again: it is not nested too deeply, and holds no half surrogate pairs."""
    try:
        msgspec.json.encode(value)
    except (ValueError, RecursionError):
        return False
    return _is_flat(value, _MAX_LEVELS)


def _is_flat(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_flat(one, levels - 1) for one in inner)
