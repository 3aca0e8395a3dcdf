"""What only real sockets show: credentials, TLS, limits, pools."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from app import __version__
from app.clock import SystemClock
from app.cluster.answers import Call
from app.cluster.configuration import Tls
from app.cluster.credentials import TokenFile
from app.cluster.lines import LINE_LIMIT
from app.cluster.pools import FILES_SECONDS
from app.cluster.transport import HttpTransport
from app.errors import Unauthorized, Unreachable, Unusable
from tests.cluster.api_server import ApiServer
from tests.control_plane.keys import write_keys
from tests.fakes.clock import ManualClock

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


class TestTls:
    """A certificate authority that is replaced while we run."""

    async def test_a_new_authority_is_noticed_without_a_restart(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        for folder in (old, new):
            folder.mkdir()
            write_keys(folder)
        trusted = tmp_path / "ca.crt"
        trusted.write_bytes((old / "ca.crt").read_bytes())
        clock = ManualClock()
        server = ApiServer()
        async with server.running(context(new)):
            configuration = server.configuration(tls=Tls(authority=trusted))
            async with HttpTransport(configuration, clock) as transport:
                with pytest.raises(Unreachable, match="certificate is not trusted"):
                    await transport.fetch(CALL)
                trusted.write_bytes((new / "ca.crt").read_bytes())
                clock.advance(FILES_SECONDS)
                await transport.fetch(CALL)

    async def test_an_authority_in_the_configuration_itself(self, tmp_path: Path) -> None:
        write_keys(tmp_path)
        server = ApiServer()
        async with server.running(context(tmp_path)):
            tls = Tls(authority=(tmp_path / "ca.crt").read_bytes())
            async with HttpTransport(server.configuration(tls=tls), SystemClock()) as transport:
                await transport.fetch(CALL)

    async def test_a_client_certificate_is_shown(self, tmp_path: Path) -> None:
        write_keys(tmp_path)
        asking = context(tmp_path)
        asking.verify_mode = ssl.CERT_REQUIRED
        asking.load_verify_locations(tmp_path / "ca.crt")
        server = ApiServer()
        async with server.running(asking):
            tls = Tls(
                authority=tmp_path / "ca.crt",
                certificate=(tmp_path / "server.crt").read_bytes(),
                key=(tmp_path / "server.key").read_bytes(),
            )
            async with HttpTransport(server.configuration(tls=tls), SystemClock()) as transport:
                await transport.fetch(CALL)

    async def test_verification_can_be_switched_off(self, tmp_path: Path) -> None:
        write_keys(tmp_path)
        server = ApiServer()
        async with server.running(context(tmp_path)):
            configuration = server.configuration(tls=Tls(verify=False))
            async with HttpTransport(configuration, SystemClock()) as transport:
                await transport.fetch(CALL)

    async def test_a_file_that_is_no_certificate_is_said(self, tmp_path: Path) -> None:
        broken = tmp_path / "ca.crt"
        broken.write_text("not a certificate")
        server = ApiServer()
        async with server.running():
            configuration = server.configuration(tls=Tls(authority=broken))
            async with HttpTransport(configuration, SystemClock()) as transport:
                with pytest.raises(Unreachable, match="cannot be read"):
                    await transport.fetch(CALL)


def context(folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "server.crt", folder / "server.key")
    return made
