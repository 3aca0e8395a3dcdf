"""A server on a real socket that answers each connection with what a test wrote for it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, ClassVar

from tests.cli.loopback import LoopbackServer

EPOCH = "abcdefghij"
NOW = "2026-01-01T00:00:00.000Z"
NAMES = {200: "OK", 204: "No Content", 302: "Found", 502: "Bad Gateway", 503: "Unavailable"}


def event(name: str, *, seq: int | None = None, beat: int | None = None, **data: Any) -> bytes:
    """One event; `seq` is its id, `beat` what a heartbeat knows of."""
    told = data if beat is None else {"seq": beat, "serverTime": NOW, "sources": {}} | data
    id = b"" if seq is None else f"id: {EPOCH}-{seq}\n".encode()
    return b"event: %b\n%bdata: %b\n\n" % (name.encode(), id, json.dumps(told).encode())


def hello(*, reason: str = "fresh", retry: int = 10, beat_ms: int = 10_000) -> bytes:
    fields: dict[str, Any] = {
        "schema": "watchglass.stream/1",
        "epoch": EPOCH,
        "reason": reason,
        "build": "test",
        "serverTime": NOW,
        "heartbeatMs": beat_ms,
    }
    return f"retry: {retry}\n".encode() + event("hello", **fields)


def snapshot(*keys: str, seq: int | None = None, part: int = 0, parts: int = 1) -> bytes:
    items = [{"key": f"agents/{key}", "value": {"phase": "Running"}} for key in keys]
    return event(
        "snapshot", seq=seq, topic="pods", part=part, parts=parts, synced=True, items=items
    )


class ScriptedStream(LoopbackServer):
    """`script` has one entry for each connection; the last one is repeated.

    A list is a stream that is written and then ended, a tuple an answer with status and body, bytes
    are what is written in place of HTTP.
    """

    RESET: ClassVar = object()
    """In a stream: break the connection."""
    SILENCE: ClassVar = object()
    """In a stream: say nothing more until the reader goes."""
    COMMENTS: ClassVar = object()
    """In a stream: comments until the reader goes."""

    def __init__(self, script: list[Any]) -> None:
        super().__init__()
        self._script = script
        self.connections = 0
        self.cursors: list[str | None] = []
        """The Last-Event-ID of each connection."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        entry = self._script[min(self.connections, len(self._script) - 1)]
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            _, named, rest = head.partition("\r\nlast-event-id: ")
            self.cursors.append(rest.split("\r\n")[0] if named else None)
            with suppress(ConnectionError):
                await self._answer(entry, reader, writer)
        finally:
            writer.close()

    async def _answer(
        self, entry: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match entry:
            case bytes():
                writer.write(entry)
            case (int() as status, body):
                content = body if isinstance(body, str) else json.dumps(body)
                kind = "text/html" if isinstance(body, str) else "application/json"
                writer.write(
                    f"HTTP/1.1 {status} {NAMES.get(status, 'Error')}\r\nContent-Type: {kind}\r\n"
                    f"Location: https://login.example/\r\nContent-Length: "
                    f"{0 if status == 204 else len(content)}\r\nConnection: close\r\n\r\n"
                    f"{'' if status == 204 else content}".encode()
                )
            case _:
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                )
                for piece in entry:
                    if not await self._play(piece, reader, writer):
                        return
                writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _play(
        self, piece: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if piece is self.RESET:
            await writer.drain()
            # A chunk that is promised and does not come.
            writer.write(b"ff\r\nevent: ")
            return False
        if piece is self.SILENCE:
            await reader.read()
            return False
        while piece is self.COMMENTS:
            writer.write(b"2\r\n:\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
            if reader.at_eof():
                return False
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True
