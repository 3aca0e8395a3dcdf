"""The route table: every path, its methods, and the scope it needs, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.web import api, health, operation, pages
from app.web.events import event_stream
from app.web.openapi import operations as about
from app.web.sockets import web_socket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Send
    from starlette.types import Scope as AsgiScope

    from app.web.openapi.about import About
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
    about: About
    """What it says of itself in `/openapi.json`."""
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True, slots=True)
class DeclaredStream:
    """One endless answer; it is given the server's own `send`."""

    path: str
    scope: Scope
    endpoint: Stream
    transport: str
    """The ASGI scope type: `http` or `websocket`."""
    about: About | None
    """None for a WebSocket, of which OpenAPI has no words: it is described with its stream."""


ROUTES: tuple[Declared, ...] = (
    Declared("/", "pages", pages.home, about.HOME),
    Declared("/api/pods", "stream:summary", api.pods, about.LIST_PODS),
    Declared("/api/pods/{namespace}/{name}", "stream:summary", api.pod, about.GET_POD),
    Declared("/api/cronjobs", "stream:summary", api.cronjobs, about.LIST_CRONJOBS),
    Declared("/api/cronjobs/{namespace}/{name}", "stream:summary", api.cronjob, about.GET_CRONJOB),
    Declared("/api/jobs", "stream:summary", api.jobs, about.LIST_JOBS),
    Declared("/api/jobs/{namespace}/{name}", "stream:summary", api.job, about.GET_JOB),
    Declared("/api/incidents", "stream:summary", api.incidents, about.LIST_INCIDENTS),
    Declared("/api/health", "stream:summary", health.health, about.HEALTH),
    Declared("/api/health/history", "stream:summary", health.history, about.HISTORY),
    Declared("/api/events", "stream:detail", api.events, about.LIST_EVENTS),
    Declared("/openapi.json", "stream:summary", operation.openapi, about.OPENAPI),
    Declared("/livez", "open", operation.livez, about.LIVEZ),
    Declared("/readyz", "open", operation.readyz, about.READYZ),
    Declared("/version", "open", operation.version, about.VERSION),
    Declared("/metrics", "open", operation.metrics, about.METRICS),
)

STREAMS: tuple[DeclaredStream, ...] = (
    DeclaredStream("/api/stream", "stream:summary", event_stream, "http", about.STREAM_EVENTS),
    DeclaredStream("/api/ws", "stream:summary", web_socket, "websocket", None),
)

STATIC_PATH = "/static"
STATIC_SCOPE: Scope = "open"
"""Scripts and styles: the same bytes for everybody."""
