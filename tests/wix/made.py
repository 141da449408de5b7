"""Objects of the API, made of what it would answer."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tap_wix_users.wix import reading
from tap_wix_users.wix.objects import Answer, WixObject

O = TypeVar("O", bound=WixObject)  # noqa: E741


def made(kind: type[O], document: dict[str, Any]) -> O:
    """An object with these members, which may be objects themselves; an answer is read as every answer is."""
    body = msgspec.json.encode(document)
    if issubclass(kind, Answer):
        return reading.parse(kind, body)
    found = reading.Reading().parts(kind, msgspec.json.decode(body, type=dict[str, msgspec.Raw]), "", structural=True)
    assert found is not None
    return found
