"""The application: a front door for everything, and a way around the middleware for streams."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

import jinja2
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route

from app.errors import Internal, MethodNotAllowed, NotFound, PayloadTooLarge, WatchglassError
from app.logs import REQUEST_ID
from app.web.cells import spoken
from app.web.files import Static, folder
from app.web.headers import answering
from app.web.hosts import check_host
from app.web.metrics import make_registry
from app.web.openapi import describe
from app.web.principal import LOCAL
from app.web.problems import FAULT, on_error, on_fault, on_http_exception, problem
from app.web.proxies import believe_proxy
from app.web.routes import ROUTES, STATIC_PATH, STREAMS, Declared, DeclaredStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from app.web.rooms import Rooms

logger = structlog.get_logger("watchglass.web")

BODY_LIMIT = 256 * 1024
"""Bytes of a request's body: more than twice the longest prompt."""

LONGEST_LENGTH = 19
"""Digits of the largest length that a server may have counted to."""

GZIP_LEAST = 1_024


class Application(Starlette):
    """Starlette behind a door that checks the host first and lets streams pass it by.

    In order: request id, proxy headers, host, base path, then either a stream, with the server's
    own `send`, or Starlette, with a `send` that adds the headers of every answer.
    """

    def __init__(
        self,
        rooms: Rooms,
        lifespan: Callable[[Application], AbstractAsyncContextManager[None]] | None = None,
    ) -> None:
        self.rooms = rooms
        self.on_crash: Callable[[str], None] = lambda room: None
        """Called with the name of a room that a fault of ours has ended."""
        self.metrics = make_registry(rooms)
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder("templates")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        self.templates.filters["spoken"] = spoken
        self._streams = {(route.transport, route.path): route for route in STREAMS}
        static = Static(directory=folder("static"), follow_symlink=False)
        super().__init__(
            routes=[
                *(_route(declared) for declared in ROUTES),
                Mount(STATIC_PATH, static, name="static"),
            ],
            exception_handlers={
                WatchglassError: on_error,
                HTTPException: on_http_exception,
                Exception: on_fault,
            },
            middleware=[Middleware(GZipMiddleware, minimum_size=GZIP_LEAST)],
            lifespan=lifespan,
            max_body_size=BODY_LIMIT,
        )

    @cached_property
    def description(self) -> bytes:
        """What `/openapi.json` answers; made when somebody asks."""
        rooms = self.rooms
        document = describe(
            (*ROUTES, *STREAMS), namespaces=rooms.namespaces, base_path=rooms.base_path
        )
        return json.dumps(document).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, socket, or the lifespan."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        request_id = self.rooms.new_id()
        token = REQUEST_ID.set(request_id)
        try:
            scope.setdefault("state", {})
            scope["state"] |= {
                "request_id": request_id,
                "principal": LOCAL,
                "replay": self.rooms.replay,
            }
            await self._enter(scope, receive, send)
        except WatchglassError as error:
            await self._refuse(error, scope, receive, send)
        finally:
            REQUEST_ID.reset(token)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        believe_proxy(scope, self.rooms.trusted_proxies)
        check_host(scope["headers"], self.rooms.allowed_hosts)
        path = self._below_base(scope)
        _check_length(scope["headers"])
        stream = self._streams.get((scope["type"], path))
        if stream is not None:
            await self._stream(stream, scope, receive, send)
        elif scope["type"] == "websocket":
            raise NotFound("There is no WebSocket at this path.")
        elif any(known == path for _, known in self._streams):
            raise NotFound("This path takes a WebSocket only.")
        else:
            answer = Answer(scope, send)
            try:
                await super().__call__(scope, receive, answer)
            except Exception:
                # Starlette raises again what `on_fault` has logged and answered.
                if not answer.whole:
                    raise

    async def _stream(
        self, route: DeclaredStream, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("This path does not take that method.")
        principal = scope["state"]["principal"]
        principal.require(route.scope)
        try:
            await route.endpoint(self.rooms, principal, scope, receive, send)
        except WatchglassError:
            raise
        except OSError:
            # ASGI's word for a reader that is gone.
            return
        except Exception as error:
            if "begun" in scope["state"]:
                raise
            logger.error("unhandled", exc_info=error, path=scope["path"])
            raise Internal(FAULT) from error

    async def _refuse(
        self, error: WatchglassError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with the error envelope, a WebSocket's handshake too."""
        headers = {"allow": "GET, HEAD"} if isinstance(error, MethodNotAllowed) else None
        answer = problem(error, scope["state"]["request_id"], headers=headers)
        await answer(scope, receive, Answer(scope, send))

    def _below_base(self, scope: Scope) -> str:
        """The path below the base path, which becomes the root path.

        Raises:
            NotFound: Outside of it.
        """
        base = self.rooms.base_path
        path: str = scope["path"]
        if base:
            if path != base and not path.startswith(f"{base}/"):
                raise NotFound("There is nothing at this path.")
            # Starlette takes the root path off by itself, so the path stays as it is.
            scope["root_path"] = base
            path = path[len(base) :] or "/"
            if scope["path"] == base:
                scope["path"] = f"{base}/"
        return path


def _route(declared: Declared) -> Route:
    async def endpoint(request: Request) -> Response:
        request.state.principal.require(declared.scope)
        return await declared.endpoint(request)

    return Route(declared.path, endpoint, methods=list(declared.methods), name=declared.path)


def _check_length(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a body by the length that it announces; Starlette counts those that announce none.

    Raises:
        PayloadTooLarge: It is over the limit.
    """
    for name, value in headers:
        if name != b"content-length" or not value.isdigit():
            continue
        if len(value) > LONGEST_LENGTH or int(value) > BODY_LIMIT:
            raise PayloadTooLarge(f"A body has at most {BODY_LIMIT:,} bytes.")


class Answer:
    """A `send` that completes the headers of an answer and knows when it is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.whole = False
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = answering(self._scope, list(message["headers"]))
            message = {**message, "headers": headers}
        await self._send(message)
        self.whole = message["type"].endswith(".body") and not message.get("more_body", False)
