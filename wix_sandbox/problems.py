"""The API's error answers, in the documented envelope (docs/api-contract.md, section 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wix_sandbox.records import Json

_SYSTEM_ERROR = 500
_CODES = {
    400: ("Bad Request", "INVALID_ARGUMENT"),
    401: ("Unauthorized", "UNAUTHENTICATED"),
    403: ("Forbidden", "PERMISSION_DENIED"),
    404: ("not found", "NOT_FOUND"),
    409: ("Conflict", "ALREADY_EXISTS"),
    428: ("", "MISSING_METASITE_ID"),
    429: ("", "RESOURCE_EXHAUSTED"),
}
HTML = "<!DOCTYPE html>\n<html><head><title>Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>\n"


def envelope(status: int, description: str = "") -> Json:
    """The error body that goes with a status. System errors are empty by design."""
    if status >= _SYSTEM_ERROR or status not in _CODES:
        return {"message": "", "details": {}}
    message, code = _CODES[status]
    return {
        "message": message,
        "details": {"applicationError": {"code": code, "description": description, "data": {}}},
    }


class Problem(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, description: str = "", *, body: Json | str | None = None) -> None:
        super().__init__(status, description)
        self.status = status
        self.body = envelope(status, description) if body is None else body


class Violation(Problem):
    """A 400 that names the member of the request that is wrong."""

    def __init__(self, field: str, description: str, rule: str = "FORMAT", **data: Any) -> None:
        violation: Json = {"field": field, "description": description, "violatedRule": rule}
        if data:
            violation["data"] = data
        body: Json = {
            "message": f"{field} {description}",
            "details": {"validationError": {"fieldViolations": [violation]}},
        }
        super().__init__(400, body=body)


def too_large(field: str, limit: int) -> Violation:
    """The error for a number above its limit, which it names."""
    return Violation(field, f"must be at most {limit}", "MAX", threshold=limit)
