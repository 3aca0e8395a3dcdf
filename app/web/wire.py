"""What our server tells the application about a connection, through the ASGI scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from app.stream import SteppedWriter, TaskWriter, WebSocketWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.stream.writers import Send

EXTENSION = "watchglass.wire"


class Wire(Protocol):
    """The connection below a request; present only on our own server."""

    steps: bool
    """Whether `send` waits before it touches anything, so that it can be stepped."""

    def backlog(self) -> int:
        """Bytes that the server still holds for the reader."""
        ...

    def abort(self) -> None:
        """Drop the connection with what it holds."""
        ...


def stream_writer(scope: Mapping[str, Any], send: Send) -> TaskWriter:
    """The best writer for an HTTP response on this server."""
    wire: Wire | None = scope.get("extensions", {}).get(EXTENSION)
    if wire is None:
        return TaskWriter(send)
    kind = SteppedWriter if wire.steps else TaskWriter
    return kind(send, abort=wire.abort, backlog=wire.backlog)


def socket_writer(scope: Mapping[str, Any], send: Send) -> WebSocketWriter:
    """The writer for an accepted WebSocket."""
    wire: Wire | None = scope.get("extensions", {}).get(EXTENSION)
    if wire is None:
        return WebSocketWriter(send)
    return WebSocketWriter(send, abort=wire.abort, backlog=wire.backlog)
