"""uvicorn, run from our code: how it listens, and how it leaves."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

import anyio
import structlog
import uvicorn

from app.errors import ConfigurationError
from app.web.protocol import WireProtocol
from app.web.socket_protocol import SocketProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from app.web.front import Application

BACKLOG = 4_096
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 2
"""For requests that are no streams; streams were told goodbye before."""
INTERRUPT_SPREAD_SECONDS = 0.4
INTERRUPT_SECONDS = 0.6
"""The closes of a drain after Ctrl-C, and all of it: a person is waiting."""
LOOK_SECONDS = 0.05
"""How often a drain looks whether it is asked to end at once."""

logger = structlog.get_logger("watchglass.server")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one.

    Raises:
        ConfigurationError: Not a loopback address, or the port is taken; one sentence.
    """
    address = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        loopback = ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError(
            f"Watchglass listens on loopback only until it has a sign-in; {host} is not loopback."
        )
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} on {host} is in use; --port 0 takes a free one."
            ) from error
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    made.setblocking(False)
    return made


class Server(uvicorn.Server):
    """Says goodbye to streams before it closes anything, and ends without a traceback.

    `ready` is called once connections are accepted.
    """

    def __init__(
        self, application: Application, *, ready: Callable[[], None] | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=WireProtocol,
                ws=SocketProtocol,
                ws_per_message_deflate=False,
                ws_max_size=65_536,
                loop="uvloop",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._application = application
        self._ready = ready
        self._interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the rooms, then accept."""
        await super().startup(sockets)
        if self._ready is not None:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains, a second one ends at once."""
        if self.should_exit:
            self.force_exit = True
        self._interrupted = self._interrupted or sig == signal.SIGINT
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGINT, SIGTERM and SIGHUP; unlike the base class do not raise them again.

        A server that was asked to leave and has left has exit code 0.
        """
        if threading.current_thread() is not threading.main_thread():
            # Signals reach the main thread only; whoever runs us elsewhere sets `should_exit`.
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        # The end of the terminal, unless nohup has switched that off.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, drain the hub, then let the base class finish."""
        for server in self.servers:
            server.close()
        logger.info("draining", streams=self._application.rooms.readers)
        async with anyio.create_task_group() as tasks:
            if not self.force_exit:
                tasks.start_soon(self._drain, tasks.cancel_scope)
            # A signal handler may set a flag and no more.
            while not self.force_exit:  # noqa: ASYNC110
                await anyio.sleep(LOOK_SECONDS)
            tasks.cancel_scope.cancel()
        if self._interrupted or self.force_exit:
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
        await super().shutdown(sockets)
        if self.force_exit:
            # The base class leaves the rooms as they are; ours hold connections of their own.
            await self.lifespan.shutdown()

    async def _drain(self, done: anyio.CancelScope) -> None:
        hub = self._application.rooms.hub
        if self._interrupted:
            with anyio.move_on_after(INTERRUPT_SECONDS):
                await hub.drain(within=INTERRUPT_SPREAD_SECONDS)
        else:
            await hub.drain()
        done.cancel()


def serve(
    application: Application, made: socket.socket, *, ready: Callable[[], None] | None = None
) -> bool:
    """Serve on `made` until a signal; gives False when a fault of ours ended it.

    `ready` is called once connections are accepted.
    """
    server = Server(application, ready=ready)
    faults: list[str] = []

    def crashed(room: str) -> None:
        faults.append(room)
        server.should_exit = True

    application.on_crash = crashed
    server.run(sockets=[made])
    return not faults
