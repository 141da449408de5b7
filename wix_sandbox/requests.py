"""Requests as the documentation describes them, decoded and checked."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from wix_sandbox.problems import Violation, too_large
from wix_sandbox.records import Json

_building = threading.Lock()

Int32 = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Shape = TypeVar("Shape")

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<field>.*)`)?$", re.DOTALL)


class Paging(Struct):
    """Offset paging. A limit that is missing, null or 0 means the endpoint's default."""

    limit: Int32 | None = None
    offset: Int32 | None = None


class OrderBy(Struct, rename="camel"):
    """One sort order of Search Team."""

    field_name: Literal["Name", "JoinedAt"]
    direction: Literal["ASC", "DESC"] = "ASC"


class SearchTeam(Struct, rename="camel"):
    """Body of Search Team, which has no `query` wrapper."""

    query: str | None = None
    filter: Json | None = None
    order_by: list[OrderBy] = []
    facets: list[Literal["Roles", "InviteStatus", "Users"]] = []
    paging: Paging | None = None


class Sort(Struct, rename="camel"):
    """One sort order of the query language."""

    field_name: str
    order: Literal["ASC", "DESC"] = "ASC"


class CursorPaging(Struct):
    """Cursor paging."""

    limit: Annotated[int, Meta(ge=1)] | None = None
    cursor: str | None = None


class SitesQuery(Struct, rename="camel"):
    """The query of Query Sites."""

    filter: Json | None = None
    sort: list[Sort] | None = None
    cursor_paging: CursorPaging | None = None


class QuerySites(Struct):
    """Body of Query Sites."""

    query: SitesQuery = msgspec.field(default_factory=SitesQuery)


class CountSites(Struct):
    """Body of Count Sites, which has no `query` wrapper."""

    filter: Json | None = None


class FoldersQuery(Struct):
    """The query of Query Folders."""

    filter: Json | None = None
    sort: list[Sort] | None = None
    paging: Paging | None = None


class QueryFolders(Struct):
    """Body of Query Folders."""

    query: FoldersQuery = msgspec.field(default_factory=FoldersQuery)


class Position(Struct):
    """The content of a cursor of Query Sites: where to continue, and the query that it belongs to."""

    offset: int
    after: str | None = None
    filter: Json | None = None
    sort: list[Sort] | None = None


def _decoder(shape: type[Shape]) -> msgspec.json.Decoder[Shape]:
    # Two sandboxes in one process answer in two threads, and msgspec cannot learn a class in both at once (0.22).
    with _building:
        return msgspec.json.Decoder(shape)


def decoded(body: bytes, shape: type[Shape]) -> Shape:
    """Decode and validate a body. Unknown members are ignored, as the API does.

    Raises:
        Violation: It is not JSON, or a member has the wrong type or is out of range.
    """
    try:
        return _decoder(shape).decode(body)
    except msgspec.ValidationError as error:
        found = _PLACE.match(str(error))
        what, field = (found["what"], found["field"]) if found else (str(error), None)
        raise Violation(field or "body", what) from None
    except msgspec.DecodeError as error:
        raise Violation("body", f"is not valid JSON: {error}") from None


def page(paging: Paging | None, default: int, maximum: int, field: str = "paging.limit") -> tuple[int, int]:
    """Limit and offset.

    Raises:
        Violation: The limit exceeds the maximum, which the error names.
    """
    paging = paging or Paging()
    limit = paging.limit or min(default, maximum)
    if limit > maximum:
        raise too_large(field, maximum)
    return limit, paging.offset or 0


def number(value: str | None, field: str) -> int | None:
    """Parse a non-negative number of a query string.

    Raises:
        Violation: It is not one.
    """
    if value is None:
        return None
    if not value.isascii() or not value.isdigit():
        raise Violation(field, "must be a number that is not negative")
    return int(value)


def to_cursor(position: Position) -> str:
    """A position as an opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def from_cursor(cursor: str) -> Position:
    """Decode a cursor to its position.

    Raises:
        Violation: It is not a cursor of this API.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return _decoder(Position).decode(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Violation("query.cursorPaging.cursor", "is not a valid cursor") from None
