"""Faults to inject at the n-th request to an endpoint.

A schedule is a JSON list of objects, each one of the faults below, named by `kind`:

    [{"kind": "status", "endpoint": "search_team", "nth": 2, "times": 3, "status": 503},
     {"kind": "wrong_types", "endpoint": "search_team", "path": "teamMembers.0.user.id", "value": 7}]

To add a kind, write its struct with its own options and its own effect, and add it to `AnyFault`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct
from typing_extensions import override

from wix_sandbox import requests
from wix_sandbox.endpoints import ENDPOINTS
from wix_sandbox.exchange import HTML_TYPE, JSON_TYPE, Answer
from wix_sandbox.problems import HTML, envelope

if TYPE_CHECKING:
    from wix_sandbox.exchange import ApiRequest
    from wix_sandbox.gate import Gate
    from wix_sandbox.records import Json

_LISTS = ("teamMembers", "sites", "folders", "contributors", "childAccounts", "predefinedRoles", "customRoles")

Status = Annotated[int, Meta(ge=200, le=599)]


@dataclass(frozen=True, slots=True)
class Moment:
    """The input of a fault: the correct answer, the request, and the endpoint's previous answer."""

    answer: Answer
    request: ApiRequest
    previous: Answer | None


class Fault(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    tag_field="kind",
    tag=lambda name: "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_"),
):
    """A fault. Requests are counted from when it was added.

    Attributes:
        endpoint: The endpoint; `*` for any.
        nth: The first matching request to affect, from 1.
        times: How many requests in a row to affect; 0 for all that follow.
        account_id: Count and affect only requests with this wix-account-id.
    """

    endpoint: str = "*"
    nth: Annotated[int, Meta(ge=1)] = 1
    times: Annotated[int, Meta(ge=0)] = 1
    account_id: str | None = None

    def __post_init__(self) -> None:
        if self.endpoint not in {*ENDPOINTS, "*"}:
            raise ValueError(f"there is no endpoint {self.endpoint!r}; there are {', '.join(ENDPOINTS)}")

    @staticmethod
    def of(kind: str, **options: Any) -> Fault:
        """Create a fault of this kind, validated as if it were read from JSON.

        Raises:
            msgspec.ValidationError: There is no such kind, or it does not have such an option.
        """
        fault: Fault = msgspec.convert({"kind": kind, **options}, AnyFault)
        return fault

    @property
    def kind(self) -> str:
        """The kind of fault."""
        return str(self.__struct_config__.tag)

    def before(self, _gate: Gate) -> float | None:
        """Act before the request is processed.

        Returns:
            Seconds to wait, or None if this kind only affects the answer.
        """
        return None

    def spoil(self, at: Moment) -> Answer:
        """The faulty answer; the correct one if there is nothing to change."""
        return at.answer


class _InJson(Fault, frozen=True):
    """A fault in the JSON of a successful answer."""

    @override
    def spoil(self, at: Moment) -> Answer:
        if at.answer.status != 200 or not at.answer.headers["content-type"].startswith("application/json"):
            return at.answer
        before, body = (msgspec.json.decode(at.answer.body) for _ in range(2))
        self.change(body, at)
        return at.answer if body == before else replace(at.answer, body=msgspec.json.encode(body))

    def change(self, body: Json, at: Moment) -> None:
        """Change the decoded body in place."""
        raise NotImplementedError


class WrongStatus(Fault, frozen=True, tag="status"):
    """Another status.

    Attributes:
        status: The status to answer with.
        headers: Headers to add.
        body: Text, or an object sent as JSON; the status's documented envelope when not given.
    """

    status: Status = 500
    headers: dict[str, str] = {}
    body: Any = None

    @override
    def spoil(self, at: Moment) -> Answer:
        body = envelope(self.status) if self.body is None else self.body
        text = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
        return Answer(self.status, text, at.answer.headers | {"content-type": JSON_TYPE} | self.headers)


class Reset(Fault, frozen=True):
    """The connection breaks before the first byte."""

    @override
    def spoil(self, at: Moment) -> Answer:
        return replace(at.answer, reset=True)


class Stall(Fault, frozen=True):
    """The answer is delayed.

    Attributes:
        seconds: The delay.
    """

    seconds: Annotated[float, Meta(ge=0)] = 30.0

    @override
    def before(self, _gate: Gate) -> float:
        return self.seconds


class Truncate(Fault, frozen=True):
    """Half of the body is sent, then the connection closes."""

    @override
    def spoil(self, at: Moment) -> Answer:
        return replace(at.answer, cut=True)


class NotJson(Fault, frozen=True):
    """A page of HTML with status 200."""

    @override
    def spoil(self, at: Moment) -> Answer:
        return Answer(200, HTML.encode(), at.answer.headers | {"content-type": HTML_TYPE})


class _AtPath(_InJson, frozen=True):
    """A fault in some members.

    Attributes:
        path: The path of the members, as in `teamMembers.0.user.id`, with `*` for every element; the main list if
            empty.
    """

    path: str = ""

    @override
    def change(self, body: Json, _at: Moment) -> None:
        *way, last = self.path.split(".") if self.path else [next(name for name in (*_LISTS, *body) if name in body)]
        owners: list[Any] = [body]
        for step in way:
            owners = [owner[name] for owner in owners for name in _names(owner, step)]
        for owner in owners:
            # Last one first, so that the positions of the others do not change.
            for name in reversed(_names(owner, last)):
                self.change_member(owner, name)

    def change_member(self, owner: Any, name: Any) -> None:
        """Change a member of an object, or an element of a list."""
        raise NotImplementedError


