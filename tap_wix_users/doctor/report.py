"""The report to attach to an issue: the shape of Wix's answers, without any string from the account."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_wix_users.wix import objects
from tap_wix_users.wix.objects import WixObject, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tap_wix_users.doctor.checks import Check
    from tap_wix_users.doctor.recording import Exchange

_KNOWN_NAMES = frozenset(
    {name for kind in vars(objects).values() if isinstance(kind, type) and issubclass(kind, WixObject)
     for name in fields(kind)}
    | {"restrictions", "conditions", "conditionType", "site", "resource", "resourceType", "value", "policy", "metadata"}
    | {"message", "details", "applicationError", "validationError", "fieldViolations", "code", "description", "data"}
)  # fmt: skip
_KNOWN_VALUES = frozenset(
    {"Pending", "Used", "Deleted", "Declined", "Expired", "UNKNOWN", "ACCOUNT", "USER", "USER_GROUP", "MEMBER_GROUP"}
    | {"VISITOR_GROUP", "EXTERNAL_APP", "ACCOUNT_GROUP", "WIX_APP", "UNKNOWN_CONDITION_TYPE", "FOLDER", "SITE"}
    | {"UNKNOWN_RESOURCE_TYPE", "Users", "InviteStatus", "Roles", "ACTIVE", "BLOCKED", "DELETED", "None", "CoBranded"}
    | {"CoBranded_Customer_New", "CoBranded_Customer_Existing", "WIX", "HEADLESS", "EDITOR", "ADI", "EDITORX"}
    | {"ODEDITOR", "STUDIO", "EDITORLESS", "NONE", "Site", "Account"}
)
_ENUMS = frozenset(
    {"status", "subjectType", "conditionType", "resourceType", "facetType", "namespace", "editorType"}
    | {"parentChildRole", "restrictFromLevel", "coBranding"}
)
_FORMS = {
    "empty": re.compile(r""),
    "GUID": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "digits": re.compile(r"[0-9]+"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)"),
    "address": re.compile(r"(https?:)?//\S+"),
    "e-mail": re.compile(r"\S+@\S+"),
}
_PLAIN_NAME = re.compile(r"[a-z][A-Za-z]{1,30}")
_MAX_PATHS = 500
_DEEPEST = 12


def report(checks: Sequence[Check], exchanges: Sequence[Exchange], *, version: str, account_id: str) -> dict[str, Any]:
    """The report, as JSON values.

    Args:
        checks: The checks; the report only holds their names and verdicts.
        exchanges: The requests and their answers.
        version: The version of the tap.
        account_id: The account id, which is removed from paths.
    """
    return {
        "tap_version": version,
        "checks": [{"name": check.name, "verdict": check.verdict} for check in checks],
        "requests": [
            {
                "endpoint": str(one.endpoint).replace(account_id, "{accountId}"),
                "status": one.status,
                "error": type(one.error).__name__ if one.error else None,
                "milliseconds": round(one.seconds * 1000),
                "bytes": one.size,
                "shape": _shape(one.document),
            }
            for one in exchanges
        ],
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; a symbolic link of that name is not followed.

    Raises:
        OSError: It cannot be written.
    """
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")


def _shape(document: Any) -> dict[str, Any]:
    words = {word.lower() for text in _texts(document) for word in (text, *re.findall(r"\w+", text))}
    kinds: dict[str, Counter[str]] = {}
    values: dict[str, Counter[str]] = {}
    lengths: dict[str, list[int]] = {}
    for path, value in _walk(document, words, "$", 0):
        if path not in kinds and len(kinds) >= _MAX_PATHS:
            continue
        kinds.setdefault(path, Counter())[_kind(value)] += 1
        name = path.rpartition(".")[2]
        if isinstance(value, str) and name in _ENUMS:
            values.setdefault(path, Counter())[value if value in _KNOWN_VALUES else "(another)"] += 1
        if isinstance(value, str) and name.lower().endswith("id"):
            lengths.setdefault(path, []).append(len(value))
    return {
        path: {
            "kinds": dict(sorted(found.items())),
            **({"values": dict(sorted(values[path].items()))} if path in values else {}),
            **({"lengths": [min(lengths[path]), max(lengths[path])]} if path in lengths else {}),
        }
        for path, found in sorted(kinds.items())
    }


def _walk(value: Any, words: set[str], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    yield path, value
    if depth >= _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, words, f"{path}.{_shown(name, words)}", depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, words, f"{path}[]", depth + 1)


def _shown(name: str, words: set[str]) -> str:
    """A field's name, unless it may be personal data: an unknown name that is not a plain word, or is also a value."""
    if name in _KNOWN_NAMES or (_PLAIN_NAME.fullmatch(name) and name.lower() not in words):
        return name
    return f"(a name of {len(name)})"


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return next((form for form, pattern in _FORMS.items() if pattern.fullmatch(value)), "text")
    names = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}
    return names[type(value)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
