"""What can go wrong between the tap and the Wix API.

    WixError
    ├── NoAnswer             timed out, or the connection broke
    ├── UnreadableAnswer     a 200 whose body is cut short, is no JSON, or is not shaped as documented
    └── Refusal              any other status
        ├── InvalidRequest   400
        ├── Unauthorized     401
        ├── Forbidden        403
        ├── NotFound         404
        ├── Throttled        429
        ├── Redirected       3xx
        └── ServerFailure    5xx

An error tells what an operator needs (method, path, status, Wix's code and description, request id) and
never a secret: no key, no query string, no body. See section 1.2 of the API contract.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    import httpx

_EMAIL = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_TOKEN = re.compile(r"[\w.\-:/]{1,100}")
_TEXT_LIMIT = 300
_SECRET_FRAGMENT = 8
"""A run of this many characters of the secret is taken as a leak of it."""


class Redactor:
    """Takes the key and people's e-mail addresses out of text that came from outside."""

    def __init__(self, secret: str) -> None:
        raw = secret.encode()
        forms = {secret, secret[::-1], raw.hex()}
        for shift in range(3):
            # Encoded as a part of something longer, the key looks different for each place in a group of three bytes.
            encoded = base64.b64encode(bytes(shift) + raw).decode()[4 if shift else 0 :]
            forms |= {encoded, encoded.replace("+", "-").replace("/", "_")}
        size = min(_SECRET_FRAGMENT, len(secret))
        self._fragments = {form[at : at + size].lower() for form in forms for at in range(len(form) - size + 1)}
        self._size = size

    def leaks(self, text: str) -> bool:
        """Whether the text holds a piece of the secret, plain, reversed or encoded."""
        return any(
            form[at : at + self._size] in self._fragments
            for form in {text.lower(), unquote(text).lower()}
            for at in range(len(form) - self._size + 1)
        )

    def text(self, value: object) -> str:
        """Words of the server, fit to be shown: one line, bounded, without the key or e-mail addresses."""
        if not isinstance(value, str):
            return ""
        if self.leaks(value):
            return "(withheld: it repeats a part of the API key)"
        return " ".join(_EMAIL.sub("(e-mail)", value).split())[:_TEXT_LIMIT]

    def token(self, value: object) -> str:
        """A code or an id of the server, or nothing when it is not one."""
        return value if isinstance(value, str) and _TOKEN.fullmatch(value) and not self.leaks(value) else ""


class _ApplicationError(BaseModel):
    code: Any = None
    description: Any = None


class _Violation(BaseModel):
    field: Any = None
    description: Any = None
    data: Any = None


class _ValidationError(BaseModel):
    fieldViolations: list[_Violation] = []  # noqa: N815


class _Details(BaseModel):
    applicationError: _ApplicationError | None = None  # noqa: N815
    validationError: _ValidationError | None = None  # noqa: N815


class _Envelope(BaseModel):
    message: Any = None
    details: _Details | None = None


@dataclass(frozen=True)
class FieldViolation:
    """One refused field of a request.

    Attributes:
        field: Its path, for example ``paging.limit``.
        description: The server's words.
        threshold: The bound that was broken, if the refusal names one.
    """

    field: str
    description: str
    threshold: int | None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.field, self.description)))


@dataclass(frozen=True)
class Endpoint:
    """The part of a request that an error may show, and the permission that the endpoint needs."""

    method: str
    path: str
    permission: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class WixError(Exception):
    """Anything that kept the tap from an answer of the Wix API.

    Attributes:
        endpoint: The request.
        what: What happened.
        advice: What to do about it; may be empty.
        patience: How long the tap tried, for example ``gave up after 5 attempts in 31 s``; empty where trying is vain.
    """

    def __init__(self, endpoint: Endpoint, what: str, advice: str = "") -> None:
        self.endpoint = endpoint
        self.what = what
        self.advice = advice
        self.patience = ""
        super().__init__(endpoint, what, advice)

    def __str__(self) -> str:
        tried = f"; {self.patience}" if self.patience else ""
        return f"{self.endpoint}: {self.what}{tried}{'. ' + self.advice if self.advice else ''}"


