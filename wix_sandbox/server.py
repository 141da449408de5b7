"""The sandbox on a real socket, served by a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wix_sandbox.app import Api, ApiOptions, Seen
from wix_sandbox.schedule import Faults
from wix_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wix_sandbox.faults import Fault

_START_SECONDS = 10
_STOP_SECONDS = 2


class Sandbox:
    """A made-up Wix account, served over real HTTP for as long as the `with` block lasts.

        with Sandbox(World(Size(users=12)), options=ApiOptions(page_cap=10)) as sandbox:
            httpx.post(f"{sandbox.url}/roles-management/v3/team/search", headers=sandbox.headers, json={})

    Args:
        world: The world to serve; a default one if omitted.
        options: How the API behaves. By default there is no request limit.
        faults: Faults to inject.
        host: Address to listen on.
        port: Port; 0 for a free one.
        clock: Returns monotonic seconds, for the request limit.

    Raises:
        OSError: The port is already in use; raised when the sandbox is created.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        options: ApiOptions | None = None,
        faults: Iterable[Fault] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api = Api(world or World(), options or ApiOptions(), Faults(faults), clock)
        self._socket = _bound(host, port)
        address = self._socket.getsockname()
        self.url = f"http://[{address[0]}]:{address[1]}" if ":" in address[0] else f"http://{address[0]}:{address[1]}"
        self._server = _Server(self.api)
        self._thread = threading.Thread(target=self._run, name="wix-sandbox", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving."""
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise RuntimeError("the sandbox did not start")

    def stop(self) -> None:
        """Stop serving, including delayed answers, and wait until that is done."""
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    @property
    def world(self) -> World:
        """The served world. Hold `lock` to change it."""
        return self.api.world

    @property
    def lock(self) -> threading.RLock:
        """No request is answered while this is held."""
        return self.api.lock

    @property
    def faults(self) -> Faults:
        """The faults to inject; `faults.unfired()` returns those that never fired."""
        return self.api.faults

    @property
    def requests(self) -> list[Seen]:
        """Every request to the API so far, in the order of the answers."""
        return self.api.requests

    @property
    def headers(self) -> dict[str, str]:
        """The headers of an account-level request to the main account."""
        return {"Authorization": self.world.key, "wix-account-id": self.world.main.id}

    @property
    def before_request(self) -> Callable[[str, int], Any] | None:
        """Called with an endpoint and the number of its request, just before that request is answered."""
        return self.api.before_request

    @before_request.setter
    def before_request(self, hook: Callable[[str, int], Any] | None) -> None:
        self.api.before_request = hook

    def stats(self) -> dict[str, Any]:
        """Requests so far, the current contents of the world, and faults that never fired."""
        return self.api.stats()


class _Protocol(H11Protocol):
    """Passes its transport to the application, which breaks connections on purpose."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Starts and stops immediately, instead of polling ten times a second like uvicorn's own class."""

    def __init__(self, api: Api) -> None:
        super().__init__(
            uvicorn.Config(
                api.application(),
                http=_Protocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
            )
        )
        self._api = api
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._api.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What asyncio has accepted and not yet made a connection of would be lost, unclosed, with the listener.
        while accepting := asyncio.all_tasks() - self.server_state.tasks - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        patience = time.monotonic() + _STOP_SECONDS
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < patience:
            await asyncio.sleep(0.001)
        for connection in list(self.server_state.connections):
            # Without this, the socket of a client that is still connected would be left to the garbage collector.
            connection.transport.abort()
        await asyncio.sleep(0)

    def stop(self) -> None:
        if self._loop and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._api.stopping.set)


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket, so that a port in use is noticed immediately, and a first request is never too early."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio only disables Nagle's algorithm, and its 40 ms delays, for a socket with an explicit protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
