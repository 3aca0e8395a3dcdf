"""Pods on an API server: ten thousand of them, then so many changes a second."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.reflect import pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.reflect.api_servers import ApiServer

AT_ONCE = 24
LINE_BYTES = 2**20
PATCH = {"Content-Type": "application/strategic-merge-patch+json"}


@dataclass(slots=True)
class Change:
    """The moments (monotonic) of one change: asked for, and known outside of the API server."""

    sent: float
    known: float = math.inf

    def known_by(self, moment: float) -> None:
        """The patch's answer and a watch tell of it; whoever comes first counts."""
        self.known = min(self.known, moment)


def key_of(name: str) -> str:
    """What the board calls a pod of the benchmark."""
    return f"{pods.NAMESPACE}/{name}"


class Refused(RuntimeError):
    """The API server did not do what the benchmark needs."""


class Load:
    """Writes to one namespace of an API server as its administrator."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._collection = f"/api/v1/namespaces/{pods.NAMESPACE}/pods"

    async def create(self, count: int) -> None:
        """Makes so many running pods, a few at a time."""
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                await self._send("POST", self._collection, pods.manifest(number))
                await self._status(number, {"status": pods.running(0)})

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())

    async def change(
        self, count: int, rate: float, seconds: float, restarts: int
    ) -> dict[str, Change]:
        """Restarts a container `rate` times a second, another pod each time; by key.

        What takes long does not make the next one late.
        """
        made: dict[str, Change] = {}

        async def one(number: int) -> None:
            change = made[key_of(pods.name(number))] = Change(sent=time.monotonic())
            await self._status(number, pods.restarted(restarts))
            change.known_by(time.monotonic())

        async with self._witness(made):
            began = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                for step in range(min(int(rate * seconds), count)):
                    await asyncio.sleep(max(0.0, began + step / rate - time.monotonic()))
                    tasks.create_task(one(step))
        return made

    @asynccontextmanager
    async def _witness(self, made: dict[str, Change]) -> AsyncIterator[None]:
        """Watches as plainly as possible: when the API server told, whoever listens beside it."""
        async with self._session.get(self._collection, params={"limit": "1"}) as answer:
            version = (await answer.json())["metadata"]["resourceVersion"]
        timeout = aiohttp.ClientTimeout(total=None)

        async def follow(version: str) -> None:
            while True:
                # An API server ends the watch of whoever does not keep up, as it may ours.
                params = {"watch": "true", "resourceVersion": version}
                async with self._session.get(
                    self._collection, params=params, timeout=timeout
                ) as answer:
                    while line := await answer.content.readline():
                        moment, told = time.monotonic(), json.loads(line)
                        if told["type"] == "ERROR":
                            raise Refused(f"the watch beside ours ended: {told['object']}")
                        metadata = told["object"]["metadata"]
                        version = metadata["resourceVersion"]
                        made[key_of(metadata["name"])].known_by(moment)

        task = asyncio.create_task(follow(version))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    async def lines(self, count: int) -> list[bytes]:
        """The lines with which a watch from the beginning tells of the first so many pods."""
        found: list[bytes] = []
        params = {"watch": "true", "resourceVersion": "0"}
        async with self._session.get(self._collection, params=params) as answer:
            while len(found) < count:
                line = await answer.content.readline()
                if not line:
                    raise Refused(f"the watch ended after {len(found)} of {count} pods")
                found.append(line)
        return found

    async def _status(self, number: int, patch: pods.Json) -> None:
        path = f"{self._collection}/{pods.name(number)}/status"
        await self._send("PATCH", path, patch, PATCH)

    async def _send(
        self, method: str, path: str, body: pods.Json, headers: dict[str, str] | None = None
    ) -> None:
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            if answer.status >= 300:
                raise Refused(f"{method} {path}: {answer.status} {(await answer.text())[:200]}")
            await answer.read()


@asynccontextmanager
async def connected(server: ApiServer) -> AsyncIterator[Load]:
    """A load for an API server."""
    trust = True if server.authority is None else context(str(server.authority))
    connector = aiohttp.TCPConnector(limit=AT_ONCE * 2, ssl=trust)
    headers = {} if server.token is None else {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession(
        server.url, connector=connector, headers=headers, read_bufsize=LINE_BYTES
    ) as session:
        yield Load(session)


def context(authority: str) -> ssl.SSLContext:
    """Trusts that authority alone."""
    return ssl.create_default_context(cafile=authority)
