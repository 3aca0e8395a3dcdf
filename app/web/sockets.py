"""`GET /api/ws`: the same stream over WebSocket, for networks that break server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

from app.errors import Forbidden
from app.stream.writers import CLOSE_CODES
from app.web.headers import answering
from app.web.hosts import same_origin
from app.web.streams import attach, farewell, full, read_choice
from app.web.wire import leaving, socket_writer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.web.principal import Principal
    from app.web.rooms import Rooms

SCHEMES = {"ws": "http", "wss": "https"}
RUBBISH_LIMIT = 16
"""Messages a reader may send us; we read none of them, so more than a few are a mistake."""
RUBBISH = "this stream reads nothing"


async def web_socket(
    rooms: Rooms, principal: Principal, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve one reader until it leaves or is told goodbye.

    Raises:
        Forbidden: Its Origin is present and not exactly ours: browsers let any page open a
            WebSocket to anywhere, and this check is all that stops them.
        InvalidRequest: Before the handshake is answered.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is not None and not same_origin(
        origin, SCHEMES[scope["scheme"]], headers[b"host"].lower()
    ):
        raise Forbidden("A WebSocket from another origin is refused.", reason="foreign_origin")
    query = QueryParams(scope["query_string"])
    choice = read_choice(rooms, principal, query, headers.get(b"last-event-id"))
    await receive()
    scope["state"]["begun"] = True
    await send({"type": "websocket.accept", "headers": answering(scope, [])})
    if full(rooms):
        reason, _, frames = farewell(rooms, choice)
        for frame in frames:
            await send({"type": "websocket.send", "text": frame.decode()})
        await send({"type": "websocket.close", "code": CLOSE_CODES[reason], "reason": reason})
        return
    with leaving(scope) as leave:
        subscription = attach(rooms, choice, socket_writer(scope, send, leave))
        try:
            for _ in range(RUBBISH_LIMIT):
                if (await receive())["type"] == "websocket.disconnect":
                    return
            await send({"type": "websocket.close", "code": 1008, "reason": RUBBISH})
        finally:
            subscription.detach()
