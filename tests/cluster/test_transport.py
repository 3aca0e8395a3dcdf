"""What only real sockets show: credentials, limits, proxies, several kinds at once."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from aiohttp import web
from kubernetes_asyncio.config.kube_config import ConfigNode

from app import __version__
from app.clock import SystemClock
from app.cluster.answers import MESSAGE_LIMIT, Call
from app.cluster.credentials import Fixed, TokenFile
from app.cluster.lines import LINE_LIMIT
from app.cluster.plugins import ExecPlugin
from app.cluster.projection import Projection, Resource
from app.cluster.reflector import Reflector
from app.cluster.transport import LINES_AT_ONCE, HttpTransport
from app.errors import AccessDenied, ServerFault, Unauthorized, Unreachable, Unusable
from tests.cluster.api_server import ApiServer, reset
from tests.cluster.objects import (
    THINGS,
    RawThing,
    RecordingMonitor,
    RecordingSink,
    event,
    item,
    page,
    thing,
)
from tests.cluster.waiting import appears, until

if TYPE_CHECKING:
    from pathlib import Path

CALL = Call("list", "/x", "", "pods", "a")


async def test_it_says_who_it_is_and_asks_for_json() -> None:
    server = ApiServer()
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        await transport.fetch(CALL)
        headers = server.requests[0].headers
    assert headers["User-Agent"] == f"watchglass/{__version__}"
    assert headers["Accept"] == "application/json"
    assert headers["Authorization"] == "Bearer good"


async def test_nobody_is_nobody() -> None:
    server = ApiServer()
    async with server.running():
        configuration = server.configuration(Fixed(None))
        async with HttpTransport(configuration, SystemClock()) as transport:
            await transport.fetch(CALL)
    assert "Authorization" not in server.requests[0].headers


async def test_a_body_is_posted() -> None:
    server = ApiServer()

    async def echo(request: web.Request) -> web.StreamResponse:
        return web.Response(body=await request.read(), status=201)

    server.handler = echo
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        call = Call("create", "/x", "", "reviews", None, body=b'{"a":1}')
        assert await transport.fetch(call) == b'{"a":1}'
        assert server.requests[0].headers["Content-Type"] == "application/json"


async def test_a_refused_token_is_read_again_once(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    server = ApiServer()

    async def only_new(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == "Bearer new"
        return web.Response(status=200 if good else 401)

    server.handler = only_new
    async with server.running():
        credential = TokenFile(token, SystemClock())
        async with HttpTransport(server.configuration(credential), SystemClock()) as transport:
            with pytest.raises(Unauthorized):
                await transport.fetch(CALL)
            assert len(server.requests) == 1, "the same token is not tried twice"
            token.write_text("new\n")
            await transport.fetch(CALL)
            assert [request.headers["Authorization"] for request in server.requests[1:]] == [
                "Bearer old",
                "Bearer new",
            ]


async def test_a_token_that_is_replaced_disturbs_no_open_watch(tmp_path: Path) -> None:
    """The next request meets one refusal at most; nobody is told of it."""
    token, accepted, more = tmp_path / "token", "old", asyncio.Event()
    token.write_text(accepted)
    server = ApiServer()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] != f"Bearer {accepted}":
            return web.Response(status=401)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        await more.wait()
        await response.write(b"two\n")
        return response

    server.handler = handler
    async with server.running():
        credential = TokenFile(token, SystemClock())
        async with HttpTransport(server.configuration(credential), SystemClock()) as transport:
            async with transport.watch(CALL, 20) as lines:
                assert await anext(lines) == b"one"
                accepted = "new"
                token.write_text(accepted)
                more.set()
                assert [line async for line in lines] == [b"two"]
            async with transport.watch(CALL, 20) as lines:
                assert [line async for line in lines] == [b"one", b"two"]
    assert len(server.requests) == 3


async def test_a_stop_waits_for_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """While a list hangs, a watch is open and a plugin is asked."""
    server, asked = ApiServer(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            response = web.StreamResponse()
            await response.prepare(request)
            asked.set()
        elif request.path.endswith("/configmaps"):
            return web.Response(body=page(1, item("x", 1)))
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = handler
    script = tmp_path / "plugin"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep 1000\n")
    script.chmod(0o755)
    node = ConfigNode("exec", {"command": str(script), "apiVersion": "v1"})
    slow = Projection("slow", Resource("", "v1", "secrets", "Secret"), RawThing, thing)
    async with server.running():
        plain = HttpTransport(server.configuration(), SystemClock())
        plugged = HttpTransport(
            server.configuration(ExecPlugin(node, SystemClock())), SystemClock()
        )
        async with plain, plugged:
            async with anyio.create_task_group() as tasks:
                for projection, transport in ((THINGS, plain), (slow, plain), (THINGS, plugged)):
                    reflector = Reflector(
                        projection,
                        "a",
                        transport,
                        RecordingSink(),
                        RecordingMonitor(),
                        clock=SystemClock(),
                        random=Random(1),
                    )
                    tasks.start_soon(reflector.run)
                with anyio.fail_after(30):
                    await asked.wait()
                    await until(lambda: len(server.requests) == 3)
                    await appears(tmp_path / "asked")
                began = anyio.current_time()
                tasks.cancel_scope.cancel()
        assert anyio.current_time() - began < 5, "far from every timeout of ours"
    # Warnings are errors: whatever was left open would say so now.
    gc.collect()


async def test_a_redirect_is_not_followed() -> None:
    server = ApiServer()

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://127.0.0.1:9/")

    server.handler = elsewhere
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        with pytest.raises(Unusable, match="302"):
            await transport.fetch(CALL)


async def test_a_server_that_never_answers_is_given_up() -> None:
    server = ApiServer()
    asked = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = hang
    async with server.running():
        configuration = server.configuration()
        async with HttpTransport(configuration, SystemClock(), answer_seconds=0.2) as transport:
            with pytest.raises(Unreachable, match="does not answer"):
                await transport.fetch(CALL)
    assert asked.is_set()


async def test_objects_of_2_mib_pass_and_lines_beyond_the_cap_do_not() -> None:
    server = ApiServer()
    sizes = iter([2 * 1024 * 1024, LINE_LIMIT + 1])

    async def long_line(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        left = next(sizes)
        while left:
            step = min(left, 1024 * 1024)
            await response.write(b"x" * step)
            left -= step
        await response.write(b"\n")
        return response

    server.handler = long_line
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        async with transport.watch(CALL, 10) as lines:
            assert [len(line) async for line in lines] == [2 * 1024 * 1024]
        with pytest.raises(Unusable, match="16,777,216"):
            async with transport.watch(CALL, 10) as lines:
                async for _ in lines:
                    pass


async def test_open_streams_leave_room_for_calls() -> None:
    server = ApiServer()
    opened = 0
    all_open, let_go = asyncio.Event(), asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        nonlocal opened
        if request.path == "/x":
            return web.Response(body=b"ok")
        opened += 1
        if opened == 120:
            all_open.set()
        response = web.StreamResponse()
        await response.prepare(request)
        await let_go.wait()
        return response

    server.handler = stream
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        follow = Call("watch", "/stream", "", "pods", "a")

        async def watch() -> None:
            async with transport.watch(follow, 60) as lines:
                async for _ in lines:
                    pass

        watches = [asyncio.create_task(watch()) for _ in range(120)]
        await all_open.wait()
        assert await transport.fetch(CALL) == b"ok"
        let_go.set()
        await asyncio.gather(*watches)


async def test_a_body_of_an_error_is_read_as_far_as_it_is_needed() -> None:
    server = ApiServer()

    async def long_story(request: web.Request) -> web.StreamResponse:
        message = '{"kind":"Status","message":"too long","padding":"' + "x" * 1_000_000
        return web.Response(status=500, text=message)

    server.handler = long_story
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        with pytest.raises(ServerFault) as caught:
            await transport.fetch(CALL)
    assert len(str(caught.value)) <= MESSAGE_LIMIT


async def test_a_status_counts_although_its_body_does_not_come() -> None:
    server = ApiServer()

    async def stalls(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=403, headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        if request.path == "/reset":
            await reset(request)
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = stalls
    async with server.running():
        async with HttpTransport(
            server.configuration(), SystemClock(), error_seconds=0.1
        ) as transport:
            for path in ("/x", "/reset"):
                with pytest.raises(AccessDenied):
                    await transport.fetch(Call("list", path, "", "pods", "a"))


async def test_calls_share_a_connection() -> None:
    server = ApiServer()
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        for _ in range(10):
            await transport.fetch(CALL)
        assert len({request.transport for request in server.requests}) == 1


async def test_a_kept_connection_that_the_server_closed_costs_no_call() -> None:
    server = ApiServer()

    async def last_words(request: web.Request) -> web.StreamResponse:
        response = web.Response(body=b"ok")
        response.headers["Connection"] = "keep-alive"
        assert request.transport is not None
        asyncio.get_running_loop().call_later(0.01, request.transport.close)
        return response

    server.handler = last_words
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        for _ in range(5):
            assert await transport.fetch(CALL) == b"ok"
            await asyncio.sleep(0.02)


async def test_a_plugin_that_fails_is_no_call() -> None:
    class Nothing:
        async def authorization(self) -> str | None:
            raise Unauthorized("The credential plugin 'x' failed.")

        async def renew(self, rejected: str | None) -> bool:
            return False

    server = ApiServer()
    async with server.running():
        configuration = server.configuration(Nothing())
        async with HttpTransport(configuration, SystemClock()) as transport:
            with pytest.raises(Unauthorized, match="plugin"):
                await transport.fetch(CALL)
    assert server.requests == []


class TestProxy:
    """The one of the kubeconfig, and no other."""

    async def test_it_is_asked_for_the_server(self) -> None:
        server, proxy = ApiServer(), ApiServer()

        async def forwarded(request: web.Request) -> web.StreamResponse:
            return web.Response(body=str(request.url).encode())

        proxy.handler = forwarded
        async with server.running(), proxy.running():
            configuration = replace(server.configuration(), proxy=proxy.url)
            async with HttpTransport(configuration, SystemClock()) as transport:
                assert await transport.fetch(CALL) == f"{server.url}/x".encode()
        assert server.requests == []

    async def test_one_that_is_not_there_is_unreachable(self) -> None:
        server = ApiServer()
        async with server.running():
            configuration = replace(server.configuration(), proxy="http://127.0.0.1:9")
            async with HttpTransport(configuration, SystemClock()) as transport:
                with pytest.raises(Unreachable):
                    await transport.fetch(CALL)

    async def test_the_environments_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server = ApiServer()
        async with (
            server.running(),
            HttpTransport(server.configuration(), SystemClock()) as transport,
        ):
            await transport.fetch(CALL)
        assert len(server.requests) == 1


async def test_one_kind_that_hangs_leaves_the_others_alone() -> None:
    """A list that is never answered and a watch that is: two kinds on one transport."""
    server = ApiServer()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/secrets"):
            await asyncio.Event().wait()
        if "watch" not in request.query:
            return web.Response(body=page(1))
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(100):
            await response.write(event("ADDED", f"x{number}", number + 2))
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = handler
    slow = Projection("slow", Resource("", "v1", "secrets", "Secret"), RawThing, thing)
    sinks = {"slow": RecordingSink(), "things": RecordingSink()}
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for projection in (slow, THINGS):
                    for _ in range(10):
                        reflector = Reflector(
                            projection,
                            None,
                            transport,
                            sinks[projection.topic],
                            RecordingMonitor(),
                            clock=SystemClock(),
                            random=Random(1),
                        )
                        tasks.start_soon(reflector.run)
                await until(lambda: len(sinks["things"].held) == 100)
                tasks.cancel_scope.cancel()
    assert sinks["slow"].verbs == []


async def test_a_burst_is_followed_to_its_end_and_the_loop_goes_on() -> None:
    """10,000 updates of 100 objects as fast as the socket gives them."""
    server = ApiServer()
    updates = 10_000

    async def handler(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.Response(body=page(1))
        response = web.StreamResponse()
        await response.prepare(request)
        burst = [event("MODIFIED", f"x{n % 100}", n + 2, str(n)) for n in range(updates)]
        for start in range(0, updates, 500):
            await response.write(b"".join(burst[start : start + 500]))
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = handler
    sink, turns = RecordingSink(), 0
    async with server.running(), HttpTransport(server.configuration(), SystemClock()) as transport:
        reflector = Reflector(
            THINGS,
            "a",
            transport,
            sink,
            RecordingMonitor(),
            clock=SystemClock(),
            random=Random(1),
        )
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(reflector.run)
                while reflector.statistics.events < updates:
                    turns += 1
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
    assert sink.texts() == {f"x{n % 100}": str(n) for n in range(updates - 100, updates)}
    assert turns >= updates / LINES_AT_ONCE / 2, "others had their turn meanwhile"
