"""Answers as objects: what came, read as `tap_wix_users.wix.objects` declares it.

What is as declared is read at once, by msgspec. What is not is taken apart, one level after the other: each part that
is as declared is read at once again, and a field that has no place is kept aside, as it came. So what one object holds
beyond its declaration changes nothing for the others, and costs little.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Raw, ValidationError, structs
from pydantic_core import from_json

from tap_wix_users.wix.client import UnreadableBody
from tap_wix_users.wix.objects import STRUCTURE, Answer, UnknownFields, WixObject, fields

O = TypeVar("O", bound=WixObject)  # noqa: E741
A = TypeVar("A", bound=Answer)

_ENVELOPE = {"message", "details"}
"""Members of an error (docs/api-contract.md, section 1.2): an answer that has them is one, whatever its status is."""

_NOT_THE_ENDPOINTS = "the answer is not this endpoint's: it has none of its members, or is an error with status 200"

_NO_JSON = "the answer is not JSON, or was cut short"

_building = threading.Lock()

_members = msgspec.json.Decoder(dict[str, Raw]).decode
_elements = msgspec.json.Decoder(list[Raw]).decode


def parse(kind: type[A], body: bytes) -> A:
    """Parse an answer.

    Args:
        kind: What the endpoint returns.
        body: The answer's body.

    Raises:
        UnreadableBody: The body is no JSON (worth another attempt), or what identifies or holds rows is not as
            documented (not worth one). The message names the places, never the values.
    """
    reading = Reading()
    try:
        members = _object_of(body)
        answer = reading.parts(kind, members, "", structural=True)
    except UnreadableBody:
        raise
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise UnreadableBody(_NO_JSON, retryable=True) from None
    names = fields(kind)
    present, unknown = members.keys() & names, members.keys() - names
    if unknown and (not present or unknown >= _ENVELOPE):
        raise UnreadableBody(_NOT_THE_ENDPOINTS, retryable=True)
    if answer is None:
        raise UnreadableBody(_misshapen(sorted(reading.places)), retryable=False)
    return structs.replace(answer, present=frozenset(names[name].name for name in present))


def as_came(one: WixObject) -> dict[str, Any]:
    """The fields of an object that came, known or not: of one whose fields are `UNSET` where they did not."""
    known = {name: getattr(one, field.name) for name, field in fields(type(one)).items()}
    return {name: value for name, value in known.items() if value is not msgspec.UNSET} | one.unknown


def value_of(text: bytes) -> Any:
    """What a part that was left as JSON holds; None where it did not come.

    Raises:
        UnreadableBody: It is nested beyond reason.
    """
    try:
        return from_json(text) if text else None
    except ValueError:
        raise UnreadableBody(_NO_JSON, retryable=False) from None


class _Misfit(Exception):
    """A value that is not of the documented type."""


class Reading:
    """One reading of an answer, part by part.

    Attributes:
        places: Where it is not as documented.
    """

    def __init__(self) -> None:
        self.places: set[str] = set()

    def parts(self, kind: type[O], members: dict[str, Raw], way: str, *, structural: bool) -> O | None:
        """An object of which not everything is as declared; None where a row or a list of rows would be lost.

        Args:
            kind: The object.
            members: What came.
            way: The place of it in the answer.
            structural: Whether a row or a list of rows is lost with what identifies it.
        """
        known = fields(kind)
        values: dict[str, Any] = {}
        unknown_fields = UnknownFields()
        lost = False
        for name, raw in members.items():
            if name not in known:
                unknown_fields[name] = from_json(bytes(raw))
                continue
            holds = structural and name in STRUCTURE
            try:
                values[known[name].name] = self._field(known[name], raw, f"{way}{name}", structural=holds)
            except _Misfit:
                if holds:
                    lost = True
                else:
                    unknown_fields[name] = from_json(bytes(raw))
        for name, field in known.items():
            if field.required and name not in members:
                self.places.add(f"{way}{name}")
                lost = True
        if lost:
            return None
        return kind(**values, unknown_fields=unknown_fields) if unknown_fields else kind(**values)

    def _field(self, field: structs.FieldInfo, raw: Raw, way: str, *, structural: bool) -> Any:
        try:
            return _decoder(field.type).decode(raw)
        except ValidationError:
            inner, in_list = _inner(field.type)
            if inner is None:
                return self._other(field.type, raw, way)
            if in_list:
                return self._list(inner, raw, way, structural=structural)
            return self._object(inner, raw, way, structural=structural)

    def _object(self, kind: type[O], raw: Raw, way: str, *, structural: bool) -> O:
        try:
            members = _members(raw)
        except ValidationError:
            self.places.add(way)
            raise _Misfit from None
        found = self.parts(kind, members, f"{way}.", structural=structural)
        if found is None:
            raise _Misfit
        return found

    def _list(self, kind: type[O], raw: Raw, way: str, *, structural: bool) -> list[O]:
        try:
            elements = _elements(raw)
        except ValidationError:
            self.places.add(way)
            raise _Misfit from None
        found = []
        for place, element in enumerate(elements):
            try:
                found.append(_decoder(kind).decode(element))
            except ValidationError:
                try:
                    found.append(self._object(kind, element, f"{way}.{place}", structural=structural))
                except _Misfit:
                    continue
        if len(found) < len(elements):
            raise _Misfit
        return found

    def _other(self, kind: Any, raw: Raw, way: str) -> Any:
        try:
            # Numbers of any size: msgspec takes none that is beyond a float.
            return msgspec.convert(from_json(bytes(raw)), kind)
        except ValidationError:
            self.places.add(way)
            raise _Misfit from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    # What msgspec knows of a class, it works out when the first decoder needs it. Another thread that meets the class
    # meanwhile takes that for finished, and crashes the process (0.22).
    with _building:
        return msgspec.json.Decoder(kind)


@cache
def _inner(kind: Any) -> tuple[type[WixObject] | None, bool]:
    """The kind of object that a field holds, if it does, and whether it holds a list of them."""
    for option in (kind,) if get_origin(kind) is list else get_args(kind) or (kind,):
        in_list = get_origin(option) is list
        held = get_args(option)[0] if in_list else option
        if isinstance(held, type) and issubclass(held, WixObject):
            return held, in_list
    return None, False


def _object_of(body: bytes) -> dict[str, Raw]:
    """The members of an answer, each as JSON.

    Raises:
        UnreadableBody: It is JSON, and no object.
        ValueError: It is no JSON.
    """
    try:
        return _members(body)
    except ValidationError:
        from_json(body)
        raise UnreadableBody(_misshapen(["its root"]), retryable=False) from None


def _misshapen(places: list[str]) -> str:
    return f"the answer is not shaped as documented at {', '.join(places[:3])}"
