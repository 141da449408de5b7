"""The schedule of faults: which are due at a request, and which ever had an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_sandbox.faults import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wix_sandbox.exchange import Answer, ApiRequest
    from wix_sandbox.faults import Fault
    from wix_sandbox.gate import Gate


@dataclass(slots=True)
class Scheduled:
    """A fault, with the number of requests that it has seen and affected so far."""

    fault: Fault
    seen: int = 0
    fired: int = 0

    def is_due(self, endpoint: str, account_id: str | None) -> bool:
        """Count a request that matches the fault, and return whether to affect it."""
        fault = self.fault
        if fault.endpoint not in {endpoint, "*"} or fault.account_id not in {None, account_id}:
            return False
        self.seen += 1
        return self.seen >= fault.nth and (not fault.times or self.seen < fault.nth + fault.times)

    def begin(self, gate: Gate) -> float:
        """Act before the request is processed, and return the seconds to wait."""
        wait = self.fault.before(gate)
        self.fired += wait is not None
        return wait or 0.0


class Faults:
    """A schedule of faults, which knows what fired."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._scheduled: list[Scheduled] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Add faults; their requests are counted from now."""
        self._scheduled += map(Scheduled, faults)

    def clear(self) -> None:
        """Remove every fault."""
        self._scheduled = []

    def due(self, endpoint: str, account_id: str | None) -> list[Scheduled]:
        """Count one request, and return the faults that are due."""
        return [one for one in self._scheduled if one.is_due(endpoint, account_id)]

    def unfired(self) -> list[Fault]:
        """The faults that never had an effect."""
        return [one.fault for one in self._scheduled if not one.fired]


def spoil(answer: Answer, due: list[Scheduled], request: ApiRequest, previous: Answer | None) -> Answer:
    """The answer after the due faults. A fault that finds nothing to change does not count as fired.

    Args:
        answer: The right answer.
        due: What is to go wrong, in order.
        request: The request.
        previous: The last answer of the same endpoint and account.
    """
    for one in due:
        spoilt = one.fault.spoil(Moment(answer, request, previous))
        one.fired += spoilt != answer
        answer = spoilt
    return answer
