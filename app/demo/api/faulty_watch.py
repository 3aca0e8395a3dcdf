"""One watch between the application and its reader: where its lines are lost, cut or doubled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import anyio

from app.demo.api.calls import encoded
from app.demo.api.status_objects import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.demo.api.faults import Fault, Faults

GONE = failure(410, "Expired", "too old resource version: 1 (2)")
WITHOUT_REASON = failure(500, "", "storage is (re)initializing")
UNKNOWN = {"kind": "Surprise", "apiVersion": "v1", "metadata": {"name": "surprise"}}

BOOKMARK = b'{"type":"BOOKMARK"'
LAST_OF_A_LIST = b"k8s.io/initial-events-end"
MUTES = ("black-hole", "silent")


class Cutter(Protocol):
    """What can be done to one connection; `Door` does it."""

    def reset(self, client: tuple[str, int]) -> None:
        """End one connection with a TCP reset."""
        ...

    def cut(self, client: tuple[str, int]) -> None:
        """End one connection."""
        ...


class FaultyWatch:
    """One watch that is open: its lines on their way out."""

    def __init__(
        self,
        resource: str | None,
        client: tuple[str, int],
        faults: Faults,
        connections: Cutter,
        send: Send,
    ) -> None:
        self._resource = resource
        self._client = client
        self._faults = faults
        self._connections = connections
        self._send = send
        self._rest = b""
        self._awake = asyncio.Event()
        self._begun = self._ended = self._lost = False
        self.severed = False
        self._surprised: Fault | None = None
        self._scope = anyio.CancelScope()

    def wake(self) -> None:
        """A switch was turned: look what it means for this watch."""
        self._awake.set()

    async def run(self, application: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Let the application answer, until it is done or this watch is ended."""
        with self._scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._courier)
                await application(scope, receive, self._pass)
                tasks.cancel_scope.cancel()

    async def _courier(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            if self._begun and not self._ended:
                await self._look()

    async def _pass(self, message: Message) -> None:
        if self._ended:
            return
        if message["type"] == "http.response.start":
            await self._send(message)
            if message["status"] == 200:
                self._begun = True
                await self._look()
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if more and self._faults.quiet and not self._rest and not self._lost:
            # Nothing is to go wrong: lines that come together go on together.
            await self._write(body)
            return
        *lines, self._rest = (self._rest + body).split(b"\n")
        for line in lines:
            await self._line(line + b"\n")
        if not more and not self._ended:
            await self._end(self._rest)

    async def _look(self) -> None:
        """Do what was turned on since the last look."""
        faults, resource = self._faults, self._resource
        if self._muted():
            return
        if self._lost or faults.hit("reset", resource) is not None:
            # Lines are missing: nobody may think that this watch is whole.
            self._sever(self._connections.reset)
            return
        surprise = faults.on("unknown-event", resource)
        if surprise is not None and surprise is not self._surprised:
            self._surprised = faults.hit("unknown-event", resource)
            await self._write(encoded({"type": "SURPRISE", "object": UNKNOWN}) + b"\n")
        for name, status in (("gone", GONE), ("error-event", WITHOUT_REASON)):
            if not self._ended and faults.hit(name, resource) is not None:
                await self._end(encoded({"type": "ERROR", "object": status}) + b"\n")

    async def _line(self, line: bytes) -> None:
        faults, resource = self._faults, self._resource
        if self._ended:
            return
        if not self._begun:
            await self._write(line)
            return
        if self._lost or self._muted():
            self._lost = True
            return
        bookmark = line.startswith(BOOKMARK) and LAST_OF_A_LIST not in line
        if bookmark and faults.on("no-bookmarks", resource) is not None:
            return
        fault = faults.hit("truncate", resource)
        if fault is not None:
            half = line[: len(line) // 2]
            if fault.values["clean"]:
                await self._end(half)
            else:
                await self._write(half)
                self._sever(self._connections.cut)
            return
        await self._write(line)
        if faults.hit("duplicate", resource) is not None:
            await self._write(line)

    def _muted(self) -> bool:
        return any(self._faults.on(name, self._resource) is not None for name in MUTES)

    def _sever(self, how: Callable[[tuple[str, int]], None]) -> None:
        self._ended = self.severed = True
        how(self._client)
        self._scope.cancel()

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _end(self, body: bytes) -> None:
        self._ended = True
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
        self._scope.cancel()
