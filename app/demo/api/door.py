"""The port of the simulated API server: it can be shut, opened again, and cut connections."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn

    Address = tuple[str, int]

LOOPBACK = "127.0.0.1"
BACKLOG = 1_024
AGAIN_SECONDS = 0.2
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER without patience: closing sends a reset and forgets what was not sent."""


class Door:
    """A loopback port that stays ours while nothing listens on it.

    `listener()` makes the socket to give to a uvicorn server, `serve(server)` names the server once
    it has started; then the door can be shut. Port 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        # Bound and never listening: while the door is shut nobody takes the port who does not
        # insist on it (SO_REUSEADDR).
        self._keeper = _bound(port)
        self.port: int = self._keeper.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        try:
            # Another server may listen there, as long as it allows others to bind beside it.
            self._first: socket.socket | None = self._listen()
        except OSError:
            self._keeper.close()
            raise

    def listener(self) -> socket.socket:
        """The listening socket, once; whoever takes it closes it."""
        if self._first is None:
            return self._listen()
        made, self._first = self._first, None
        return made

    def serve(self, server: uvicorn.Server) -> None:
        """The server whose listening sockets and connections these are."""
        self._server = server

    def close(self) -> None:
        """Give the port back; what listens on it is not ours to close."""
        if self._opening is not None:
            self._opening.cancel()
        if self._first is not None:
            self._first.close()
        self._keeper.close()

    # ---- there is no server

    def shut(self) -> None:
        """Refuse connections and cut those that are open."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self._server is None:
            return
        for listening in self._server.servers:
            listening.close()
        self._server.servers.clear()
        for connection in tuple(self._server.server_state.connections):
            connection.transport.abort()

    def open(self) -> None:
        """Accept connections again, a moment later; a door that is open stays open."""
        if self._server is None or self._server.servers or self._opening is not None:
            return
        self._opening = asyncio.get_running_loop().create_task(self._open(self._server))

    async def _open(self, server: uvicorn.Server) -> None:
        config = server.config

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=server.server_state, app_state=server.lifespan.state
            )

        made = await self._listen_again()
        try:
            listening = await asyncio.get_running_loop().create_server(
                protocol, sock=made, ssl=config.ssl, backlog=BACKLOG
            )
        except BaseException:
            made.close()
            raise
        self._opening = None
        server.servers.append(listening)

    async def _listen_again(self) -> socket.socket:
        """As soon as whoever took the port has left it."""
        while True:
            try:
                return self._listen()
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)

    # ---- one connection

    def reset(self, client: Address) -> None:
        """End the connection from this address with a TCP reset."""
        transport = self._transport(client)
        if transport is None:
            return
        # None where the client has ended it meanwhile.
        if (made := transport.get_extra_info("socket")) is not None:
            with socket.fromfd(made.fileno(), socket.AF_INET, socket.SOCK_STREAM) as shared:
                shared.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        transport.abort()

    def cut(self, client: Address) -> None:
        """End the connection from this address without another word."""
        transport = self._transport(client)
        if transport is not None:
            transport.abort()

    def _transport(self, client: Address) -> asyncio.Transport | None:
        if self._server is None:
            return None
        for connection in self._server.server_state.connections:
            if getattr(connection, "client", None) == client:
                return connection.transport
        return None

    def _listen(self) -> socket.socket:
        made = _bound(self.port)
        try:
            made.listen(BACKLOG)
        except OSError:
            made.close()
            raise
        made.setblocking(False)
        return made


def _bound(port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off; else each answer takes 40 ms.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
    except OSError:
        made.close()
        raise
    return made
