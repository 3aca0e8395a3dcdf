"""TLS on real sockets: who is trusted, who we are, and certificates that are replaced meanwhile."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

import anyio
import pytest
from aiohttp import web

from app.clock import SystemClock
from app.cluster.answers import Call
from app.cluster.configuration import Tls
from app.cluster.pools import FILES_SECONDS
from app.cluster.reflector import Reflector
from app.cluster.tls import make_context, stamps
from app.cluster.transport import HttpTransport
from app.errors import ConfigurationError, Unreachable
from tests.cluster.api_server import ApiServer
from tests.cluster.authority import Authority
from tests.cluster.objects import THINGS, RecordingMonitor, RecordingSink, item, page
from tests.cluster.waiting import until
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

CALL = Call("list", "/x", "", "pods", "a")
WATCH = Call("watch", "/stream", "", "pods", "a")


@asynccontextmanager
async def serving(
    context: ssl.SSLContext | None, tls: Tls, clock: ManualClock | None = None
) -> AsyncIterator[HttpTransport]:
    """A transport to a server that answers everything."""
    server = ApiServer()
    async with server.running(context):
        configuration = server.configuration(tls=tls)
        async with HttpTransport(configuration, clock or ManualClock()) as transport:
            yield transport


async def test_an_authority_in_a_file_and_one_in_the_configuration(tmp_path: Path) -> None:
    authority = Authority()
    path = tmp_path / "ca.crt"
    path.write_bytes(authority.certificate)
    for known in (path, authority.certificate):
        async with serving(authority.server(tmp_path), Tls(authority=known)) as transport:
            await transport.fetch(CALL)


async def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    for tls in (Tls(), Tls(authority=Authority("other").certificate)):
        async with serving(Authority().server(tmp_path), tls) as transport:
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                await transport.fetch(CALL)
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                async with transport.watch(WATCH, 10):
                    pass


async def test_verification_can_be_switched_off(tmp_path: Path) -> None:
    async with serving(Authority().server(tmp_path), Tls(verify=False)) as transport:
        await transport.fetch(CALL)


async def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path) -> None:
    authority = Authority()
    context = authority.server(tmp_path, "api.internal")
    async with serving(context, Tls(authority=authority.certificate)) as transport:
        with pytest.raises(Unreachable, match="certificate is not trusted"):
            await transport.fetch(CALL)


async def test_the_name_that_is_expected_may_be_another_than_the_address(tmp_path: Path) -> None:
    authority = Authority()
    context = authority.server(tmp_path, "api.internal")
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, context: asked.append(name)
    tls = Tls(authority=authority.certificate, server_name="api.internal")
    async with serving(context, tls) as transport:
        await transport.fetch(CALL)
    assert asked == ["api.internal"]


async def test_a_server_without_tls_is_said(tmp_path: Path) -> None:
    server = ApiServer()
    async with server.running():
        configuration = server.configuration()
        object.__setattr__(configuration, "server", server.url.replace("http:", "https:"))
        async with HttpTransport(configuration, SystemClock()) as transport:
            with pytest.raises(Unreachable, match="no TLS connection"):
                await transport.fetch(CALL)


class TestClientCertificates:
    """Who we are, by a certificate."""

    async def test_one_in_the_configuration_is_shown(self, tmp_path: Path) -> None:
        authority, clients = Authority(), Authority("clients")
        certificate, key = clients.issue("watchglass")
        tls = Tls(authority=authority.certificate, certificate=certificate, key=key)
        async with serving(authority.server(tmp_path, clients=clients), tls) as transport:
            await transport.fetch(CALL)

    async def test_without_one_there_is_no_connection(self, tmp_path: Path) -> None:
        authority = Authority()
        context = authority.server(tmp_path, clients=Authority("clients"))
        async with serving(context, Tls(authority=authority.certificate)) as transport:
            with pytest.raises(Unreachable):
                await transport.fetch(CALL)

    async def test_one_that_is_replaced_is_noticed(self, tmp_path: Path) -> None:
        authority, clients, clock = Authority(), Authority("clients"), ManualClock()
        tls = Tls(authority.certificate, tmp_path / "client.crt", tmp_path / "client.key")
        self.write(tmp_path, Authority("nobody"))
        async with serving(authority.server(tmp_path, clients=clients), tls, clock) as transport:
            with pytest.raises(Unreachable):
                await transport.fetch(CALL)
            self.write(tmp_path, clients)
            clock.advance(FILES_SECONDS)
            await transport.fetch(CALL)

    def write(self, folder: Path, authority: Authority) -> None:
        certificate, key = authority.issue("watchglass")
        (folder / "client.crt").write_bytes(certificate)
        (folder / "client.key").write_bytes(key)

    def test_nothing_of_a_key_stays_on_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        certificate, key = Authority().issue("watchglass")
        make_context(Tls(certificate=certificate, key=key))
        assert list(tmp_path.iterdir()) == []


class TestRotation:
    """Files that somebody else replaces while we run."""

    async def test_an_untrusted_server_is_a_state_that_heals(self, tmp_path: Path) -> None:
        """After a certificate that was not trusted the files are read again at once."""
        authority = Authority()
        path = tmp_path / "ca.crt"
        path.write_bytes(Authority("old").certificate)
        async with serving(authority.server(tmp_path), Tls(authority=path)) as transport:
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                await transport.fetch(CALL)
            path.write_bytes(authority.certificate)
            await transport.fetch(CALL)

    async def test_a_reflector_goes_through_it(self, tmp_path: Path) -> None:
        authority = Authority()
        path = tmp_path / "ca.crt"
        path.write_bytes(Authority("old").certificate)
        server, sink, monitor = ApiServer(), RecordingSink(), RecordingMonitor()

        async def handler(request: web.Request) -> web.StreamResponse:
            if "watch" not in request.query:
                return web.Response(body=page(1, item("x", 1)))
            await asyncio.Event().wait()
            raise AssertionError

        server.handler = handler
        async with server.running(authority.server(tmp_path)):
            configuration = server.configuration(tls=Tls(authority=path))
            async with HttpTransport(configuration, SystemClock()) as transport:
                reflector = Reflector(
                    THINGS,
                    "a",
                    transport,
                    sink,
                    monitor,
                    clock=SystemClock(),
                    random=Random(1),
                )
                with anyio.fail_after(30):
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(reflector.run)
                        await until(lambda: bool(monitor.errors))
                        path.write_bytes(authority.certificate)
                        await until(lambda: sink.texts() == {"x": ""})
                        tasks.cancel_scope.cancel()
        assert monitor.told[0] == "connecting"
        assert set(monitor.told[1:-1]) == {"Distrusted"}
        assert monitor.told[-1] == "list"

    async def test_running_streams_keep_what_they_have(self, tmp_path: Path) -> None:
        authority, clock = Authority(), ManualClock()
        path = tmp_path / "ca.crt"
        path.write_bytes(authority.certificate)
        server, more = ApiServer(), asyncio.Event()

        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            if request.path == "/stream":
                await response.write(b"one\n")
                await more.wait()
                await response.write(b"two\n")
            return response

        server.handler = handler
        async with server.running(authority.server(tmp_path)):
            configuration = server.configuration(tls=Tls(authority=path))
            async with HttpTransport(configuration, clock) as transport:
                async with transport.watch(WATCH, 20) as lines:
                    assert await anext(lines) == b"one"
                    path.write_bytes(Authority("other").certificate)
                    clock.advance(FILES_SECONDS)
                    with pytest.raises(Unreachable, match="certificate is not trusted"):
                        await transport.fetch(CALL)
                    more.set()
                    assert [line async for line in lines] == [b"two"]
                with pytest.raises(Unreachable, match="certificate is not trusted"):
                    async with transport.watch(WATCH, 20):
                        pass

    async def test_a_stream_that_is_cancelled_in_a_retired_pool_leaves_no_socket(
        self, tmp_path: Path
    ) -> None:
        authority, clock = Authority(), ManualClock()
        path = tmp_path / "ca.crt"
        path.write_bytes(authority.certificate)
        server = ApiServer()

        async def handler(request: web.Request) -> web.StreamResponse:
            if request.path == "/stream":
                response = web.StreamResponse()
                await response.prepare(request)
                await response.write(b"one\n")
                await asyncio.Event().wait()
            return web.Response()

        server.handler = handler
        async with server.running(authority.server(tmp_path)):
            configuration = server.configuration(tls=Tls(authority=path))
            async with HttpTransport(configuration, clock) as transport:
                opened = asyncio.Event()

                async def follow() -> None:
                    async with transport.watch(WATCH, 60) as lines:
                        async for _ in lines:
                            opened.set()

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(follow)
                    await opened.wait()
                    path.write_bytes(authority.certificate + b"\n")
                    clock.advance(FILES_SECONDS)
                    await transport.fetch(CALL)
                    tasks.cancel_scope.cancel()
        # Warnings are errors: a session that nobody closed would say so now.
        gc.collect()

    async def test_files_that_stay_keep_their_connections(self, tmp_path: Path) -> None:
        authority, clock = Authority(), ManualClock()
        path = tmp_path / "ca.crt"
        path.write_bytes(authority.certificate)
        server = ApiServer()
        async with server.running(authority.server(tmp_path)):
            configuration = server.configuration(tls=Tls(authority=path))
            async with HttpTransport(configuration, clock) as transport:
                for _ in range(3):
                    await transport.fetch(CALL)
                    clock.advance(FILES_SECONDS)
                assert len({request.transport for request in server.requests}) == 1

    async def test_a_half_written_file_leaves_what_was_good(self, tmp_path: Path) -> None:
        authority, clock = Authority(), ManualClock()
        path = tmp_path / "ca.crt"
        path.write_bytes(authority.certificate)
        async with serving(authority.server(tmp_path), Tls(authority=path), clock) as transport:
            await transport.fetch(CALL)
            for broken in (authority.certificate[:100], b"", None):
                path.unlink()
                if broken is not None:
                    path.write_bytes(broken)
                clock.advance(FILES_SECONDS)
                await transport.fetch(CALL)
            path.write_bytes(authority.certificate)
            clock.advance(FILES_SECONDS)
            await transport.fetch(CALL)

    async def test_a_file_that_is_no_certificate_is_a_state_that_heals(
        self, tmp_path: Path
    ) -> None:
        authority, clock = Authority(), ManualClock()
        path = tmp_path / "ca.crt"
        path.write_text("not a certificate")
        async with serving(authority.server(tmp_path), Tls(authority=path), clock) as transport:
            with pytest.raises(Unreachable, match="certificates cannot be read"):
                await transport.fetch(CALL)
            path.write_bytes(authority.certificate)
            await transport.fetch(CALL)

    def test_a_file_of_the_same_age_and_size_is_another_file(self, tmp_path: Path) -> None:
        """As from an archive, or renamed into its place."""
        path, other = tmp_path / "ca.crt", tmp_path / "new.crt"
        for written in (path, other):
            written.write_text("same")
            os.utime(written, (1, 1))
        tls = Tls(authority=path)
        before = stamps(tls)
        assert stamps(tls) == before
        other.rename(path)
        assert stamps(tls) != before
        path.unlink()
        assert stamps(tls) not in (before, stamps(Tls()))


async def test_a_closed_transport_makes_no_connection() -> None:
    server = ApiServer()
    async with server.running():
        transport = HttpTransport(server.configuration(), SystemClock())
        await transport.fetch(CALL)
        await transport.close()
        with pytest.raises(Unreachable, match="being closed"):
            await transport.fetch(CALL)
        await transport.close()


@pytest.mark.parametrize(
    "tls",
    [
        Tls(authority=b"not a certificate"),
        Tls(authority=b"\xff"),
        Tls(certificate=b"not a certificate", key=b"nor a key"),
        Tls(certificate=Authority().issue("x")[0], key=Authority().issue("x")[1]),
    ],
    ids=["authority", "bytes", "client", "key of another"],
)
def test_what_cannot_be_used_is_one_sentence(tls: Tls) -> None:
    with pytest.raises(ConfigurationError, match="certificates cannot be read") as caught:
        make_context(tls)
    assert "\n" not in str(caught.value)
