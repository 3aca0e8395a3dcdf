"""The route table: every path, its methods, and the scope it needs, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.web import api, operation, pages
from app.web.events import event_stream
from app.web.sockets import web_socket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Send
    from starlette.types import Scope as AsgiScope

    from app.web.principal import Principal, Scope
    from app.web.rooms import Rooms

    Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
    Stream: TypeAlias = Callable[[Rooms, Principal, AsgiScope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Declared:
    """One route. `scope` says what whoever asks must hold; there is no default."""

    path: str
    scope: Scope
    endpoint: Endpoint
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True, slots=True)
class DeclaredStream:
    """One endless answer; it is given the server's own `send`."""

    path: str
    scope: Scope
    endpoint: Stream
    transport: str
    """The ASGI scope type: `http` or `websocket`."""


ROUTES: tuple[Declared, ...] = (
    Declared("/", "pages", pages.home),
    Declared("/api/pods", "stream:summary", api.pods),
    Declared("/api/cronjobs", "stream:summary", api.cronjobs),
    Declared("/api/jobs", "stream:summary", api.jobs),
    Declared("/livez", "open", operation.livez),
    Declared("/readyz", "open", operation.readyz),
    Declared("/version", "open", operation.version),
    Declared("/metrics", "open", operation.metrics),
)

STREAMS: tuple[DeclaredStream, ...] = (
    DeclaredStream("/api/stream", "stream:summary", event_stream, "http"),
    DeclaredStream("/api/ws", "stream:summary", web_socket, "websocket"),
)

STATIC_PATH = "/static"
STATIC_SCOPE: Scope = "open"
"""Scripts and styles: the same bytes for everybody."""
