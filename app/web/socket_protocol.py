"""uvicorn's WebSocket protocol with the socket below it, and with our words in its refusals."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.exceptions import SecurityError
from websockets.http11 import Response
from websockets.server import ServerProtocol

from app.errors import HeadersTooLarge, Internal, InvalidRequest
from app.web.refusals import phrase, refusal, spelled
from app.web.wire import EXTENSION

if TYPE_CHECKING:
    from http import HTTPStatus

    from uvicorn._types import ASGISendEvent
    from uvicorn.config import Config
    from websockets.http11 import Request

    from app.errors import WatchglassError


class Handshake(ServerProtocol):
    """Refuses with the error envelope."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        """What a request gets that is no handshake, or one that a fault of ours has ended."""
        error: WatchglassError = InvalidRequest(
            "This is not a valid WebSocket handshake.", reason="invalid_handshake"
        )
        if status == Internal.status:
            error = Internal("Something went wrong; the log says what.")
        headers, body = refusal(error)
        told = Headers([(name.decode(), value.decode()) for name, value in headers])
        return Response(error.status, phrase(error), told, body)


class SocketProtocol(WebSocketsSansIOProtocol):
    """One connection that has left HTTP behind.

    Its `send` is never stepped: it puts a frame together before it knows whether there is room.
    """

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._extensions: dict[str, dict[object, object]] = {}
        self.conn = Handshake(
            max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the application, and let go of what refers back to us."""
        super().connection_lost(exc)
        self.conn.parser.close()
        self._extensions.clear()

    def data_received(self, data: bytes) -> None:
        """Parse; the base class is silent to a handshake that it cannot read."""
        super().data_received(data)
        fault = self.conn.handshake_exc
        if fault is not None and not self.handshake_initiated and not self.transport.is_closing():
            error: WatchglassError = InvalidRequest(
                "This is not a valid WebSocket handshake.", reason="invalid_handshake"
            )
            if isinstance(fault, SecurityError):
                error = HeadersTooLarge("The head of a WebSocket handshake is too large.")
            self.transport.write(spelled(error))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """A handshake: the application finds this connection in its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            self._extensions = self.scope["extensions"]
            # ASGI's types know extensions that describe themselves, not ones that can be called.
            self._extensions[EXTENSION] = self  # type: ignore[assignment]

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a refusal ends the handshake too, which the base class forgets to note."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True

    def backlog(self) -> int:
        """Bytes that wait in the transport."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection with what it holds."""
        self.transport.abort()
