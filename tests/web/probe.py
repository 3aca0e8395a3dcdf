"""Ask an application directly, with any scope, and see the messages it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message

Header = tuple[str, str]
OURS: Header = ("host", "127.0.0.1:8420")


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    headers: list[Header]
    body: bytes

    def header(self, name: str) -> str | None:
        """The one header of that name."""
        found = [value for known, value in self.headers if known == name]
        assert len(found) <= 1, f"{name} stands {len(found)} times"
        return found[0] if found else None

    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    application: ASGIApp,
    target: str,
    *,
    method: str = "GET",
    headers: Iterable[Header] = (OURS,),
    body: bytes = b"",
    client: str = "127.0.0.1",
    scheme: str = "http",
) -> Told:
    """The answer to one request, or to the handshake of a WebSocket (scheme `ws`, `wss`)."""
    path, _, query = target.partition("?")
    socket = scheme in ("ws", "wss")
    scope: dict[str, Any] = {
        "type": "websocket" if socket else "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": (client, 50_000),
        "server": ("127.0.0.1", 8420),
        "extensions": {"websocket.http.response": {}} if socket else {},
    }
    connect: Message = {"type": "websocket.connect"}
    whole: Message = {"type": "http.request", "body": body, "more_body": False}
    coming = [connect if socket else whole]
    sent: list[Message] = []

    async def receive() -> Message:
        if not coming:
            await anyio.sleep_forever()
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)
    first, *rest = sent
    assert first["type"].endswith("http.response.start"), first
    return Told(
        first["status"],
        [(name.decode(), value.decode()) for name, value in first["headers"]],
        b"".join(message.get("body", b"") for message in rest),
    )
