"""What our server tells the application about a connection, through the ASGI scope."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from app.stream import SteppedWriter, TaskWriter, WebSocketWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.stream.writers import Send

EXTENSION = "watchglass.wire"


class Wire(Protocol):
    """The connection below a request; present only on our own server."""

    def backlog(self) -> int:
        """Bytes that the server still holds for the reader."""
        ...

    def abort(self) -> None:
        """Drop the connection with what it holds."""
        ...


class HttpWire(Wire, Protocol):
    """The connection below an HTTP request."""

    steps: bool
    """Whether `send` waits before it touches anything, so that it can be stepped."""

    def quick(self, send: Send) -> Send:
        """The same `send`, faster where it is this connection's own."""
        ...


@contextmanager
def leaving(scope: Mapping[str, Any]) -> Iterator[Callable[[], None] | None]:
    """Gives a way to end what runs inside, on servers that give none to drop the connection."""
    if EXTENSION in scope.get("extensions", {}):
        yield None
        return
    with anyio.CancelScope() as cancelling:
        yield cancelling.cancel


def stream_writer(
    scope: Mapping[str, Any], send: Send, leave: Callable[[], None] | None = None
) -> TaskWriter:
    """The best writer for an HTTP response on this server, whose start has been sent."""
    wire: HttpWire | None = scope.get("extensions", {}).get(EXTENSION)
    if wire is None:
        return TaskWriter(send, abort=leave)
    if not wire.steps:
        return TaskWriter(send, abort=wire.abort, backlog=wire.backlog)
    return SteppedWriter(wire.quick(send), abort=wire.abort, backlog=wire.backlog)


def socket_writer(
    scope: Mapping[str, Any], send: Send, leave: Callable[[], None] | None = None
) -> WebSocketWriter:
    """The writer for an accepted WebSocket."""
    wire: Wire | None = scope.get("extensions", {}).get(EXTENSION)
    if wire is None:
        return WebSocketWriter(send, abort=leave)
    return WebSocketWriter(send, abort=wire.abort, backlog=wire.backlog)
