"""How a server leaves: with hundreds of streams open, in haste, and at once."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from tests.web.process import process
from tests.web.reader import Reader, Seen

if TYPE_CHECKING:
    from tests.web.process import Process

STREAMS = 500


async def attached(running: Process, stack: AsyncExitStack, count: int) -> list[Reader]:
    """So many readers that hold a snapshot."""
    readers = [await stack.enter_async_context(Reader(running.port)) for _ in range(count)]
    for reader in readers:
        await reader.follow()
    for reader in readers:
        await reader.snapshot()
    return readers


async def last(reader: Reader) -> Seen:
    """The last event before the end, which must come in good order."""
    return (await reader.rest())[-1]


async def test_sigterm_with_500_streams_open() -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(process())
        readers = await attached(running, stack, STREAMS)
        idle = await stack.enter_async_context(Reader(running.port))

        started = time.monotonic()
        running.signal(signal.SIGTERM)
        ends = await asyncio.gather(*(last(reader) for reader in readers))
        assert {(event.event, event.data["reason"]) for event in ends} == {("goodbye", "drain")}
        retries = {event.data["retryMs"] for event in ends}
        assert len(retries) > 50, "they come back apart"

        code = await running.end()
        took = time.monotonic() - started
        assert code == 0
        assert 4 < took < 10, "spread over five seconds, and over within ten"
        assert b"Traceback" not in running.log
        assert b'"level": "error"' not in running.log
        assert await idle.incoming.read() == b""


async def test_sigint_is_in_haste() -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(process())
        readers = await attached(running, stack, STREAMS)
        # One that takes nothing more: nobody waits for it.
        for reader in readers[:3]:
            reader.outgoing.transport.pause_reading()  # type: ignore[attr-defined]

        started = time.monotonic()
        running.signal(signal.SIGINT)
        # Everybody hears goodbye; on a slow machine haste ends before the last close is in order.
        ends = await asyncio.gather(*(reader.named("goodbye") for reader in readers[3:]))
        assert {event.data["reason"] for event in ends} == {"drain"}
        assert await running.end() == 0
        assert time.monotonic() - started < 4.5, "a drain takes five seconds otherwise"
        assert b"Traceback" not in running.log


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_second_signal_ends_at_once(second: signal.Signals) -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(process())
        readers = await attached(running, stack, STREAMS)
        started = time.monotonic()
        running.signal(signal.SIGTERM)
        assert (await readers[-1].named("goodbye")).data["reason"] == "drain"
        running.signal(second)
        assert await running.end() == 0
        assert time.monotonic() - started < 4.5, "a drain takes five seconds otherwise"
        assert b"Traceback" not in running.log


async def test_a_taken_port_is_one_sentence() -> None:
    async with process() as running:
        with pytest.raises(AssertionError, match=f"Port {running.port} on 127.0.0.1 is in use"):
            async with process(port=running.port):
                pass
