"""Ten thousand readers that come and go, and what they leave behind: nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.web.process import process
from tests.web.reader import Reader, exchange, request
from tests.web.test_protocol import settled

if TYPE_CHECKING:
    from tests.web.process import Process
    from tests.web.served import Served

CROWD = 10_000
BATCH = 100
WARM_UP = 2_000
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: a close is a reset, as from a machine that goes away."""

SSE = request("/api/stream")
SOCKET = request(
    "/api/ws",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version: 13",
)


async def come_and_go(port: int, number: int) -> None:
    """One reader; each in its own way."""
    loop = asyncio.get_running_loop()
    with socket.socket() as made:
        made.setblocking(False)
        await loop.sock_connect(made, ("127.0.0.1", port))
        await loop.sock_sendall(made, SOCKET if number % 10 == 9 else SSE)
        # Before the answer, at its first bytes, or after the snapshot.
        told = b""
        while number % 3 and (chunk := await loop.sock_recv(made, 65_536)):
            told += chunk
            if number % 3 == 1 or b'"sources","part"' in told:
                break
        if number % 2:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


async def crowd(port: int, size: int) -> None:
    for start in range(0, size, BATCH):
        await asyncio.gather(*(come_and_go(port, start + at) for at in range(BATCH)))


def sockets(running: Process) -> int:
    """Open sockets of the process."""
    files = Path(f"/proc/{running.pid}/fd")
    found = 0
    for file in files.iterdir():
        try:
            found += os.readlink(file).startswith("socket:")
        except OSError:
            continue
    return found


def memory(running: Process) -> int:
    """Resident bytes of the process."""
    pages = int(Path(f"/proc/{running.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
async def test_ten_thousand_come_and_go_and_leave_nothing_behind() -> None:
    async with process() as running:
        # The first ones make caches, pools and arenas grow to their size.
        await crowd(running.port, WARM_UP)
        await quiet(running)
        tasks, files, bytes_before = await running.tasks(), sockets(running), memory(running)

        await crowd(running.port, CROWD)
        await quiet(running)
        with anyio.fail_after(60):
            # The last ones may still be on their way out.
            while await running.tasks() > tasks:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        # The API server nobody answers for is asked now and then.
        assert sockets(running) <= files + 4
        assert memory(running) - bytes_before < 5_000_000, "500 bytes a reader"

        async with Reader(running.port) as reader:
            await reader.follow()
            assert len(await reader.snapshot()) == 8


async def quiet(running: Process) -> None:
    """Wait until the server has noticed that everybody is gone."""

    async def readers() -> int:
        told = (await exchange(running.port, request("/metrics"))).body.decode()
        lines = [line for line in told.splitlines() if line.startswith("watchglass_stream_readers")]
        assert len(lines) == 2
        return sum(int(float(line.rpartition(" ")[2])) for line in lines)

    with anyio.fail_after(60):
        while await readers():  # noqa: ASYNC110
            await anyio.sleep(0.05)


KEPT = frozenset(
    {"WireProtocol", "SocketProtocol", "RequestResponseCycle", "Handshake", "TCPTransport"}
)


@pytest.mark.parametrize(
    "asked",
    [SSE, SOCKET, request("/livez"), request("/api/pods", "Connection: close"), b"rubbish\r\n\r\n"],
    ids=["stream", "socket", "request", "last request", "rubbish"],
)
async def test_a_connection_goes_with_its_last_reference(served: Served, asked: bytes) -> None:
    """The collector walks every record we hold, so it may come by once in days."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            async with Reader(served.port) as reader:
                reader.write(asked)
                await reader.head()
        await settled(served)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found = {type(thing).__name__ for thing in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert found & KEPT == set()
