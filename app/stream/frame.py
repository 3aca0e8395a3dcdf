"""A message of the stream and its bytes in both dialects, each made at most once."""

from __future__ import annotations

from typing import Any, Literal

Dialect = Literal["sse", "websocket"]

FRAME_LIMIT = 65_536
"""Bytes: no single write exceeds it, the high-water mark of the transports below us."""

ENVELOPE = 512
"""Bytes kept free of it for field names, the id and the topic."""

CHUNK = "watchglass.chunk"
"""A key of our own in ASGI messages: the body as one chunk of HTTP/1.1 (RFC 9112 section 7.1).

Our server writes it as it is; others do not know the key and frame the body themselves.
"""

_FORBIDDEN = (b"\r", b"\n", b"\0")


class Frame:
    """One event. Immutable; its bytes and messages are shared by every reader that gets it.

    Args:
        event: The event's name.
        data: JSON on one line.
        id: The position a reader holds after it, None when it moves nobody.
        seq: The number in `id`.
        retry: Milliseconds a reader should wait before it reconnects.

    Raises:
        ValueError: A field holds CR, LF or NUL, which would end it or void it on the wire.
    """

    __slots__ = ("_body", "_sse", "_text", "_websocket", "data", "event", "id", "retry", "seq")

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
        self._body: dict[str, Any] | None = None
        self._text: dict[str, Any] | None = None

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

    @property
    def body(self) -> dict[str, Any]:
        """The ASGI message that writes it into a response; one for all readers, never changed."""
        if self._body is None:
            sse = self.sse
            chunk = b"%x\r\n%b\r\n" % (len(sse), sse)
            self._body = {
                "type": "http.response.body",
                "body": sse,
                "more_body": True,
                CHUNK: chunk,
            }
        return self._body

    @property
    def text(self) -> dict[str, Any]:
        """The ASGI message that sends it over a WebSocket: one for all readers too."""
        if self._text is None:
            self._text = {"type": "websocket.send", "text": self.websocket.decode()}
        return self._text
