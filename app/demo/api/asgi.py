"""The API server over HTTP: an ASGI application around `ApiServer.answer`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

import structlog

from app.demo.api.calls import Answer, Call
from app.demo.api.server import refused
from app.demo.api.statuses import internal, too_large

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Message, Receive, Scope, Send

    from app.demo.api.rules import Rules
    from app.demo.api.server import ApiServer

logger = structlog.get_logger("watchglass.demo.api")

LARGEST_BODY = 3 * 1_048_576
"""Bytes of a request, as the real one limits them."""


class Application:
    """Who asks is told by the bearer token; a caller that leaves ends its watch at once."""

    def __init__(self, api: ApiServer, rules: Rules) -> None:
        self._api = api
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise TypeError(f"no application of {scope['type']}")
        body = await _body(receive)
        if body is None:
            # The caller has left in the middle of its request.
            return
        if len(body) > LARGEST_BODY:
            answer = refused(too_large(LARGEST_BODY))
        else:
            answer = self._answer(self._call(scope, body))
        if isinstance(answer.body, bytes):
            await _send_whole(answer, scope["method"], send)
        else:
            await _send_stream(answer, receive, send)

    def _answer(self, call: Call) -> Answer:
        try:
            return self._api.answer(call)
        except Exception as error:
            # A fault of ours; the caller is told as the real one tells of its own.
            logger.exception("demo_call_failed", method=call.method, path=call.path)
            return refused(internal(type(error).__name__))

    def _call(self, scope: Scope, body: bytes) -> Call:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode("latin-1").lower()
            text = value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        query = parse_qsl(
            scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace"
        )
        return Call(
            scope["method"],
            scope["path"],
            tuple(query),
            headers,
            body,
            self._rules.user_of(_token(headers.get("authorization"))),
        )


def _token(header: str | None) -> str | None:
    """The bearer token; another scheme is none, as the real one takes it."""
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or a little more than is read of one that is too large."""
    pieces: list[bytes] = []
    size, more = 0, True
    while more and size <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        more = message.get("more_body", False)
    return b"".join(pieces)


def _start(answer: Answer, *extra: tuple[bytes, bytes]) -> Message:
    named = [(name.lower().encode(), text.encode()) for name, text in answer.headers.items()]
    named += [(b"warning", _warning(text).encode()) for text in answer.warnings]
    return {
        "type": "http.response.start",
        "status": answer.code,
        "headers": [
            (b"cache-control", b"no-cache, private"),
            (b"content-type", answer.content_type.encode()),
            *named,
            *extra,
        ],
    }


def _warning(text: str) -> str:
    """A header as RFC 7234 has it, for a text on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'


async def _send_whole(answer: Answer, method: str, send: Send) -> None:
    body = cast("bytes", answer.body)
    length = () if answer.code == 204 else ((b"content-length", str(len(body)).encode()),)
    await send(_start(answer, *length))
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


async def _send_stream(answer: Answer, receive: Receive, send: Send) -> None:
    """Headers at once, then each piece when it is there, until it ends or the caller leaves."""
    await send(_start(answer))
    sending = asyncio.ensure_future(_pieces(answer, send))
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        sending.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
    if not sending.cancelled():
        sending.result()


async def _pieces(answer: Answer, send: Send) -> None:
    stream = cast("AsyncGenerator[bytes]", answer.body)
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
