"""The two ports of a simulated cluster in one loop, and how they are closed."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest

from app.demo.certificate import Authority, server_context
from app.demo.serving import Server, open_door, run
from app.errors import ConfigurationError
from tests.demo.process.living import PATIENCE, ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Receive, Scope, Send

    from app.demo.api.door import Door

CERTIFICATE = Authority(datetime.now(UTC)).certificate(datetime.now(UTC))
HEAD = b"GET %s HTTP/1.1\r\nHost: here\r\n\r\n"


async def answering(name: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers its name at once, or below /stream without an end."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    endless = scope["path"] == "/stream"
    body = f'"{name}"\n'.encode()
    await send({"type": "http.response.body", "body": body, "more_body": endless})
    if endless:
        await anyio.sleep_forever()


@pytest.fixture
def doors() -> Iterator[tuple[Door, Door]]:
    with ExitStack() as stack:
        yield stack.enter_context(open_door(0)), stack.enter_context(open_door(0))


def servers(doors: tuple[Door, Door]) -> tuple[Server, Server]:
    return (
        Server(partial(answering, "api"), doors[0], server_context(CERTIFICATE)),
        Server(partial(answering, "admin"), doors[1]),
    )


@asynccontextmanager
async def connected(door: Door) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection in plain text, gone at the end of the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def test_each_port_has_its_application_until_it_is_told_to_leave(
    doors: tuple[Door, Door],
) -> None:
    ready, leave = asyncio.Event(), asyncio.Event()
    played: list[str] = []

    async def film() -> None:
        played.append("begun")
        try:
            await anyio.sleep_forever()
        finally:
            played.append("ended")

    with anyio.fail_after(PATIENCE):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run(servers(doors), film, ready=ready.set, leave=leave))
            await ready.wait()
            got = await asyncio.to_thread(ask, doors[0].port, CERTIFICATE.authority)
            assert got == "api"
            async with connected(doors[1]) as (reader, writer):
                writer.write(HEAD % b"/stream")
                assert await reader.readuntil(b'"admin"\n')
                assert played == ["begun"]
                leave.set()
                # Whoever reads is cut off, in the middle.
                with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                    await reader.readuntil(b"0\r\n\r\n")
    assert played == ["begun", "ended"]
    for door in doors:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", door.port)


async def test_the_api_port_speaks_tls_and_nothing_else(doors: tuple[Door, Door]) -> None:
    ready, leave = asyncio.Event(), asyncio.Event()
    with anyio.fail_after(PATIENCE):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                run(servers(doors), anyio.sleep_forever, ready=ready.set, leave=leave)
            )
            await ready.wait()
            async with connected(doors[0]) as (reader, writer):
                writer.write(HEAD % b"/")
                assert b"HTTP" not in await reader.read()
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "127.0.0.1", doors[0].port, ssl=ssl.create_default_context()
                )
            leave.set()


async def test_a_fault_of_ours_in_the_film_ends_all(doors: tuple[Door, Door]) -> None:
    async def film() -> None:
        raise ZeroDivisionError

    with anyio.fail_after(PATIENCE), pytest.raises(ZeroDivisionError):
        await run(servers(doors), film, ready=lambda: None, leave=asyncio.Event())


def test_a_port_that_is_taken_is_a_sentence(doors: tuple[Door, Door]) -> None:
    with (
        pytest.raises(ConfigurationError, match=f"^Cannot listen on port {doors[0].port} of "),
        open_door(doors[0].port),
    ):
        pass
