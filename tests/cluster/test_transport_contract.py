"""One behaviour for the real transport and for the scripted one that tests use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

from app.clock import SystemClock
from app.cluster.answers import Call
from app.cluster.faults import Silent, Truncated
from app.cluster.transport import HttpTransport, Transport
from app.errors import (
    Absent,
    AccessDenied,
    ClusterError,
    Gone,
    ServerFault,
    Throttled,
    Unauthorized,
    Unreachable,
)
from tests.cluster.api_server import ApiServer, reset
from tests.cluster.objects import status
from tests.fakes.transport import REFUSED, Answer, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

LIST = Call("list", "/api/v1/namespaces/a/pods", "", "pods", "a", {"limit": "500"})
WATCH = Call("watch", LIST.path, "", "pods", "a", {"watch": "true"})
SILENCE = 0.2

if TYPE_CHECKING:
    from tests.cluster.api_server import Handler

    Give = Callable[[Answer | None], Transport]


@pytest_asyncio.fixture(params=["scripted", "http"])
async def give(request: pytest.FixtureRequest) -> AsyncIterator[Give]:
    """Makes a transport that meets one answer."""
    if request.param == "scripted":
        yield lambda answer: ScriptedTransport([answer], [answer])
        return
    server = ApiServer()
    async with server.running():
        made: list[HttpTransport] = []

        def http(answer: Answer | None) -> Transport:
            configuration = server.configuration()
            if answer is REFUSED:
                object.__setattr__(configuration, "server", "http://127.0.0.1:9")
            else:
                server.handler = playing(answer)
            made.append(HttpTransport(configuration, SystemClock(), connect_seconds=2))
            return made[-1]

        yield http
        for transport in made:
            await transport.close()


def playing(answer: Answer) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
        await response.prepare(request)
        for chunk in answer.chunks:
            if isinstance(chunk, bytes):
                await response.write(chunk)
            else:
                await asyncio.sleep(min(chunk, 5.0))
        if answer.breaks:
            await reset(request)
        return response

    return handler


async def test_a_body_is_whole(give: Give) -> None:
    assert await give(Answer([b'{"a"', b": 1}"])).fetch(LIST) == b'{"a": 1}'


async def test_created_is_an_answer_too(give: Give) -> None:
    assert await give(Answer([b"{}"], status=201)).fetch(LIST) == b"{}"


async def test_lines_come_one_by_one_however_they_are_cut(give: Give) -> None:
    answer = Answer([b"on", b"e\n\ntw", b"o\nthree\n"])
    async with give(answer).watch(WATCH, SILENCE) as lines:
        assert [line async for line in lines] == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (401, status(401, "Unauthorized"), Unauthorized),
        (403, status(403, "Forbidden"), AccessDenied),
        (404, status(404, "NotFound"), Absent),
        (404, b"404 page not found\n", Absent),
        (410, status(410, "Expired"), Gone),
        (429, b"Too many requests, please try again later.", Throttled),
        (500, status(500), ServerFault),
        (502, b"<html><h1>Bad Gateway</h1></html>", ServerFault),
        (504, status(504, "Timeout"), ServerFault),
    ],
)
async def test_a_status_is_an_error_for_lists_and_watches(
    give: Give, code: int, body: bytes, expected: type[ClusterError]
) -> None:
    with pytest.raises(expected) as caught:
        await give(Answer([body], status=code)).fetch(LIST)
    assert "<" not in str(caught.value)
    with pytest.raises(expected):
        async with give(Answer([body], status=code)).watch(WATCH, SILENCE):
            pass


async def test_nobody_listening_is_unreachable(give: Give) -> None:
    with pytest.raises(Unreachable):
        await give(REFUSED).fetch(LIST)
    with pytest.raises(Unreachable):
        async with give(REFUSED).watch(WATCH, SILENCE):
            pass


async def test_a_broken_connection_is_unreachable(give: Give) -> None:
    with pytest.raises(Unreachable) as caught:
        async with give(Answer([b"one\n"], breaks=True)).watch(WATCH, SILENCE) as lines:
            assert [line async for line in lines] == [b"one"]
    assert not isinstance(caught.value, Silent)


async def test_silence_is_told_apart(give: Give) -> None:
    with pytest.raises(Silent):
        async with give(Answer([b"one\n", 60.0])).watch(WATCH, SILENCE) as lines:
            assert [line async for line in lines] == [b"one"]


async def test_an_end_within_a_line_is_told_apart(give: Give) -> None:
    with pytest.raises(Truncated):
        async with give(Answer([b'one\n{"type"'])).watch(WATCH, SILENCE) as lines:
            assert [line async for line in lines] == [b"one"]


async def test_retry_after_is_heard(give: Give) -> None:
    answer = Answer([b"no"], status=429, headers=(("Retry-After", "7"),))
    with pytest.raises(Throttled) as caught:
        await give(answer).fetch(LIST)
    assert caught.value.retry_after == 7.0
