"""The limit in Python: bytes framed once, written straight to each transport of uvloop."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

SUBSCRIBED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
PUBLISHED = b"HTTP/1.1 204 No Content\r\n\r\n"


class Connection(asyncio.Protocol):
    """Knows the two requests of the benchmark's reader and nothing else of HTTP."""

    def __init__(self, subscribers: set[asyncio.Transport]) -> None:
        self._subscribers = subscribers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to answer on."""
        # asyncio types the argument as the base of all transports; a stream server gives this one.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """A subscriber has gone."""
        self._subscribers.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """A whole request, or more of one."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET "):
            self._transport.write(SUBSCRIBED)
            self._subscribers.add(self._transport)
        else:
            length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(body) < length:
                return
            self._fan_out(body)
            self._transport.write(PUBLISHED)
        self._received = b""

    def _fan_out(self, body: bytes) -> None:
        event = b"data: %b\n\n" % body
        frame = b"%x\r\n%b\r\n" % (len(event), event)
        for transport in self._subscribers:
            transport.write(frame)


async def main() -> None:
    """Serves on the port named by the first argument."""
    subscribers: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(subscribers), "127.0.0.1", int(sys.argv[1]), backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
