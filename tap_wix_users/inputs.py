"""The files that a run is given: state and catalog, checked before the SDK takes them apart."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.helpers._util import load_json
from singer_sdk.singerlib import Catalog

if TYPE_CHECKING:
    import logging


def load_json_file(file: IO[str] | None, option: str) -> Any:
    """What a file of the command line holds; None without one.

    Args:
        file: The file, open.
        option: The option that named it, ``--state`` or ``--catalog``.

    Raises:
        click.BadParameter: It holds no JSON object, or no catalog.
    """
    if file is None:
        return None
    try:
        content = load_json(file.read())
    except ValueError:
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


def valid_bookmarks(state: dict[str, Any], logger: logging.Logger) -> dict[str, Any]:
    """The bookmarks of a state that are shaped as this tap writes them; others count as none.

    Args:
        state: The state, as it came.
        logger: Told what counts as none.
    """
    bookmarks = state.get("bookmarks") or {}
    if not isinstance(bookmarks, dict):
        logger.warning("The state has no readable bookmarks, and counts as none")
        return {}
    readable = {}
    for stream, bookmark in bookmarks.items():
        if isinstance(bookmark, dict) and isinstance(bookmark.get("accounts", {}), dict):
            # Partitions are the SDK's, and no stream of this tap has any.
            readable[stream] = {name: value for name, value in bookmark.items() if name != "partitions"}
        else:
            logger.warning("The state of %s cannot be read, and counts as none", stream)
    return readable
