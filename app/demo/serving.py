"""Two HTTP servers in one loop, the API port and the admin port, and the film beside them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from app.demo.api.door import LOOPBACK, Door
from app.errors import ConfigurationError

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Coroutine, Iterator

    from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS = 90
"""As net/http of Go does it, and so the real API server."""
LEAVE_SECONDS = 1
"""For connections that are not there yet: a handshake of TLS may take a minute."""


@contextmanager
def open_door(port: int) -> Iterator[Door]:
    """The port; 0 is a free one.

    Raises:
        ConfigurationError: It is taken.
    """
    try:
        door = Door(port)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on port {port} of {LOOPBACK}: {error.strerror}."
        ) from error
    try:
        yield door
    finally:
        door.close()


class Server(uvicorn.Server):
    """One port. It takes no signals, waits for nobody when it leaves, and says when it is up."""

    def __init__(
        self, application: ASGIApp, door: Door, context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http="httptools",
                ws="none",
                interface="asgi3",
                lifespan="off",
                log_config=None,
                # Upgrades that are refused are no news.
                log_level="error",
                access_log=False,
                server_header=False,
                # Our own clock may be set wrong on purpose.
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=LEAVE_SECONDS,
                ssl_context_factory=None if context is None else lambda *_: context,
            )
        )
        self.up = asyncio.Event()
        self._door = door

    async def run_until_told(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._door.listener()])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        await super().startup(sockets)
        self._door.serve(self)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are taken for both ports at once."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut whoever still reads: the cluster goes away as a machine does."""
        self.force_exit = True
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


async def run(
    servers: tuple[Server, ...],
    film: Callable[[], Coroutine[Any, Any, None]],
    *,
    ready: Callable[[], None],
    leave: asyncio.Event,
) -> None:
    """Serve and play until `leave` is set; `ready` is called once every port is open.

    A fault of ours in the film ends all: it is raised when the ports are closed.
    """
    faults: list[Exception] = []

    async def play() -> None:
        try:
            await film()
        except Exception as fault:
            faults.append(fault)
            leave.set()

    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(play())
        for server in servers:
            tasks.create_task(server.run_until_told())
        for server in servers:
            await server.up.wait()
        if not leave.is_set():
            ready()
        await leave.wait()
        for server in servers:
            server.should_exit = True
        playing.cancel()
    if faults:
        raise faults[0]
