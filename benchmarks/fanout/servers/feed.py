"""The API server's part in the fan-out: nothing to list, and watches that tell what is published.

A port of the application (`app.cluster.transport.Transport`) is served here, so that everything
behind it is what an operator runs: reflector, projection, board, hub, route and server.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.cluster.projections.pods import PODS, pod_health
from app.model import encode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from app.cluster.answers import Call

NAMESPACE = "load"
VALUE_BYTES = 300
"""Of the value that a reader is given, as many as the other contenders' payload has."""

EMPTY_LIST = b'{"metadata":{"resourceVersion":"1"},"items":[]}'

POD = (
    b'{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"%b","namespace":"load",'
    b'"uid":"00000000-0000-4000-8000-000000000001","resourceVersion":"%d",'
    b'"creationTimestamp":"2026-01-31T09:05:00Z"},"spec":{"containers":[{"name":"agent"}]},'
    b'"status":{"phase":"Running","message":"%b","containerStatuses":[{"name":"agent",'
    b'"ready":true,"restartCount":0,"state":{"running":{}}}]}}}'
)
"""An event of a running pod; its message is what readers look for."""


class Feed:
    """Publishes by letting the watch of pods tell of one that has changed."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._version = 1
        self._room: int | None = None

    def publish(self, text: str) -> None:
        """`text` is what the benchmark's reader posts: a key, a mark, and as much as it takes."""
        posted = json.loads(text)
        name, mark = posted["key"].partition("/")[2].encode(), posted["mark"].encode()
        self._version += 1
        if self._room is None:
            self._room = VALUE_BYTES - len(value_of(POD % (name, self._version, mark)))
        pad = posted["pad"][: self._room].encode()
        self._lines.put_nowait(POD % (name, self._version, mark + pad))

    async def fetch(self, call: Call) -> bytes:
        """An empty list, or a namespace that exists."""
        return b"{}" if call.verb == "get" else EMPTY_LIST

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """Pods: what is published. Of the other kinds nothing is ever told."""
        yield self._told(self._lines if call.plural == "pods" else asyncio.Queue())

    async def _told(self, lines: asyncio.Queue[bytes]) -> AsyncGenerator[bytes, None]:
        while True:
            yield await lines.get()


def value_of(line: bytes) -> bytes:
    """What a reader of `/api/stream` is given of a watch line."""
    item = PODS.event(line).item
    if item is None:
        raise ValueError("the line tells of no pod")
    return encode(pod_health(item.record))
