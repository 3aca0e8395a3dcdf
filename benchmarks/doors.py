"""A route of the benchmark's own in front of the application that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.server import Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.front import Application


def fronted(
    application: Application,
    path: str,
    behind: ASGIApp,
    *,
    ready: Callable[[], None] | None = None,
) -> Server:
    """The application's own server, in which requests for `path` go to `behind` instead."""

    # No coroutine function: a stream must not have a frame more here than it has elsewhere.
    def door(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"] == path:
            return behind(scope, receive, send)
        return application(scope, receive, send)

    server = Server(application, ready=ready)
    server.config.app = door
    server.config.interface = "asgi3"
    return server
