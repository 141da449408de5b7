"""What no column of a row holds: it is kept in `extra`, as it came, but for links that accept an invite."""

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
        unparsed: These, by their names in the API.
    """

    def __init__(self) -> None:
        self.unparsed: Json = {}

    def parse(self, name: str, text: str | None) -> str | None:
        """A date-time as its column holds it.

        Args:
            name: Its name in the API.
            text: What came.
        """
        if not text:
            return None
        moment = normalized(text)
        if moment is None:
            self.unparsed[name] = text
        return moment


def left_over(owner: WixObject, unfit: Json | None = None, **inner: WixObject | None) -> Json | None:
    """What no column holds, under its name in the API; one found inside an object stays under that object's name.

    Args:
        owner: The object.
        unfit: Values of it that did not fit their columns.
        inner: Objects inside it, by their names in the API.
    """
    found: Json = {**owner.unknown_fields, **(unfit or {})} if owner.unknown_fields else unfit or {}
    for name, one in inner.items():
        if one is not None and one.unknown_fields:
            found = {**found, name: one.unknown}
    return (without_links(found) or None) if found else None
