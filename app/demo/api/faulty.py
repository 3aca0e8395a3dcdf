"""Between the sockets and the application: where the fault switches take effect.

The application answers as if all were well; here its answers are lost, cut, doubled or replaced.
What happens to the lines of a watch is in `faulty_watch.py`.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs

import anyio

from app.demo.api.calls import encoded
from app.demo.api.faulty_watch import GONE, Cutter, FaultyWatch
from app.demo.api.kinds import BY_PLURAL
from app.demo.api.requests import resource_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.clock import Clock
    from app.demo.api.faults import Fault, Faults
    from app.demo.api.rules import Rules

THROTTLED = b"Too many requests, please try again later.\n"


class Connections(Cutter, Protocol):
    """What can be done to all sockets; `Door` does it."""

    def shut(self) -> None:
        """Refuse connections and cut those that are open."""
        ...

    def open(self) -> None:
        """Accept connections again."""
        ...


class History(Protocol):
    """What a server that restarts has lost; the API server forgets it."""

    def forget(self) -> None:
        """Forget every event so far; what is stored stays."""
        ...


class Faulty:
    """An ASGI application around another one, with the switches in between."""

    def __init__(
        self,
        application: ASGIApp,
        faults: Faults,
        connections: Connections,
        rules: Rules,
        history: History,
        clock: Clock,
    ) -> None:
        self._application = application
        self._faults = faults
        self._connections = connections
        self._rules = rules
        self._history = history
        self._clock = clock
        self._watches: set[FaultyWatch] = set()
        self._changed = anyio.Event()
        self._forbidden: tuple[str, str] | None = None
        faults.listen(self._on_change)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the lifespan on."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        send = self._dated(send)
        resource, is_watch = asked(scope)
        faults = self._faults
        if faults.hit("reset", resource) is not None:
            await self._reset(scope, receive)
        elif faults.on("black-hole", resource) is not None:
            await self._swallow(resource, scope, receive)
        elif (fault := faults.hit("throttle", resource)) is not None:
            await _answer(send, 429, "text/plain; charset=utf-8", THROTTLED, _retry(fault))
        else:
            fault = faults.hit("slow-headers", resource)
            if fault is not None:
                await anyio.sleep(fault.values["delay"])
            if is_watch and faults.hit("gone-http", resource) is not None:
                await _answer(send, 410, "application/json", encoded(GONE))
            elif is_watch:
                watch = FaultyWatch(resource, scope["client"], faults, self._connections, send)
                self._watches.add(watch)
                try:
                    await watch.run(self._application, scope, receive)
                finally:
                    self._watches.discard(watch)
                if watch.severed:
                    await _gone(receive)
            else:
                await self._application(scope, receive, send)

    def _on_change(self, name: str, fault: Fault | None) -> None:
        if name in ("refuse", "restart"):
            if fault is not None:
                self._connections.shut()
                if name == "restart":
                    self._history.forget()
            elif not any(self._faults.on(other) for other in ("refuse", "restart")):
                self._connections.open()
        if name == "forbidden":
            if self._forbidden is not None:
                self._rules.undeny(*self._forbidden)
                self._forbidden = None
            if fault is not None and fault.resource is not None:
                plural, _, group = fault.resource.partition(".")
                self._forbidden = (group, plural)
                self._rules.deny(group, plural)
        self._changed.set()
        self._changed = anyio.Event()
        for watch in self._watches:
            watch.wake()

    def _dated(self, send: Send) -> Send:
        """With a Date header of the server's own clock; uvicorn's has to be switched off."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [(b"date", date), *message["headers"]]}
            await send(message)

        return dated

    async def _reset(self, scope: Scope, receive: Receive) -> None:
        self._connections.reset(scope["client"])
        await _gone(receive)

    async def _swallow(self, resource: str | None, scope: Scope, receive: Receive) -> None:
        """Answer nothing until the caller leaves, or cut it off when the hole is closed."""
        async with anyio.create_task_group() as tasks:

            async def leave() -> None:
                await _gone(receive)
                tasks.cancel_scope.cancel()

            tasks.start_soon(leave)
            while self._faults.on("black-hole", resource) is not None:
                await self._changed.wait()
            self._connections.reset(scope["client"])


def asked(scope: Scope) -> tuple[str | None, bool]:
    """The resource a request is about (`pods`, `cronjobs.batch`, None) and whether it watches."""
    resource = resource_of(scope["path"])
    if resource is None:
        return None, False
    kind = BY_PLURAL.get((resource.group, resource.version, resource.plural))
    if kind is None:
        return None, False
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    wish = query.get("watch", ["false"])[0].lower()
    is_watch = resource.watch or wish not in ("false", "0")
    return kind.resource, is_watch and not resource.name and scope["method"] == "GET"


async def _answer(
    send: Send,
    code: int,
    content_type: str,
    body: bytes,
    headers: tuple[bytes, bytes] | None = None,
) -> None:
    found = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *([headers] if headers is not None else []),
    ]
    await send({"type": "http.response.start", "status": code, "headers": found})
    await send({"type": "http.response.body", "body": body})


def _retry(fault: Fault) -> tuple[bytes, bytes]:
    return b"retry-after", f"{fault.values['retryAfter']:.0f}".encode()


async def _gone(receive: Receive) -> None:
    """Return when the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
