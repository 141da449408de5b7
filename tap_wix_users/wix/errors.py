"""What can go wrong between the tap and the Wix API.

    WixError
    ├── NoAnswer             the connection could not be made, or broke
    │   ├── TimedOut         the answer was not whole within `request_timeout`
    │   └── Unreachable      retrying cannot help: a proxy refuses, or a certificate is not trusted
    ├── UnreadableAnswer     a 200 whose body is cut short, is not JSON, or is not shaped as documented
    │   └── TooLarge         an answer larger than any that the API has reason to send
    ├── TooLong              the read as a whole takes longer than any account can need
    ├── Unexpected           a fault of the tap itself
    └── Refusal              any other status
        ├── InvalidRequest   400
        ├── Unauthorized     401
        ├── Forbidden        403
        ├── NotFound         404
        ├── Throttled        429
        ├── Redirected       3xx
        └── ServerFailure    5xx

An error tells an operator what happened (method, path, status, Wix's code and description, request id) and
never reveals a secret: no key, no query string, no body. See docs/api-contract.md, section 1.2.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ValidationError

from tap_wix_users.wix.redaction import WITHHELD, Redactor, printable
from tap_wix_users.wix.times import asked_wait

if TYPE_CHECKING:
    import httpx

    from tap_wix_users.wix.page_size import PageSize

_MAX_ENVELOPE = 256 * 1024
"""Bytes of an error body that are parsed: a longer body is not an error envelope."""

_MAX_VIOLATIONS = 20
"""The number of refused fields that a message names."""


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
        description: The server's description.
        threshold: The limit that was exceeded, if the refusal names one.
    """

    field: str
    description: str
    threshold: int | None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.field, self.description)))


@dataclass(frozen=True)
class Endpoint:
    """The part of a request that an error may show, and the permission that the endpoint requires."""

    method: str
    path: str
    permission: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class WixError(Exception):
    """Anything that kept the tap from getting an answer from the Wix API.

    Attributes:
        endpoint: The endpoint.
        what: What happened.
        advice: What to do about it; may be empty.
        patience: How long the tap tried, for example ``gave up after 5 attempts in 31 s``; empty if it did not retry.
        page_size: What the read had found out about the page size when it ended; None where nothing.
    """

    def __init__(self, endpoint: Endpoint, what: str, advice: str = "") -> None:
        self.endpoint = endpoint
        self.what = what
        self.advice = advice
        self.patience = ""
        self.page_size: PageSize | None = None
        super().__init__(endpoint, what, advice)

    def __str__(self) -> str:
        tried = f"; {self.patience}" if self.patience else ""
        return printable(f"{self.endpoint}: {self.what}{tried}{'. ' + self.advice if self.advice else ''}")


class NoAnswer(WixError):
    """The request timed out, or its connection could not be made or broke."""


class TimedOut(NoAnswer):
    """The answer was not complete within the time-out."""

    def __init__(self, endpoint: Endpoint, seconds: float, by_way_of: str) -> None:
        what = f"no whole answer within {seconds:g} s"
        super().__init__(endpoint, what + by_way_of, "Raise `request_timeout` if the API is only slow")


class Unreachable(NoAnswer):
    """The API cannot be reached, and retrying cannot help."""


class UnreadableAnswer(WixError):
    """A 200 whose body is cut short, is not JSON, or is not shaped as the API documents it."""

    def __init__(self, endpoint: Endpoint, what: str, *, retryable: bool) -> None:
        self.retryable = retryable
        super().__init__(endpoint, what)


