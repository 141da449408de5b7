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
    """A fault, with the requests that it saw and spoilt so far."""

    fault: Fault
    seen: int = 0
    fired: int = 0

    def is_due(self, endpoint: str, account_id: str | None) -> bool:
        """Count a request that the fault is meant for, and say whether it is to go wrong."""
        fault = self.fault
        if fault.endpoint not in {endpoint, "*"} or fault.account_id not in {None, account_id}:
            return False
        self.seen += 1
        return self.seen >= fault.nth and (not fault.times or self.seen < fault.nth + fault.times)

    def begin(self, gate: Gate) -> float:
        """Act before the request is looked at, and return the seconds to say nothing."""
        wait = self.fault.before(gate)
        self.fired += wait is not None
        return wait or 0.0


class Faults:
    """A schedule of faults, which knows what fired."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._scheduled: list[Scheduled] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Schedule more; their requests are counted from now."""
        self._scheduled += map(Scheduled, faults)

    def clear(self) -> None:
        """Forget every fault."""
        self._scheduled = []

    def due(self, endpoint: str, account_id: str | None) -> list[Scheduled]:
        """Count one request, and say what is to go wrong with it."""
        return [one for one in self._scheduled if one.is_due(endpoint, account_id)]

    def unfired(self) -> list[Fault]:
        """What was scheduled and never had an effect."""
        return [one.fault for one in self._scheduled if not one.fired]


def spoil(answer: Answer, due: list[Scheduled], request: ApiRequest, previous: Answer | None) -> Answer:
    """The answer with what is due gone wrong. A fault that finds nothing to spoil does not count as fired.

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
