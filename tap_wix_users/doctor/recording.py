"""A client that sends each request once, and keeps every answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from tap_wix_users.wix.client import Request, WixClient
from tap_wix_users.wix.errors import Refusal, WixError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_wix_users.wix.errors import Endpoint

T = TypeVar("T")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes:
        endpoint: The endpoint.
        seconds: How long it took.
        status: The HTTP status; None without an answer.
        size: The number of bytes of the answer that could be read.
        document: The answer as JSON; None if there is none.
        error: What went wrong, if anything.
    """

    endpoint: Endpoint
    seconds: float
    status: int | None
    size: int
    document: Any
    error: WixError | None


class RecordingClient(WixClient):
    """Sends each request once, and keeps every answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, max_retry_seconds=0, max_concurrency=1)
        self.exchanges: list[Exchange] = []

    @override
    def send(self, request: Request, parse: Callable[[bytes], T]) -> T:
        began, bodies = time.monotonic(), [b""]
        error: WixError | None = None

        def listen(body: bytes) -> T:
            bodies.append(body)
            return parse(body)

        try:
            return super().send(request, listen)
        except WixError as caught:
            error = caught
            raise
        finally:
            body = bodies[-1]
            status = 200 if body or error is None else getattr(error, "status", None)
            seconds = time.monotonic() - began
            self.exchanges.append(Exchange(request.endpoint, seconds, status, len(body), _document(body), error))


def refusal_status(error: WixError) -> int | None:
    """The status of a refusal; None if the error is not a refusal."""
    return error.status if isinstance(error, Refusal) else None


def _document(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
