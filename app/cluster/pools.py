"""Two pools of connections, and what happens to them when a certificate is replaced."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import structlog

from app.cluster.tls import make_context, stamps
from app.errors import ConfigurationError, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.clock import Clock
    from app.cluster.configuration import Tls
    from app.cluster.tls import Stamp

logger = structlog.get_logger("watchglass.transport")

FILES_SECONDS = 10.0
"""How often the files of the TLS connection are looked at."""

CALLS = 100
"""Connections for ordinary calls; streams have as many as there are streams. A reflector makes one
call at a time, so that one kind which hangs leaves room for the others."""

BUFFER_BYTES = 2**18
KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3
USER_TIMEOUT_MS = 30_000


class Pool:
    """One session and its users; a retired one is closed when the last of them has left."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self._users = 0
        self._retired = False

    @asynccontextmanager
    async def use(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The session, which stays open meanwhile."""
        self._users += 1
        try:
            yield self.session
        finally:
            self._users -= 1
            if self._retired and not self._users:
                # Also when the last user leaves because it is cancelled.
                with anyio.CancelScope(shield=True):
                    await self.session.close()

    async def retire(self) -> None:
        """Nobody else begins to use it."""
        self._retired = True
        if not self._users:
            await self.session.close()


class Pools:
    """One pool for streams and one for ordinary calls, so that neither starves the other.

    Both are made anew when a file of the TLS connection has changed, and after a certificate was
    not trusted: running streams keep what they have.
    """

    def __init__(self, tls: Tls, clock: Clock) -> None:
        self._tls = tls
        self._clock = clock
        self._open: dict[bool, Pool] = {}
        self._stamps: tuple[Stamp, ...] | None = None
        self._looked_at = float("-inf")
        self._closed = False

    @asynccontextmanager
    async def session(self, *, streaming: bool) -> AsyncIterator[aiohttp.ClientSession]:
        """A session for one call.

        Raises:
            Unreachable: The certificates cannot be read, or everything is being closed.
        """
        if self._closed:
            raise Unreachable("The connection to the API server is being closed.")
        await self._look()
        async with self._open[streaming].use() as session:
            yield session

    def doubt(self) -> None:
        """The server's certificate was not trusted: read the files again before the next call."""
        self._stamps = None
        self._looked_at = float("-inf")

    async def close(self) -> None:
        """Close every connection, also of retired pools that nobody uses."""
        self._closed = True
        for pool in self._open.values():
            await pool.session.close()
        self._open.clear()

    async def _look(self) -> None:
        now = self._clock.monotonic()
        if self._open and now - self._looked_at < FILES_SECONDS:
            return
        self._looked_at = now
        found = stamps(self._tls)
        if self._open and found == self._stamps:
            return
        try:
            await self._replace()
        except ConfigurationError as error:
            if not self._open:
                raise Unreachable(
                    "The cluster's certificates cannot be read.", details=str(error)
                ) from error
            # Half-written: what was good a moment ago is used until the files can be read.
            logger.warning("certificates_unreadable", error=str(error))
            return
        self._stamps = found

    async def _replace(self) -> None:
        context = make_context(self._tls)
        old, self._open = (
            self._open,
            {
                streaming: Pool(
                    aiohttp.ClientSession(
                        connector=aiohttp.TCPConnector(
                            limit=0 if streaming else CALLS, ssl=context, socket_factory=_socket
                        ),
                        read_bufsize=BUFFER_BYTES,
                    )
                )
                for streaming in (False, True)
            },
        )
        for pool in old.values():
            await pool.retire()


def _socket(address: Any) -> socket.socket:
    """A socket that notices a peer that vanished without a word."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    return made
