"""Readers that write their own bytes and see those of the server."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from tests.stream.wire import Event, parse_sse, parse_websocket
from tests.web.probe import Told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

PATIENCE = 30.0


@dataclass(frozen=True)
class Seen:
    """One event, with data that a test may look into."""

    event: str
    data: dict[str, Any]
    id: str | None
    retry: int | None

    @property
    def items(self) -> list[dict[str, Any]]:
        """Those of a snapshot."""
        found: list[dict[str, Any]] = self.data["items"]
        return found

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Those of a change."""
        found: list[dict[str, Any]] = self.data["changes"]
        return found


def events_in(payload: bytes) -> list[Seen]:
    """The events of a stream."""
    return [_seen(event) for event in parse_sse(payload)]


def event_in(text: str | bytes) -> Seen:
    """The event in the message of a WebSocket."""
    assert isinstance(text, str), "a message is text"
    (event,) = parse_websocket(text.encode())
    return _seen(event)


def _seen(event: Event) -> Seen:
    return Seen(event.event, dict(event.data), event.id, event.retry)


def request(
    target: str, *headers: str, method: str = "GET", host: str = "127.0.0.1", body: bytes = b""
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Reader:
    """One connection; `async with Reader(port) as reader`."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self._port = port
        self._receive_buffer = receive_buffer
        self._rest = b""
        self._events: list[Seen] = []

    async def __aenter__(self) -> Reader:
        made = socket.socket()
        made.setblocking(False)
        if self._receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self._port))
        self.socket = made
        limit = 2**20 if self._receive_buffer is None else self._receive_buffer
        self.incoming, self.outgoing = await asyncio.open_connection(sock=made, limit=limit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.outgoing.transport.abort()
        try:
            await self.outgoing.wait_closed()
        except OSError:
            pass

    def write(self, data: bytes) -> None:
        self.outgoing.write(data)

    async def head(self) -> None:
        """Read status and headers."""
        with anyio.fail_after(PATIENCE):
            told = (await self.incoming.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = told[:-4].split("\r\n")
        self.status = int(line.split(" ")[1])
        self.headers = [
            (name.lower(), value.strip())
            for name, _, value in (header.partition(":") for header in lines)
        ]

    async def answer(self, *, head_only: bool = False) -> Told:
        """Read one whole answer."""
        await self.head()
        told = Told(self.status, self.headers, b"")
        length = told.header("content-length")
        with anyio.fail_after(PATIENCE):
            if head_only or self.status == 304:
                body = b""
            elif told.header("transfer-encoding") == "chunked":
                body = b"".join([chunk async for chunk in self._chunks()])
            elif length is not None:
                body = await self.incoming.readexactly(int(length))
            else:
                body = await self.incoming.read()
        return Told(self.status, self.headers, body)

    async def follow(self, target: str = "/api/stream", *headers: str) -> None:
        """Open a stream of events."""
        self.write(request(target, *headers))
        await self.head()
        assert self.status == 200

    async def event(self) -> Seen | None:
        """The next event of the stream, None at its end."""
        with anyio.fail_after(PATIENCE):
            while not self._events:
                chunk = await self._chunk()
                if not chunk:
                    assert not self._rest, "the stream ends inside an event"
                    return None
                whole, end, self._rest = (self._rest + chunk).rpartition(b"\n\n")
                self._events += events_in(whole + end) if end else []
        return self._events.pop(0)

    async def until(self, wanted: Callable[[Seen], bool]) -> list[Seen]:
        """Events up to the first that is wanted."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
            if wanted(event):
                return found
        raise AssertionError(f"the stream has ended after {[event.event for event in found]}")

    async def named(self, name: str) -> Seen:
        """The next event of that name."""
        return (await self.until(lambda event: event.event == name))[-1]

    async def snapshot(self) -> list[Seen]:
        """Everything up to the event that carries the first id."""
        return await self.until(lambda event: event.id is not None)

    async def rest(self) -> list[Seen]:
        """Every event up to the end."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := await self._chunk():
            yield chunk

    async def _chunk(self) -> bytes:
        size = int(await self.incoming.readuntil(b"\r\n"), 16)
        chunk = await self.incoming.readexactly(size + 2)
        return chunk[:-2]


async def become(true: Callable[[], bool], within: float = PATIENCE) -> None:
    """Wait until something is true that another thread or process does."""
    with anyio.fail_after(within):
        while not true():  # noqa: ASYNC110
            await anyio.sleep(0.01)


async def exchange(port: int, data: bytes, *, head_only: bool = False) -> Told:
    """The answer to one request on a connection of its own."""
    async with Reader(port) as reader:
        reader.write(data)
        return await reader.answer(head_only=head_only)


def problem_of(told: Told) -> dict[str, Any]:
    """The error envelope of an answer, which must be one."""
    assert told.header("content-type") == "application/json"
    found: dict[str, Any] = json.loads(told.body)
    assert found.keys() == {"error", "success", "code", "reason", "requestId"}
    assert found["success"] is False
    assert found["code"] == told.status
    assert found["requestId"] == told.header("x-request-id")
    return found
