from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import Client
from wix_sandbox import Sandbox, Size, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def serve() -> Iterator[Callable[..., Client]]:
    """Serves a world of 12 people, or of any other size, and gives a client of it."""
    with ExitStack() as stack:

        def start(world: World | None = None, **options: Any) -> Client:
            sandbox = stack.enter_context(Sandbox(world or World(Size(users=12)), **options))
            client = Client(sandbox)
            stack.callback(client.http.close)
            return client

        yield start
