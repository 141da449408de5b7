from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from wix_sandbox import Sandbox, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def serve() -> Iterator[Callable[..., Sandbox]]:
    """Serves a world; at the end, a fault that was scheduled and never fired fails the test."""
    served: list[Sandbox] = []
    with ExitStack() as stack:

        def start(world: World | None = None, **options: Any) -> Sandbox:
            served.append(stack.enter_context(Sandbox(world or World(), **options)))
            return served[-1]

        yield start
    for sandbox in served:
        assert sandbox.faults.unfired() == []
