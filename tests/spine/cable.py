"""The TCP between Watchglass and the API server, which a test can pull out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from tests.control_plane.processes import ReservedPort
from tests.control_plane.users import USERS, write_kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control_plane.cluster import ControlPlane

CHUNK_BYTES = 65_536
LOOK_SECONDS = 0.1


class Cable:
    """Passes bytes both ways while it is plugged; TLS goes through it from end to end.

    Pulled out, open connections are reset and new ones refused. The API server itself goes on, so
    what happens there meanwhile is missed by whoever is behind the cable.
    """

    def __init__(self, cluster: ControlPlane, directory: Path) -> None:
        self._cluster = cluster
        self._directory = directory
        self._port = ReservedPort()
        self._server: asyncio.Server | None = None
        self._relays: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self.url = f"https://127.0.0.1:{self._port.number}"

    def kubeconfig(self, user: str, namespace: str | None = None) -> Path:
        """The way to the API server through this cable."""
        token = USERS[user].token
        return write_kubeconfig(self._directory, self.url, self._cluster.ca, user, token, namespace)

    async def __aenter__(self) -> Self:
        await self.plug()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Pull it out for good."""
        await self.pull()
        self._port.close()

    async def plug(self) -> None:
        """Accept connections from now on."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self._port.number, reuse_port=True
        )

    async def pull(self) -> None:
        """Reset every connection and refuse new ones, until it is plugged again."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        while self._relays:
            for end in (end for ends in self._relays.values() for end in ends):
                end.transport.abort()
            await asyncio.wait(self._relays, timeout=LOOK_SECONDS)

    def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        ends = [back]
        relay = asyncio.create_task(self._relay(near, ends))
        self._relays[relay] = ends
        relay.add_done_callback(self._relays.pop)

    async def _relay(self, near: asyncio.StreamReader, ends: list[asyncio.StreamWriter]) -> None:
        """Pass on both ways until one end is cut; `ends` are those to cut."""
        [back] = ends
        target = urlsplit(self._cluster.url)
        try:
            far, there = await asyncio.open_connection(target.hostname, target.port)
            ends.append(there)
            await asyncio.gather(pump(near, there), pump(far, back))
        except OSError:
            # Nobody listens there; so nobody listens here.
            pass
        finally:
            for end in ends:
                end.transport.abort()


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on what comes, and then the end."""
    with suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            sink.write(chunk)
            await sink.drain()
        sink.write_eof()
