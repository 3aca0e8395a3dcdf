"""One reader of the stream: it knows when it has everything, and what came when."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

LINE_BYTES = 2**18


class Reader:
    """What a reader of one topic holds: how many restarts each pod has had, and since when."""

    def __init__(self) -> None:
        self.restarts: dict[str, tuple[int, float]] = {}
        """For each key the restarts of its containers and the moment (monotonic) it was told."""
        self._parts: list[dict[str, Any]] = []
        self._synced_at: float | None = None
        self._told = asyncio.Event()

    async def synced(self, seconds: float) -> float:
        """Waits for a whole snapshot that is complete; gives the moment."""
        async with asyncio.timeout(seconds):
            while self._synced_at is None:
                await self._turn()
        return self._synced_at

    async def holds(self, keys: Iterable[str], restarts: int, seconds: float) -> bool:
        """Waits until every key has had so many restarts; False when that took too long."""
        missing = set(keys)
        try:
            async with asyncio.timeout(seconds):
                while missing := {key for key in missing if self.restarts[key][0] < restarts}:
                    await self._turn()
        except TimeoutError:
            return False
        return True

    async def _turn(self) -> None:
        self._told.clear()
        await self._told.wait()

    def take(self, event: str, data: bytes) -> None:
        """One event of the stream."""
        moment = time.monotonic()
        if event == "snapshot":
            self._take_part(json.loads(data), moment)
        elif event == "change":
            for change in json.loads(data)["changes"]:
                self._keep(change["key"], change["value"], moment)
        self._told.set()

    def _take_part(self, part: dict[str, Any], moment: float) -> None:
        if part["part"] == 0:
            self._parts = []
        self._parts.append(part)
        if len(self._parts) < part["parts"]:
            return
        for each in self._parts:
            for item in each["items"]:
                self._keep(item["key"], item["value"], moment)
        if part["synced"] and self._synced_at is None:
            self._synced_at = moment

    def _keep(self, key: str, value: dict[str, Any], moment: float) -> None:
        known = self.restarts.get(key)
        if known is None or known[0] != value["restartCount"]:
            self.restarts[key] = value["restartCount"], moment


@asynccontextmanager
async def reading(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Reader]:
    """A reader of a stream; a stream that ends or is refused raises when the block does."""
    reader = Reader()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_follow(session, url, reader))
        try:
            yield reader
        finally:
            task.cancel()


async def _follow(session: aiohttp.ClientSession, url: str, reader: Reader) -> None:
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.get(url, timeout=timeout, read_bufsize=LINE_BYTES) as answer:
        answer.raise_for_status()
        event = ""
        while line := await answer.content.readline():
            name, _, value = line.rstrip(b"\n").partition(b": ")
            if name == b"event":
                event = value.decode()
            elif name == b"data":
                reader.take(event, value)
    raise ConnectionError("the stream ended")
