"""The sandbox as an ASGI application: routes, the order in which a request is checked, and control endpoints."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wix_sandbox import faults as fault_module
from wix_sandbox.endpoints import OPERATIONS, Endpoints
from wix_sandbox.exchange import HTML_TYPE, JSON_TYPE, Answer, ApiRequest
from wix_sandbox.gate import Gate, Throttle
from wix_sandbox.problems import Problem, envelope
from wix_sandbox.schedule import Faults, spoil

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from wix_sandbox.world import World

logger = logging.getLogger(__name__)

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """How strict and how slow the API is, and what it returns.

    Attributes:
        page_cap: Silently return at most this many rows per page of Search Team.
        max_page_size: Refuse a greater limit on Search Team.
        requests_per_minute: The request limit; 0 for none.
        retry_after: Seconds in the header Retry-After of a 429; None to send none, as Wix documents none.
        latency: Seconds that every answer takes.
        deny: Endpoints that the key has no permission for.
        facets: Whether Search Team counts.
    """

    page_cap: int | None = None
    max_page_size: int = 1000
    requests_per_minute: int = 0
    retry_after: int | None = None
    latency: float = 0.0
    deny: Collection[str] = ()
    facets: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was received."""

    endpoint: str
    headers: dict[str, str]
    body: Any
    query: tuple[tuple[str, str], ...] = ()
    status: int = 0


@dataclass(slots=True)
class Api:
    """The simulated API of a world, with everything that a test may inspect or change.

    Hold `lock` to change the world between two requests. `before_request` is called, outside the lock, with an
    endpoint and the number of its request, just before that request is answered. If it returns an awaitable, the answer
    waits for that.
    """

    world: World
    options: ApiOptions = field(default_factory=ApiOptions)
    faults: Faults = field(default_factory=Faults)
    clock: Callable[[], float] = time.monotonic
    requests: list[Seen] = field(default_factory=list)
    before_request: Callable[[str, int], Any] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    gate: Gate = field(init=False)
    throttle: Throttle = field(init=False)
    endpoints: Endpoints = field(init=False)
    _numbers: dict[str, int] = field(default_factory=dict)
    _ids: Any = field(default_factory=partial(count, 1))
    _previous: dict[tuple[str, str | None], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options = self.options
        self.gate = Gate(self.world, options.deny)
        self.throttle = Throttle(options.requests_per_minute, self.clock)
        self.endpoints = Endpoints(
            self.world, max_page_size=options.max_page_size, page_cap=options.page_cap, facets=options.facets
        )

    def application(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route(operation.path, partial(self._serve, endpoint), methods=[operation.method])
            for endpoint, operation in OPERATIONS.items()
        ]
        routes += [
            Route("/_sandbox/advance", self._advance, methods=["POST"]),
            Route("/_sandbox/faults", self._add_faults, methods=["POST"]),
            Route("/_sandbox/stats", self._tell_stats, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={404: self._unknown, 405: self._unknown})

    def stats(self) -> dict[str, Any]:
        """Requests so far, the current contents of the world, and faults that never fired."""
        with self.lock:
            accounts = self.world.counts()
            return {
                "requests": dict(self._numbers),
                "throttled": self.throttle.refused,
                "now": self.world.clock.now.isoformat(),
                "day": self.world.day,
                "counts": accounts[self.world.main.id],
                "accounts": accounts,
                "unfired_faults": msgspec.to_builtins(self.faults.unfired()),
            }

    async def _serve(self, endpoint: str, http: Request) -> Response:
        query = tuple(http.query_params.multi_items())
        request = ApiRequest(endpoint, http.headers, query, await http.body(), http.path_params)
        number = self._numbers[endpoint] = self._numbers.get(endpoint, 0) + 1
        if self.before_request and isawaitable(pause := self.before_request(endpoint, number)):
            await pause
        account_id = request.headers.get("wix-account-id")
        due = self.faults.due(endpoint, account_id)
        await self._wait(self.options.latency)
        for one in due:
            await self._wait(one.begin(self.gate))
        with self.lock:
            answer = self._answer(request)
        answer = spoil(answer, due, request, self._previous.get((endpoint, account_id)))
        if answer.status == 200:
            self._previous[endpoint, account_id] = answer
        self._note(request, answer)
        return _Sent(answer)

    async def _wait(self, seconds: float) -> None:
        """Let time pass, unless the server is stopped."""
        if seconds:
            try:
                await asyncio.wait_for(self.stopping.wait(), seconds)
            except TimeoutError:
                return

    def _answer(self, request: ApiRequest) -> Answer:
        headers = {"content-type": JSON_TYPE, "x-wix-request-id": f"1793520000.{next(self._ids):010}"}
        try:
            self.throttle.check()
            operation = OPERATIONS[request.endpoint]
            about = self.gate.site(request) if operation.by_site else self.gate.account(request)
            body = operation.answer(self.endpoints, about, request)
        except Problem as problem:
            if isinstance(problem.body, str):
                return Answer(problem.status, problem.body.encode(), headers | {"content-type": HTML_TYPE})
            if problem.status == 429 and self.options.retry_after is not None:
                headers["retry-after"] = str(self.options.retry_after)
            return Answer(problem.status, msgspec.json.encode(problem.body), headers)
        return Answer(200, body, headers)

    def _note(self, request: ApiRequest, answer: Answer) -> None:
        wanted = ("authorization", "wix-account-id", "wix-site-id", "user-agent")
        headers = {name: request.headers[name] for name in wanted if name in request.headers}
        try:
            body = msgspec.json.decode(request.body) if request.body else None
        except msgspec.DecodeError:
            body = request.body
        self.requests.append(Seen(request.endpoint, headers, body, request.query, answer.status))
        logger.info("%s %s", request.endpoint, "reset" if answer.reset else answer.status)

    async def _unknown(self, _request: Request, _error: Exception) -> Response:
        return JSONResponse(envelope(404), 404, {"x-wix-request-id": f"1793520000.{next(self._ids):010}"})

    # Control endpoints, for demos and tests in other processes. They need no key, and only answer this machine.

    async def _advance(self, request: Request) -> Response:
        _only_from_here(request)
        try:
            days = msgspec.json.decode(await request.body(), type=_Days).days
        except msgspec.MsgspecError as error:
            return JSONResponse({"error": str(error)}, 400)
        with self.lock:
            self.world.advance(days)
        return JSONResponse({"day": self.world.day, "now": self.world.clock.now.isoformat()})

    async def _add_faults(self, request: Request) -> Response:
        _only_from_here(request)
        try:
            added = fault_module.load(await request.body())
        except msgspec.MsgspecError as error:
            return JSONResponse({"error": str(error)}, 400)
        self.faults.add(*added)
        return JSONResponse({"added": len(added)})

    async def _tell_stats(self, request: Request) -> Response:
        _only_from_here(request)
        return JSONResponse(self.stats())


class _Days(msgspec.Struct):
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)]


def _only_from_here(request: Request) -> None:
    if request.client is None or request.client.host not in _LOOPBACK:
        raise HTTPException(404)


class _Sent(Response):
    """Sends an answer, only half of it, or none at all."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, answer.headers)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._answer.cut and not self._answer.reset:
            await super().__call__(scope, receive, send)
            return
        transport: asyncio.Transport = scope["state"]["transport"]
        if self._answer.reset:
            transport.abort()
        else:
            half = self.body[: len(self.body) // 2]
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
        # The server must not learn that the answer ends here before the connection is really closed.
        while (await receive())["type"] != "http.disconnect":
            pass
