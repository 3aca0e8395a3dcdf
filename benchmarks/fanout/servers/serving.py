"""How every Python contender is served: uvicorn, uvloop, httptools, one process, no access log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send


def publisher(publish: Callable[[str], None]) -> ASGIApp:
    """`POST /publish` hands its body to `publish`; plain ASGI, so that it costs next to nothing."""

    async def published(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        publish(body.decode())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return published


def application(
    stream: Callable[[Request], Awaitable[Response]], publish: Callable[[str], None]
) -> ASGIApp:
    """`GET /stream` subscribes, `POST /publish` hands its body to every subscriber."""
    streams, published = Starlette(routes=[Route("/stream", stream)]), publisher(publish)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/publish":
            await published(scope, receive, send)
        else:
            await streams(scope, receive, send)

    return routed


def serve(app: ASGIApp) -> None:
    """Serves on the port named by the first argument until TERM."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