class WrongTypes(_AtPath, frozen=True):
    """A member of another type.

    Attributes:
        value: The value to put there.
    """

    value: Any = "oops"

    @override
    def change_member(self, owner: Any, name: Any) -> None:
        owner[name] = self.value


class Drop(_AtPath, frozen=True):
    """A member that is left out."""

    @override
    def change_member(self, owner: Any, name: Any) -> None:
        del owner[name]


class Rename(_AtPath, frozen=True):
    """A member under another name.

    Attributes:
        suffix: What to append to the name.
    """

    suffix: str = "V2"

    @override
    def change_member(self, owner: Any, name: Any) -> None:
        if isinstance(owner, dict):
            owner[f"{name}{self.suffix}"] = owner.pop(name)


class EmptyPage(_InJson, frozen=True):
    """A page without rows."""

    @override
    def change(self, body: Json, _at: Moment) -> None:
        body.update({name: [] for name in _LISTS if name in body})


class RepeatPage(Fault, frozen=True):
    """The previous answer of the same endpoint, again."""

    @override
    def spoil(self, at: Moment) -> Answer:
        return replace(at.answer, body=at.previous.body) if at.previous else at.answer


class CycleCursor(_InJson, frozen=True):
    """A cursor that leads back to its own page, or to the beginning."""

    @override
    def change(self, body: Json, at: Moment) -> None:
        if "sites" in body:
            query = requests.decoded(at.request.body or b"{}", requests.QuerySites).query
            same = query.cursor_paging and query.cursor_paging.cursor
            start = requests.to_cursor(requests.Position(0, None, query.filter, query.sort))
            body["metadata"] = {"hasNext": True, "cursors": {"next": same or start}}


class RevokeKey(Fault, frozen=True):
    """From now on the key is no longer valid."""

    @override
    def before(self, gate: Gate) -> float:
        gate.revoked = True
        return 0.0


class Redirect(Fault, frozen=True):
    """A redirect to another place.

    Attributes:
        location: The scheme and host to redirect to.
    """

    location: str = "https://elsewhere.example"

    @override
    def spoil(self, at: Moment) -> Answer:
        return Answer(302, b"", at.answer.headers | {"location": f"{self.location}/moved"})


class EchoKey(Fault, frozen=True):
    """An error that repeats the API key wherever it can.

    Attributes:
        status: The status to answer with.
    """

    status: Status = 500

    @override
    def spoil(self, at: Moment) -> Answer:
        key = at.request.headers.get("authorization", "")
        said = {"applicationError": {"code": key, "description": f"key {key} failed", "data": {"authorization": key}}}
        body = msgspec.json.encode({"message": f"with {key}", "details": said})
        return Answer(self.status, body, at.answer.headers | {"x-echo-authorization": key, "x-wix-request-id": key})


class DropFacets(_InJson, frozen=True):
    """Search Team does not count."""

    @override
    def change(self, body: Json, _at: Moment) -> None:
        body.pop("facets", None)


class DropDefaults(_InJson, frozen=True):
    """Members whose value is empty, zero or false are left out, as the API may do (docs/api-contract.md, section 1)."""

    @override
    def change(self, body: Json, _at: Moment) -> None:
        _drop_defaults(body)


def _drop_defaults(value: Any) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _drop_defaults(inner)
        for name in [name for name, inner in value.items() if not inner]:
            del value[name]
    elif isinstance(value, list):
        for inner in value:
            _drop_defaults(inner)


class WrongFacets(_InJson, frozen=True):
    """Every count is wrong, facets and totals alike.

    Attributes:
        delta: What to add to every count.
    """

    delta: int = 1

    @override
    def change(self, body: Json, _at: Moment) -> None:
        counts = [(value, "count") for facet in body.get("facets", ()) for value in facet["values"]]
        counts += [(body, "count"), (body.get("pagingMetadata", {}), "total")]
        for holder, name in counts:
            if name in holder:
                holder[name] = max(0, holder[name] + self.delta)


AnyFault = (
    WrongStatus
    | Reset
    | Stall
    | Truncate
    | NotJson
    | WrongTypes
    | Drop
    | Rename
    | EmptyPage
    | RepeatPage
    | CycleCursor
    | RevokeKey
    | Redirect
    | EchoKey
    | DropFacets
    | DropDefaults
    | WrongFacets
)
KINDS: dict[str, type[Fault]] = {str(one.__struct_config__.tag): one for one in get_args(AnyFault)}
"""Every kind of fault, by its name."""


def _names(owner: Any, step: str) -> list[Any]:
    if isinstance(owner, list):
        places = range(len(owner)) if step == "*" else [int(step)] if step.isdigit() else []
        return [place for place in places if place < len(owner)]
    return [step] if isinstance(owner, dict) and step in owner else []


def load(text: bytes) -> list[Fault]:
    """A schedule from JSON.

    Raises:
        msgspec.MsgspecError: It is not a valid schedule; the message says where.
    """
    return [*msgspec.json.decode(text, type=list[AnyFault])]
