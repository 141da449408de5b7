"""The column `extra`: whatever no other column holds, unchanged except for links that accept an invite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_wix_users.tables.links import without_links
from tap_wix_users.wix.times import normalized

if TYPE_CHECKING:
    from tap_wix_users.tables.models import Json
    from tap_wix_users.wix.objects import WixObject


class Dates:
    """Parses the date-times of an object, and keeps those that cannot be parsed.

    Attributes:
        unparsed: Those that cannot be parsed, by their names in the API.
    """

    def __init__(self) -> None:
        self.unparsed: Json = {}

    def parse(self, name: str, text: str | None) -> str | None:
        """The value of a date-time's column.

        Args:
            name: The name in the API.
            text: The API's value.
        """
        if not text:
            return None
        moment = normalized(text)
        if moment is None:
            self.unparsed[name] = text
        return moment


def left_over(
    owner: WixObject, unfit: Json | None = None, name: str = "", inner: WixObject | None = None
) -> Json | None:
    """Whatever no column holds, by its name in the API; fields of an inner object are nested under that object's name.

    Args:
        owner: The object.
        unfit: Its values that did not fit their columns.
        name: The name in the API of an object inside it.
        inner: That object, if it is there.
    """
    nested = inner.unknown_fields if inner is not None else None
    if not (owner.unknown_fields or unfit or nested):
        return None
    found = {**owner.unknown, **(unfit or {}), **({name: dict(nested)} if nested else {})}
    return without_links(found) or None
