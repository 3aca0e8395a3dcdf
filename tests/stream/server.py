"""A real uvicorn on loopback, as ours is configured, in a thread of its own."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn

from app.web.protocol import WireProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

SECONDS = 60.0
"""A bound for what should take a moment."""


@contextmanager
def serving(application: Application) -> Iterator[int]:
    """Serve an ASGI application; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                http=WireProtocol,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                loop="uvloop",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=5,
            )
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()


class Connection:
    """One GET over a plain socket, read when the test reads and not before."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        # A small window, so that a reader that does not read is felt soon.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        self._buffer = b""
        self._headed = False

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._socket.close()

    def chunks(self) -> Iterator[bytes]:
        """The chunks of the body, each as it was framed, until the last."""
        if not self._headed:
            self._headed = True
            status = self._line()
            assert status.startswith(b"HTTP/1.1 200 "), status
            headers = list(iter(self._line, b""))
            assert b"transfer-encoding: chunked" in headers
        while size := int(self._line(), 16):
            chunk = self._take(size)
            assert self._line() == b"", "a chunk that is longer than it says"
            yield chunk
        assert self._line() == b""
        assert self._socket.recv(1) == b"", "something after the last chunk"

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _fill(self) -> None:
        received = self._socket.recv(65_536)
        assert received, "the connection ended in the middle of a chunk"
        self._buffer += received
