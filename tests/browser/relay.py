"""The TCP between a browser and its server, which a test can pull out or block."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK_BYTES = 65_536


class Relay:
    """Passes bytes both ways on a port of its own.

    Pulled out, connections are reset and new ones too. Blocked, they stay open, new ones are
    accepted, and nothing passes: what a network does that has lost its way.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self._target = port
        self._plugged = True
        self._passes = asyncio.Event()
        self._passes.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Of the browser, at present."""
        return len(self._tasks)

    def pull(self) -> None:
        """Reset everything, from now on."""
        self._plugged = False
        for end in self._ends:
            end.transport.abort()

    def block(self) -> None:
        """Let nothing pass."""
        self._passes.clear()

    def mend(self) -> None:
        """Let everything pass again; what was open meanwhile is lost."""
        for end in self._ends:
            end.transport.abort()
        self._plugged = True
        self._passes.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.pull()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self._plugged:
            back.transport.abort()
            return
        self._ends.add(back)
        task = asyncio.create_task(self._relay(near, back))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            await self._passes.wait()
            far, there = await asyncio.open_connection("127.0.0.1", self._target)
            self._ends.add(there)
            await asyncio.gather(self._pump(near, there), self._pump(far, back))
        except OSError:
            # Nobody listens there; so nobody listens here.
            pass
        finally:
            for end in (back, there):
                if end is not None:
                    self._ends.discard(end)
                    end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                await self._passes.wait()
                sink.write(chunk)
                await sink.drain()
            sink.write_eof()
