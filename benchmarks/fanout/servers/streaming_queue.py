"""Starlette alone: a StreamingResponse over a queue for each client, bytes framed once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from benchmarks.fanout.servers.serving import application, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response


class Broadcast:
    """The clients' queues."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes]] = set()
        self._sent = 0

    async def stream(self, request: Request) -> Response:
        """Subscribes before the answer starts, so that nothing is missed."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queues.add(queue)
        return StreamingResponse(self._events(queue), media_type="text/event-stream")

    async def _events(self, queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

    def publish(self, text: str) -> None:
        """Puts the framed event into every queue."""
        self._sent += 1
        frame = f"event: change\nid: {self._sent}\ndata: {text}\n\n".encode()
        for queue in self._queues:
            queue.put_nowait(frame)


if __name__ == "__main__":
    broadcast = Broadcast()
    serve(application(broadcast.stream, broadcast.publish))
