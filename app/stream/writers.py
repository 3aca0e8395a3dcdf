"""How bytes reach one reader: by stepping its `send`, or by a task that waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
    from typing import Any

    from app.stream.frame import Dialect, Frame

    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WriterClosed(Exception):
    """The reader is gone; nothing more can be written."""


GONE = (OSError, RuntimeError)
"""How servers answer a `send` that comes too late: the reader is gone, or its response is over.

One reader's end must never be an error of the hub's, which has others to serve.
"""


class Writer(Protocol):
    """One reader's end of the wire, as the hub sees it."""

    dialect: Dialect
    stepped: bool
    """Whether `try_write` can succeed."""

    def try_write(self, frame: Frame) -> int:
        """Write without waiting; gives the bytes written. 0: none, the reader is not ready.

        Raises:
            WriterClosed: The reader is gone.
        """
        ...

    async def write(self, frame: Frame) -> int:
        """Write as soon as the reader is ready; gives the bytes written.

        Raises:
            WriterClosed: The reader is gone.
        """
        ...

    async def close(self, reason: str) -> None:
        """End the stream in good order; `reason` is that of the goodbye, or another word."""
        ...

    def abort(self) -> None:
        """Drop the connection at once, with what is still in its buffers."""
        ...

    def progress(self) -> int:
        """A number that grows while the reader takes bytes; asked only while it lags."""
        ...


class TaskWriter:
    """Waits for `send`, so that it is right on every server; the hub gives it a task to wait in.

    Args:
        send: The ASGI `send` of the response, whose start message has been sent.
        abort: Drops the connection; without it only an end in good order is possible.
        backlog: Bytes the server holds for the reader, when it can tell.
    """

    __slots__ = ("_abort", "_backlog", "_send", "_written", "dialect", "stepped")

    def __init__(
        self,
        send: Send,
        *,
        abort: Callable[[], None] | None = None,
        backlog: Callable[[], int] | None = None,
    ) -> None:
        self.dialect: Dialect = "sse"
        self.stepped = False
        self._send = send
        self._abort = abort
        self._backlog = backlog
        self._written = 0

    def try_write(self, frame: Frame) -> int:
        """Never: only waiting is known to be safe here."""
        return 0

    async def write(self, frame: Frame) -> int:
        """Write as soon as the reader is ready."""
        await self._give(frame.body)
        return self._count(frame.sse)

    async def close(self, reason: str) -> None:
        """End the response."""
        await self._give({"type": "http.response.body", "body": b"", "more_body": False})

    def abort(self) -> None:
        """Drop the connection."""
        if self._abort is not None:
            self._abort()

    def progress(self) -> int:
        """Bytes that were waited for, less those the server still holds.

        What was written without waiting is not counted: nobody asks before the reader lags.
        """
        return self._written - (self._backlog() if self._backlog is not None else 0)

    def _count(self, payload: bytes) -> int:
        self._written += len(payload)
        return len(payload)

    async def _give(self, message: MutableMapping[str, Any]) -> None:
        try:
            await self._send(message)
        except GONE as error:
            raise WriterClosed from error


DONE = object()
"""What a `send` that has ended at once gives; one that waits gives a future, or None."""


class SteppedWriter(TaskWriter):
    """Drives `send` one step, without waking a task.

    Right only where `send` waits before it touches anything: then a `send` that would wait has
    written nothing and can be closed. `tests/stream/test_stepping.py` holds the servers for which
    that is known; see docs/decisions/0003-stepping-send.md.
    """

    __slots__ = ()

    def __init__(
        self,
        send: Send,
        *,
        abort: Callable[[], None] | None = None,
        backlog: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(send, abort=abort, backlog=backlog)
        self.stepped = True

    def try_write(self, frame: Frame) -> int:
        """Write if the transport is below its high-water mark."""
        message = frame.body
        try:
            # A plain function that gives an awaitable may write, and raise, when it is called.
            sending: Coroutine[Any, Any, None] = self._send(message)  # type: ignore[assignment]
            # With a default `next` tells of the end by a value, which is cheaper than to raise.
            if next(sending.__await__(), DONE) is DONE:
                return len(message["body"])
        except GONE as error:
            raise WriterClosed from error
        sending.close()
        return 0


CLOSE_CODES = {"drain": 1001, "auth_expired": 4401, "revoked": 4403, "limit": 1013}
"""RFC 6455 section 7.4 and, from 4000, our own; every other end is 1000."""


class WebSocketWriter(TaskWriter):
    """Messages as JSON text over an accepted WebSocket."""

    __slots__ = ()

    def __init__(
        self,
        send: Send,
        *,
        abort: Callable[[], None] | None = None,
        backlog: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(send, abort=abort, backlog=backlog)
        self.dialect = "websocket"

    async def write(self, frame: Frame) -> int:
        """Send one text message."""
        await self._give(frame.text)
        return self._count(frame.websocket)

    async def close(self, reason: str) -> None:
        """Close with the code that belongs to `reason`."""
        code = CLOSE_CODES.get(reason, 1000)
        await self._give({"type": "websocket.close", "code": code, "reason": reason})
