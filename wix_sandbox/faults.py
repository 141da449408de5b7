"""Things that go wrong on purpose, at the n-th request to an endpoint.

A schedule is a JSON list of objects, each a `Fault`:

    [{"kind": "status", "endpoint": "search_team", "nth": 2, "times": 3, "status": 503},
     {"kind": "wrong_types", "endpoint": "search_team", "path": "teamMembers.0.user.id", "value": 7}]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from wix_sandbox import requests
from wix_sandbox.problems import HTML, envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wix_sandbox.endpoints import Call
    from wix_sandbox.records import Json

Kind = Literal[
    "status",
    "reset",
    "stall",
    "truncate",
    "not_json",
    "wrong_types",
    "empty_page",
    "repeat_page",
    "cycle_cursor",
    "revoke_key",
    "redirect",
    "echo_key",
    "drop_facets",
    "wrong_facets",
]
Endpoint = Literal[
    "search_team",
    "get_roles",
    "query_sites",
    "count_sites",
    "query_contributors",
    "list_child_accounts",
    "get_account",
    "query_folders",
]
ENDPOINTS: tuple[str, ...] = get_args(Endpoint)
JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"

_LISTS = ("teamMembers", "sites", "folders", "contributors", "childAccounts", "predefinedRoles", "customRoles")


class Fault(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One thing that goes wrong. Requests are counted from when the fault was added.

    Attributes:
        kind: What goes wrong.
        endpoint: Where; `*` for any endpoint.
        nth: At which matching request, from 1.
        times: At how many in a row; 0 for ever.
        account_id: Count and hit only requests with this wix-account-id.
        status: `status`, `echo_key`: the status to answer with.
        headers: `status`: headers to add.
        body: `status`: text, or an object sent as JSON; the status's documented envelope when not given.
        seconds: `stall`: how long to say nothing.
        path: `wrong_types`: the member to replace, as in `teamMembers.0.user.id`; the main list when not given.
        value: `wrong_types`: what to put there.
        delta: `wrong_facets`: what to add to every count.
        location: `redirect`: the scheme and host to redirect to.
    """

    kind: Kind
    endpoint: Endpoint | Literal["*"] = "*"
    nth: Annotated[int, Meta(ge=1)] = 1
    times: Annotated[int, Meta(ge=0)] = 1
    account_id: str | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 500
    headers: dict[str, str] = {}
    body: Any = None
    seconds: Annotated[float, Meta(ge=0)] = 30.0
    path: str = ""
    value: Any = "oops"
    delta: int = 1
    location: str = "https://elsewhere.example"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `cut` sends half of the body and closes, `reset` breaks the connection without a byte."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})
    cut: bool = False
    reset: bool = False


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a fault has to work with: the right answer, the request, and the endpoint's answer before."""

    fault: Fault
    answer: Answer
    call: Call
    previous: Answer | None


@dataclass(slots=True)
class _Scheduled:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def is_due(self, endpoint: str, account_id: str | None) -> bool:
        fault = self.fault
        if fault.endpoint not in {endpoint, "*"} or fault.account_id not in {None, account_id}:
            return False
        self.seen += 1
        return self.seen >= fault.nth and (not fault.times or self.seen < fault.nth + fault.times)


class Faults:
    """A schedule of faults, which knows what fired."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._scheduled: list[_Scheduled] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Schedule more; their requests are counted from now."""
        self._scheduled += map(_Scheduled, faults)

    def clear(self) -> None:
        """Forget every fault."""
        self._scheduled = []

    def due(self, endpoint: str, account_id: str | None) -> list[_Scheduled]:
        """Count one request, and say what is to go wrong with it."""
        return [one for one in self._scheduled if one.is_due(endpoint, account_id)]

    def unfired(self) -> list[Fault]:
        """What was scheduled and never had an effect."""
        return [one.fault for one in self._scheduled if not one.fired]


def load(text: bytes) -> list[Fault]:
    """A schedule from JSON.

    Raises:
        msgspec.MsgspecError: It is no such schedule; the message says where.
    """
    return msgspec.json.decode(text, type=list[Fault])


