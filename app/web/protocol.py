"""uvicorn's HTTP protocol with what a stream needs of the socket below it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.model import Problem, encode
from app.web.headers import completed
from app.web.wire import EXTENSION

if TYPE_CHECKING:
    import asyncio

SEND_BUFFER = 65_536
"""Bytes the kernel may hold for one reader; by default a stalled one pins almost 4 MiB."""

USER_TIMEOUT_MS = 30_000
HEAD_LIMIT = 65_536
"""Bytes of a request line with its headers."""


class WireProtocol(HttpToolsProtocol):
    """One connection.

    `steps` holds because `send` in this base class waits for room before it touches anything; the
    contract test is `tests/stream/test_stepping.py`.
    """

    steps = True
    _head = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what the kernel keeps for this peer, and how long it waits for it."""
        super().connection_made(transport)
        made: socket.socket | None = transport.get_extra_info("socket")
        if made is not None and made.family in (socket.AF_INET, socket.AF_INET6):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    def data_received(self, data: bytes) -> None:
        """Parse, unless a request's head has grown too large."""
        if self._in_head:
            self._head += len(data)
            # A head's last bytes may come with the body's first: only a head that is still open
            # counts.
            if self._head > HEAD_LIMIT and b"\r\n\r\n" not in data:
                self._refuse_head()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A new request: the application finds this connection in its scope."""
        super().on_message_begin()
        self._in_head = True
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """The head is over."""
        self._in_head = False
        self._head = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes begin a head."""
        super().on_message_complete()
        self._in_head = True
        self._head = 0

    def backlog(self) -> int:
        """Bytes that wait in the transport."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection with what it holds."""
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Something that is not HTTP: the error envelope, then the end."""
        self._answer(400, "Bad Request", "invalid_http", "This is not a valid HTTP request.")

    def _refuse_head(self) -> None:
        self._answer(
            431,
            "Request Header Fields Too Large",
            "headers_too_large",
            f"A request's head has at most {HEAD_LIMIT:,} bytes.",
        )

    def _answer(self, status: int, phrase: str, reason: str, told: str) -> None:
        body = encode(Problem(error=told, code=status, reason=reason, request_id="none"))
        headers = completed([(b"content-type", b"application/json")], "none")
        lines = [b"HTTP/1.1 %d %b" % (status, phrase.encode())]
        lines += [b"%b: %b" % header for header in headers]
        lines += [b"content-length: %d" % len(body), b"connection: close", b"", body]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()
