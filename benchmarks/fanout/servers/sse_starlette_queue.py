"""sse-starlette as its examples show it: a queue for each client, each event a dict.

The dict is made once, which is kinder than the examples that serialise it for each client.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sse_starlette import EventSourceResponse

from benchmarks.fanout.servers.serving import application, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

Event = dict[str, str]


class Broadcast:
    """The clients' queues."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Event]] = set()
        self._sent = 0

    async def stream(self, request: Request) -> Response:
        """Subscribes before the answer starts, so that nothing is missed."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.add(queue)
        return EventSourceResponse(self._events(queue))

    async def _events(self, queue: asyncio.Queue[Event]) -> AsyncIterator[Event]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

    def publish(self, text: str) -> None:
        """Puts one event into every queue."""
        self._sent += 1
        event = {"event": "change", "id": str(self._sent), "data": text}
        for queue in self._queues:
            queue.put_nowait(event)


if __name__ == "__main__":
    broadcast = Broadcast()
    serve(application(broadcast.stream, broadcast.publish))
