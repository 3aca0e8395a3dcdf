"""uvicorn's HTTP protocol with what a stream needs of the socket below it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import HeadersTooLarge, InvalidRequest
from app.web.chunks import ChunkedSend
from app.web.refusals import spelled
from app.web.wire import EXTENSION

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from app.errors import WatchglassError
    from app.stream.writers import Send

SEND_BUFFER = 65_536
"""Bytes the kernel may hold for one reader; by default a stalled one pins almost 4 MiB."""

USER_TIMEOUT_MS = 30_000
HEAD_LIMIT = 65_536
"""Bytes of a request line with its headers."""

LINGER_SECONDS = 1.0
"""How long a refused peer may go on sending into the void: a connection that is closed on unread
bytes is reset, and the answer is lost with it."""


class TooLarge(Exception):
    """More head than we take; the parser passes it on as an error of its own."""


class WireProtocol(HttpToolsProtocol):
    """One connection.

    `steps` holds because `send` in this base class waits for room before it touches anything; the
    contract test is `tests/stream/test_stepping.py`.
    """

    steps = True
    _head = 0
    """Bytes of the present request's head that the parser has told us of."""
    _untold = 0
    """Bytes that came since it last told us anything: a header that does not end."""
    _too_large = False
    _deaf = False
    _served: RequestResponseCycle | None = None
    """What is being answered; `cycle` is what came last, and may have to wait behind it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what the kernel keeps for this peer, and how long it waits for it."""
        super().connection_made(transport)
        made: socket.socket | None = transport.get_extra_info("socket")
        if made is not None and made.family in (socket.AF_INET, socket.AF_INET6):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            # Linux alone has it; elsewhere a peer without power costs its socket for longer.
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever is being answered, and forget who waits behind them.

        What refers back to us is let go, so that a connection goes with its last reference: the
        garbage collector comes by too rarely to clean up after every reader.
        """
        super().connection_lost(exc)
        served = self._served
        if served is not None and not served.response_complete:
            served.disconnected = True
            served.message_event.set()
        self._forget()

    def handle_websocket_upgrade(self) -> None:
        """Give the connection away; the request was ours to read and is over.

        Behind a response that is not over there is nothing to give away: two protocols would write
        into one connection, and whoever is answered would never hear of its end.
        """
        served = self._served
        if served is not None and not served.response_complete:
            self._deaf = True
            self.transport.abort()
            return
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]
        self._forget()

    def data_received(self, data: bytes) -> None:
        """Parse, unless a request's head has grown too large."""
        if self._deaf:
            return
        self._untold += len(data)
        super().data_received(data)
        if self._untold > HEAD_LIMIT and not self._deaf:
            self._refuse(HeadersTooLarge(f"A request's head has at most {HEAD_LIMIT:,} bytes."))

    def on_message_begin(self) -> None:
        """A new request: the application finds this connection in its scope."""
        super().on_message_begin()
        self._head = self._untold = 0
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._count(name, value)
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next bytes begin a head."""
        self._untold = 0
        super().on_message_complete()

    def quick(self, send: Send) -> Send:
        """The same `send`, faster if it is that of a response in chunks which has begun."""
        served = self._served
        if served is None or not served.chunked_encoding or served.scope["method"] == "HEAD":
            return send
        own: object = served.send
        return ChunkedSend(served) if own == send else send

    def backlog(self) -> int:
        """Bytes that wait in the transport."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection with what it holds."""
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Something that is not HTTP, or too much of it: the error envelope, then the end."""
        if self._too_large:
            self._refuse(HeadersTooLarge(f"A request's head has at most {HEAD_LIMIT:,} bytes."))
        else:
            self._refuse(InvalidRequest("This is not a valid HTTP request.", reason="invalid_http"))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._served = cycle
        super()._start_asgi_task(cycle, app)

    def _forget(self) -> None:
        self.pipeline.clear()
        self._served = self.cycle = self.scope = None  # type: ignore[assignment]

    def _count(self, *pieces: bytes) -> None:
        self._untold = 0
        self._head += sum(map(len, pieces))
        if self._head > HEAD_LIMIT:
            self._too_large = True
            raise TooLarge

    def _refuse(self, error: WatchglassError) -> None:
        """Answer and hear no more; inside an answer that has begun there is no room for it."""
        self._deaf = True
        self._untold = 0
        self._unset_keepalive_if_required()
        served = self._served
        if served is not None and not served.response_complete:
            if served.response_started:
                self.transport.abort()
                return
            served.disconnected = True
            served.message_event.set()
        self.transport.write(spelled(error))
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