class NoAnswer(WixError):
    """The request timed out, or its connection could not be made or broke."""


class UnreadableAnswer(WixError):
    """A 200 whose body is cut short, is not JSON, or is not shaped as the API documents it."""

    def __init__(self, endpoint: Endpoint, what: str, *, retryable: bool) -> None:
        self.retryable = retryable
        super().__init__(endpoint, what)


class Refusal(WixError):
    """Wix answered with a status that is not 200.

    Attributes:
        status: HTTP status.
        code: Wix's error code, for example ``PERMISSION_DENIED``; empty when there is none.
        description: Wix's words, without secrets; often empty (section 1.2).
        request_id: ``x-wix-request-id``, which Wix support asks for; empty when there is none.
        violations: The refused fields of a 400.
        retry_after: The ``Retry-After`` header.
    """

    meaning: ClassVar[str] = ""

    def __init__(self, endpoint: Endpoint, response: httpx.Response, body: bytes, redactor: Redactor) -> None:
        envelope = _envelope(body)
        details = envelope.details or _Details()
        application = details.applicationError or _ApplicationError()
        self.status = response.status_code
        self.code = redactor.token(application.code)
        found = details.validationError.fieldViolations if details.validationError else []
        self.violations = [_violation(violation, redactor) for violation in found]
        refused = "; ".join(filter(None, map(str, self.violations)))
        self.description = refused or redactor.text(application.description) or redactor.text(envelope.message)
        self.request_id = redactor.token(response.headers.get("x-wix-request-id"))
        self.retry_after = redactor.text(response.headers.get("retry-after"))
        words = [str(self.status), self.code, f"({self.description})" if self.description else ""]
        words.append(f"[x-wix-request-id {self.request_id}]" if self.request_id else "")
        super().__init__(endpoint, " ".join(filter(None, words)), self._advice(endpoint))

    def _advice(self, endpoint: Endpoint) -> str:  # noqa: ARG002
        return self.meaning


class InvalidRequest(Refusal):
    """400: a parameter was refused."""


class Unauthorized(Refusal):
    """401: the key is missing, malformed or revoked."""

    meaning = (
        "Wix does not accept the API key: check `api_key` (raw, without `Bearer`), that it was not revoked in the "
        "API Keys Manager, and that `account_id` is the account that owns it"
    )


class Forbidden(Refusal):
    """403: the key is known, but not allowed this."""

    def _advice(self, endpoint: Endpoint) -> str:
        need = f"the permission {endpoint.permission}" if endpoint.permission else "access to this account"
        return f"The API key needs {need}: an owner or co-owner of the account grants it in the API Keys Manager"


class NotFound(Refusal):
    """404: there is nothing at this address."""

    meaning = "Check `account_id` and `base_url`"


class Throttled(Refusal):
    """429: more requests than Wix allows."""

    meaning = "Something else uses the request budget of this account: lower `requests_per_minute`"


class Redirected(Refusal):
    """3xx: the key is sent to the configured host alone, so redirects are not followed."""

    meaning = "Redirects are not followed, so that the key reaches the configured host alone: check `base_url`"


class ServerFailure(Refusal):
    """5xx: Wix failed."""


_BY_STATUS: dict[int, type[Refusal]] = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    429: Throttled,
}


def refusal(endpoint: Endpoint, response: httpx.Response, body: bytes, redactor: Redactor) -> Refusal:
    """The error for an answer that is not a 200."""
    by_class = {3: Redirected, 5: ServerFailure}.get(response.status_code // 100, Refusal)
    return _BY_STATUS.get(response.status_code, by_class)(endpoint, response, body, redactor)


def _violation(violation: _Violation, redactor: Redactor) -> FieldViolation:
    bound = violation.data.get("threshold") if isinstance(violation.data, dict) else None
    threshold = bound if isinstance(bound, int) and not isinstance(bound, bool) else None
    return FieldViolation(redactor.text(violation.field), redactor.text(violation.description), threshold)


def _envelope(body: bytes) -> _Envelope:
    # Some 403s are HTML pages (section 1.2), and an envelope may hold anything: what cannot be read is left out.
    try:
        return _Envelope.model_validate_json(body)
    except ValidationError:
        return _Envelope()
