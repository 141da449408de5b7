"""One exchange with the simulated API: the request as the endpoints see it, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request, without its transport."""

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    path: Mapping[str, str] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return [value for key, value in self.query if key == name]

    def value(self, name: str) -> str | None:
        """The last value of a query parameter."""
        return next(iter(self.values(name)[::-1]), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `cut` sends half of the body and closes, `reset` breaks the connection before the first byte."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})
    cut: bool = False
    reset: bool = False