def spoil(answer: Answer, due: list[_Scheduled], call: Call, previous: Answer | None) -> Answer:
    """The answer with what is due gone wrong. A fault that finds nothing to spoil does not count as fired.

    Args:
        answer: The right answer.
        due: What is to go wrong, in order.
        call: The request.
        previous: The last answer of the same endpoint and account.
    """
    for one in due:
        spoiler = _SPOILERS.get(one.fault.kind)
        spoilt = spoiler(_Moment(one.fault, answer, call, previous)) if spoiler else answer
        one.fired += spoilt != answer
        answer = spoilt
    return answer


def _status(at: _Moment) -> Answer:
    body = envelope(at.fault.status) if at.fault.body is None else at.fault.body
    text = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return Answer(at.fault.status, text, at.answer.headers | {"content-type": JSON_TYPE} | at.fault.headers)


def _reset(at: _Moment) -> Answer:
    return replace(at.answer, reset=True)


def _truncate(at: _Moment) -> Answer:
    return replace(at.answer, cut=True)


def _not_json(at: _Moment) -> Answer:
    return Answer(200, HTML.encode(), at.answer.headers | {"content-type": HTML_TYPE})


def _redirect(at: _Moment) -> Answer:
    return Answer(302, b"", at.answer.headers | {"location": f"{at.fault.location}/moved"})


def _echo_key(at: _Moment) -> Answer:
    key = at.call.headers.get("authorization", "")
    said = {"applicationError": {"code": key, "description": f"key {key} failed", "data": {"authorization": key}}}
    body = msgspec.json.encode({"message": f"with {key}", "details": said})
    return Answer(at.fault.status, body, at.answer.headers | {"x-echo-authorization": key, "x-wix-request-id": key})


def _repeat_page(at: _Moment) -> Answer:
    return replace(at.answer, body=at.previous.body) if at.previous else at.answer


def _in_json(change: Callable[[Json, _Moment], None]) -> Callable[[_Moment], Answer]:
    """A spoiler that changes the JSON of a good answer."""

    def spoiler(at: _Moment) -> Answer:
        if at.answer.status != 200 or not at.answer.headers["content-type"].startswith("application/json"):
            return at.answer
        before, body = (msgspec.json.decode(at.answer.body) for _ in range(2))
        change(body, at)
        return at.answer if body == before else replace(at.answer, body=msgspec.json.encode(body))

    return spoiler


def _wrong_types(body: Json, at: _Moment) -> None:
    *way, last = (
        at.fault.path.split(".") if at.fault.path else [next(name for name in (*_LISTS, *body) if name in body)]
    )
    here: Any = body
    for step in way:
        here = _step(here, step)
    if isinstance(here, dict) and last in here:
        here[last] = at.fault.value
    elif isinstance(here, list) and last.isdigit() and int(last) < len(here):
        here[int(last)] = at.fault.value


def _step(here: Any, step: str) -> Any:
    if isinstance(here, list):
        return here[int(step)] if step.isdigit() and int(step) < len(here) else None
    return here.get(step) if isinstance(here, dict) else None


def _empty_page(body: Json, _at: _Moment) -> None:
    body.update({name: [] for name in _LISTS if name in body})


def _cycle_cursor(body: Json, at: _Moment) -> None:
    if "sites" in body:
        query = requests.decoded(at.call.body or b"{}", requests.QuerySites).query
        same = query.cursor_paging and query.cursor_paging.cursor
        start = requests.to_cursor(requests.Position(0, None, query.filter, query.sort))
        body["metadata"] = {"hasNext": True, "cursors": {"next": same or start}}


def _drop_facets(body: Json, _at: _Moment) -> None:
    body.pop("facets", None)


def _wrong_facets(body: Json, at: _Moment) -> None:
    counts = [(value, "count") for facet in body.get("facets", ()) for value in facet["values"]]
    counts += [(body, "count"), (body.get("pagingMetadata", {}), "total")]
    for holder, name in counts:
        if name in holder:
            holder[name] = max(0, holder[name] + at.fault.delta)


_SPOILERS: dict[Kind, Callable[[_Moment], Answer]] = {
    "status": _status,
    "reset": _reset,
    "truncate": _truncate,
    "not_json": _not_json,
    "redirect": _redirect,
    "echo_key": _echo_key,
    "repeat_page": _repeat_page,
    "wrong_types": _in_json(_wrong_types),
    "empty_page": _in_json(_empty_page),
    "cycle_cursor": _in_json(_cycle_cursor),
    "drop_facets": _in_json(_drop_facets),
    "wrong_facets": _in_json(_wrong_facets),
}