class TooLarge(UnreadableAnswer):
    """An answer that is larger than any that the API has reason to send. A smaller page may work."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, "the answer is too large to come from this API", retryable=False)


class TooLong(WixError):
    """A read that takes longer than any account can need."""

    def __init__(self, endpoint: Endpoint, seconds: float) -> None:
        what = f"the whole read was given up after {seconds / 3600:g} hours: its pages are too slow, or never end"
        super().__init__(endpoint, what, "Select fewer tables per run if the account is that large")


class Unexpected(WixError):
    """A bug in the tap. The error's message may hold personal data, so only its type and location are reported."""

    def __init__(self, read: str, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        what = f"it failed with an unexpected {type(error).__name__}{place}"
        super().__init__(Endpoint("Reading", read), what, "Please report this line; everything else was read")


class Refusal(WixError):
    """Wix answered with a status that is not 200.

    Attributes:
        status: HTTP status.
        code: Wix's error code, for example ``PERMISSION_DENIED``; empty when there is none.
        description: Wix's description, without secrets; often empty (docs/api-contract.md, section 1.2).
        request_id: ``x-wix-request-id``, which Wix support asks for; empty when there is none.
        violations: The refused fields of a 400.
        retry_after: Seconds that the ``Retry-After`` header asks to wait; None when it does not.
    """

    meaning: ClassVar[str] = ""

    def __init__(self, endpoint: Endpoint, response: httpx.Response, body: bytes, redactor: Redactor) -> None:
        said = _Explanation(response, body, redactor)
        self.status = response.status_code
        self.code = said.code
        self.violations = said.violations
        self.description = "; ".join(filter(None, map(str, self.violations))) or said.description
        self.request_id = said.request_id
        # Parsed to a number, because the header's text could repeat a piece of the key.
        self.retry_after = asked_wait(response.headers.get("retry-after"))
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
    """403: the key is known, but lacks the permission."""

    def _advice(self, endpoint: Endpoint) -> str:
        need = f"the permission {endpoint.permission}" if endpoint.permission else "access to this account"
        return f"The API key needs {need}: an owner or co-owner of the account grants it in the API Keys Manager"


class NotFound(Refusal):
    """404: there is nothing at this address."""

    meaning = "Check `account_id` and `base_url`"


class Throttled(Refusal):
    """429: more requests than Wix allows."""

    meaning = "Something else is using this account's request budget: lower `requests_per_minute`"


class Redirected(Refusal):
    """3xx: the key is only ever sent to the configured host, so redirects are not followed."""

    meaning = "Redirects are not followed, so that the key only reaches the configured host: check `base_url`"


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


class _Explanation:
    """The parts of a refusal that may be shown."""

    def __init__(self, response: httpx.Response, body: bytes, redactor: Redactor) -> None:
        envelope = _envelope(body)
        details = envelope.details or _Details()
        application = details.applicationError or _ApplicationError()
        found = (details.validationError or _ValidationError()).fieldViolations[:_MAX_VIOLATIONS]
        headers = response.headers
        self.code = redactor.token(application.code)
        self.violations = [_violation(violation, redactor) for violation in found]
        self.description = redactor.text(application.description) or redactor.text(envelope.message)
        self.request_id = redactor.token(headers.get("x-wix-request-id"))
        if self._leaks_together(redactor):
            self.code = self.request_id = ""
            self.violations, self.description = [], WITHHELD

    def _leaks_together(self, redactor: Redactor) -> bool:
        """Whether the parts together reveal a secret that none of them reveals alone."""
        fields = [violation.field for violation in self.violations]
        words = [violation.description for violation in self.violations]
        rest = [self.code, self.description, self.request_id]
        return any(redactor.leaks(*parts) for parts in (fields, words, [*map(str, self.violations), *rest]))


def _violation(violation: _Violation, redactor: Redactor) -> FieldViolation:
    bound = violation.data.get("threshold") if isinstance(violation.data, dict) else None
    threshold = bound if isinstance(bound, int) and not isinstance(bound, bool) else None
    return FieldViolation(redactor.text(violation.field), redactor.text(violation.description), threshold)


def _envelope(body: bytes) -> _Envelope:
    # Some 403s are HTML pages (docs/api-contract.md, section 1.2), and an envelope may hold anything: what cannot be
    # parsed is left out.
    try:
        return _Envelope.model_validate_json(body[:_MAX_ENVELOPE])
    except ValidationError:
        return _Envelope()
