"""Parses answers into the objects that `tap_wix_users.wix.objects` declares.

msgspec parses whatever matches the declaration in one step. What does not match is parsed one level at a time: each
part that matches is again parsed in one step, and a field that is not declared is kept unchanged. So an unknown field
in one object does not affect the others, and costs little.
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

_ERROR = {"message", "details", "error", "errors"}
"""Members of an error (docs/api-contract.md, section 1.2, and as others write it), which no answer of an endpoint has.

Where one holds anything, the answer is an error, whatever its status: a list beside it may be a part of the list."""

_NOT_THE_ENDPOINTS = "the answer is not this endpoint's: it has none of its fields, or is an error with status 200"

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
        UnreadableBody: The body is not JSON (worth another attempt), or a field that identifies or holds rows is not
            as documented (not worth one). The message names the fields, never their values.
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
    if unknown and (not present or any(from_json(bytes(members[name])) for name in unknown & _ERROR)):
        raise UnreadableBody(_NOT_THE_ENDPOINTS, retryable=True)
    if answer is None:
        raise UnreadableBody(_misshapen(sorted(reading.places)), retryable=False)
    return structs.replace(answer, present=frozenset(names[name].name for name in present))


def as_came(one: WixObject) -> dict[str, Any]:
    """All fields that an object was received with, known or not; its declared fields have to default to `UNSET`."""
    known = {name: getattr(one, field.name) for name, field in fields(type(one)).items()}
    return {name: value for name, value in known.items() if value is not msgspec.UNSET} | one.unknown


def value_of(text: bytes) -> Any:
    """Parse a part that was kept as JSON; None if it is empty.

    Raises:
        UnreadableBody: It is nested too deeply.
    """
    try:
        return from_json(text) if text else None
    except ValueError:
        raise UnreadableBody(_NO_JSON, retryable=False) from None


class _Misfit(Exception):
    """A value that is not of the documented type."""


class Reading:
    """Parses one answer, part by part.

    Attributes:
        places: Paths at which the answer is not as documented.
    """

    def __init__(self) -> None:
        self.places: set[str] = set()

    def parts(self, kind: type[O], members: dict[str, Raw], path: str, *, structural: bool) -> O | None:
        """Parse an object that does not match its declaration; None if a row or a list of rows would be lost.

        Args:
            kind: The type of the object.
            members: Its members.
            path: Its path in the answer.
            structural: Whether the object identifies or holds rows, so that a field that cannot be read loses a row.
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
                values[known[name].name] = self._field(known[name], raw, f"{path}{name}", structural=holds)
            except _Misfit:
                if holds:
                    lost = True
                else:
                    unknown_fields[name] = from_json(bytes(raw))
        for name, field in known.items():
            if field.required and name not in members:
                self.places.add(f"{path}{name}")
                lost = True
        if lost:
            return None
        return kind(**values, unknown_fields=unknown_fields) if unknown_fields else kind(**values)

    def _field(self, field: structs.FieldInfo, raw: Raw, path: str, *, structural: bool) -> Any:
        try:
            return _decoder(field.type).decode(raw)
        except ValidationError:
            inner, in_list = _inner(field.type)
            if inner is None:
                return self._other(field.type, raw, path)
            if in_list:
                return self._list(inner, raw, path, structural=structural)
            return self._object(inner, raw, path, structural=structural)

    def _object(self, kind: type[O], raw: Raw, path: str, *, structural: bool) -> O:
        try:
            members = _members(raw)
        except ValidationError:
            self.places.add(path)
            raise _Misfit from None
        found = self.parts(kind, members, f"{path}.", structural=structural)
        if found is None:
            raise _Misfit
        return found

    def _list(self, kind: type[O], raw: Raw, path: str, *, structural: bool) -> list[O]:
        try:
            elements = _elements(raw)
        except ValidationError:
            self.places.add(path)
            raise _Misfit from None
        found = []
        for place, element in enumerate(elements):
            try:
                found.append(_decoder(kind).decode(element))
            except ValidationError:
                try:
                    found.append(self._object(kind, element, f"{path}.{place}", structural=structural))
                except _Misfit:
                    continue
        if len(found) < len(elements):
            raise _Misfit
        return found

    def _other(self, kind: Any, raw: Raw, path: str) -> Any:
        try:
            # For numbers of any size: msgspec rejects those beyond the range of a float.
            return msgspec.convert(from_json(bytes(raw)), kind)
        except ValidationError:
            self.places.add(path)
            raise _Misfit from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    # What msgspec knows of a class, it works out when the first decoder needs it. Another thread that meets the class
    # meanwhile takes that for finished, and crashes the process (0.22).
    with _building:
        return msgspec.json.Decoder(kind)


@cache
def _inner(kind: Any) -> tuple[type[WixObject] | None, bool]:
    """The type of object that a field holds, if it holds objects, and whether it holds a list of them."""
    for option in (kind,) if get_origin(kind) is list else get_args(kind) or (kind,):
        in_list = get_origin(option) is list
        held = get_args(option)[0] if in_list else option
        if isinstance(held, type) and issubclass(held, WixObject):
            return held, in_list
    return None, False


def _object_of(body: bytes) -> dict[str, Raw]:
    """The members of an answer, each as JSON.

    Raises:
        UnreadableBody: It is JSON, but not an object.
        ValueError: It is not JSON.
    """
    try:
        return _members(body)
    except ValidationError:
        from_json(body)
        raise UnreadableBody(_misshapen(["its root"]), retryable=False) from None


def _misshapen(places: list[str]) -> str:
    return f"the answer is not shaped as documented at {', '.join(places[:3])}"
