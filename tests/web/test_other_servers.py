"""Streams on servers that we do not know: a task writes, and nothing can be dropped by force."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from tests.fakes.clock import LoopClock
from tests.stream.wire import parse_sse, parse_websocket
from tests.web.house import fill, house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message

    from app.web.front import Application

pytestmark = pytest.mark.looptime


class Connection:
    """What another server gives an application for one reader that takes `room` messages."""

    def __init__(self, kind: str, target: str, room: int | None = None) -> None:
        path, _, query = target.partition("?")
        self.scope: dict[str, Any] = {
            "type": kind,
            "method": "GET",
            "scheme": "http" if kind == "http" else "ws",
            "path": path,
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost")],
            "client": None,
        }
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.more = asyncio.Event()
        self._room = room
        self._connect = [{"type": "websocket.connect"}] if kind == "websocket" else []

    async def receive(self) -> Message:
        if self._connect:
            return self._connect.pop()
        await self.left.wait()
        return {"type": f"{self.scope['type']}.disconnect"}

    async def send(self, message: Message) -> None:
        # Every message really waits, as on a server that must not be stepped.
        await asyncio.sleep(0.001)
        if self._room is not None and len(self.sent) >= self._room:
            await anyio.sleep_forever()
        self.sent.append(message)
        self.more.set()

    async def sees(self, name: str) -> None:
        """Wait for an event of that name."""
        with anyio.fail_after(60):
            while name not in self.names():
                self.more.clear()
                await self.more.wait()

    def names(self) -> list[str]:
        """The events so far."""
        if self.scope["type"] == "http":
            body = b"".join(message.get("body", b"") for message in self.sent)
            return [event.event for event in parse_sse(body)] if body else []
        texts = [message["text"] for message in self.sent if message["type"] == "websocket.send"]
        return [event.event for text in texts for event in parse_websocket(text.encode())]


@asynccontextmanager
async def running() -> AsyncIterator[Application]:
    """An application whose rooms run in this loop."""
    made = house(clock=LoopClock(), stalled_seconds=5, heartbeat_seconds=1)
    fill(made)
    async with made.router.lifespan_context(made):
        yield made


READERS = [("http", "/api/stream?topics=pods"), ("websocket", "/api/ws?topics=pods")]


@pytest.mark.parametrize(("kind", "target"), READERS)
async def test_they_are_served_by_a_task(kind: str, target: str) -> None:
    async with running() as application:
        connection = Connection(kind, target)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(application, connection.scope, connection.receive, connection.send)
            await connection.sees("heartbeat")
            application.rooms.board.pods.remove("agents/web-0")
            await connection.sees("change")
            assert connection.names()[:2] == ["hello", "snapshot"]
            connection.left.set()
        assert application.rooms.readers == 0


@pytest.mark.parametrize(("kind", "target"), READERS)
async def test_a_stalled_reader_is_left(kind: str, target: str) -> None:
    async with running() as application:
        # The start and hello, and then nothing.
        connection = Connection(kind, target, room=2)
        with anyio.fail_after(60):
            await application(connection.scope, connection.receive, connection.send)
        assert connection.names() == ["hello"]
        assert application.rooms.hub.statistics.stalled == 1
        assert application.rooms.readers == 0


@pytest.mark.parametrize(("kind", "target"), READERS)
async def test_a_drain_ends_them(kind: str, target: str) -> None:
    async with running() as application:
        connection, stalled = Connection(kind, target), Connection(kind, target, room=2)
        async with anyio.create_task_group() as tasks:
            for reader in (connection, stalled):
                tasks.start_soon(application, reader.scope, reader.receive, reader.send)
            await connection.sees("snapshot")
            await stalled.sees("hello")
            with anyio.fail_after(60):
                await application.rooms.hub.drain()
            connection.left.set()
        assert connection.names()[-1] == "goodbye"
        assert connection.sent[-1]["type"] in ("http.response.body", "websocket.close")
        assert stalled.names() == ["hello"]


@pytest.mark.parametrize(("kind", "target"), READERS)
async def test_a_reader_that_is_gone_at_once_is_no_error(kind: str, target: str) -> None:
    async with running() as application:
        connection = Connection(kind, target)

        async def send(message: Message) -> None:
            raise OSError("the reader is gone")

        await application(connection.scope, connection.receive, send)
        assert application.rooms.readers == 0


async def test_a_fault_after_the_begin_of_a_stream_is_the_servers_to_log() -> None:
    async with running() as application:
        connection = Connection("http", "/api/stream?topics=pods")

        async def receive() -> Message:
            raise RuntimeError("a fault")

        with pytest.raises(RuntimeError, match="a fault"):
            await application(connection.scope, receive, connection.send)
        assert application.rooms.readers == 0
