"""How every Python contender is served: uvicorn, uvloop, httptools, one process, no access log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request


def publisher(publish: Callable[[str], None], *others: Route) -> Starlette:
    """`POST /publish` hands its body to `publish`."""

    async def published(request: Request) -> Response:
        publish((await request.body()).decode())
        return Response(status_code=204)

    return Starlette(routes=[*others, Route("/publish", published, methods=["POST"])])


def application(
    stream: Callable[[Request], Awaitable[Response]], publish: Callable[[str], None]
) -> Starlette:
    """`GET /stream` subscribes, `POST /publish` hands its body to every subscriber."""
    return publisher(publish, Route("/stream", stream))


def serve(app: Starlette) -> None:
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
