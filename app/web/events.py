"""`GET /api/stream`: the stream as server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

from app.web.headers import STREAM, answering
from app.web.streams import attach, farewell, full, read_choice
from app.web.wire import leaving, stream_writer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.web.principal import Principal
    from app.web.rooms import Rooms

CONTENT_TYPE = (b"content-type", b"text/event-stream; charset=utf-8")


async def event_stream(
    rooms: Rooms, principal: Principal, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve one reader until it leaves or is told goodbye.

    `send` is the server's own: the hub steps it. One task waits here for the reader to leave, and
    nothing else is held for a reader that keeps up.

    Raises:
        InvalidRequest: Before anything is sent.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    query = QueryParams(scope["query_string"])
    choice = read_choice(rooms, principal, query, headers.get(b"last-event-id"))
    start = [CONTENT_TYPE, (b"cache-control", STREAM), (b"x-accel-buffering", b"no")]
    scope["state"]["begun"] = True
    await send({"type": "http.response.start", "status": 200, "headers": answering(scope, start)})
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    if full(rooms):
        _, frames, _ = farewell(rooms, choice)
        await send({"type": "http.response.body", "body": b"".join(frames)})
        return
    with leaving(scope) as leave:
        subscription = attach(rooms, choice, stream_writer(scope, send, leave))
        try:
            # After the last bytes of a response the server says "disconnect" too, so this ends both
            # when the reader leaves and when the hub has closed the stream.
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            subscription.detach()
