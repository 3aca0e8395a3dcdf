"""A message of the stream and its bytes in both dialects, each made at most once."""

from __future__ import annotations

from typing import Literal

Dialect = Literal["sse", "websocket"]

FRAME_LIMIT = 65_536
"""Bytes: no single write exceeds it, the high-water mark of the transports below us."""

ENVELOPE = 512
"""Bytes kept free of it for field names, the id and the topic."""

_FORBIDDEN = (b"\r", b"\n", b"\0")


class Frame:
    """One event. Immutable; its bytes are shared by every reader that gets it.

    Args:
        event: The event's name.
        data: JSON on one line.
        id: The position a reader holds after it, None when it moves nobody.
        seq: The number in `id`.
        retry: Milliseconds a reader should wait before it reconnects.

    Raises:
        ValueError: A field holds CR, LF or NUL, which would end it or void it on the wire.
    """

    __slots__ = ("_sse", "_websocket", "data", "event", "id", "retry", "seq")

    def __init__(
        self,
        event: str,
        data: bytes,
        *,
        id: str | None = None,
        seq: int | None = None,
        retry: int | None = None,
    ) -> None:
        head = f"{event}{id or ''}".encode()
        if any(byte in head or byte in data for byte in _FORBIDDEN):
            raise ValueError(f"a field of the event {event!r} holds CR, LF or NUL")
        self.event = event
        self.data = data
        self.id = id
        self.seq = seq
        self.retry = retry
        self._sse: bytes | None = None
        self._websocket: bytes | None = None

    @property
    def sse(self) -> bytes:
        """The event as `text/event-stream`."""
        if self._sse is None:
            retry = b"" if self.retry is None else b"retry: %d\n" % self.retry
            id = b"" if self.id is None else b"id: %b\n" % self.id.encode()
            event = self.event.encode()
            self._sse = b"%bevent: %b\n%bdata: %b\n\n" % (retry, event, id, self.data)
        return self._sse

    @property
    def websocket(self) -> bytes:
        """The event as one JSON text."""
        if self._websocket is None:
            id = b"" if self.id is None else b'"id":"%b",' % self.id.encode()
            event = self.event.encode()
            self._websocket = b'{"event":"%b",%b"data":%b}' % (event, id, self.data)
        return self._websocket

    def bytes(self, dialect: Dialect) -> bytes:
        """What goes over the wire in `dialect`."""
        return self.sse if dialect == "sse" else self.websocket
