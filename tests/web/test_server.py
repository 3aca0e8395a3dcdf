from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from contextlib import suppress

import anyio
import pytest

from app.clock import SystemClock
from app.derive.freshness import SourceMonitor
from app.errors import ConfigurationError
from app.settings import Settings
from app.web.server import Server, listen, serve
from tests.web.house import fill, house
from tests.web.reader import PATIENCE, Reader, exchange, request
from tests.web.served import Served, serving


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.9", "::1", "[::1]"])
async def test_it_listens_on_loopback(host: str) -> None:
    with listen(host, 0) as made:
        address = made.getsockname()[0]
        assert address == {"localhost": "127.0.0.1", "[::1]": "::1"}.get(host, host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "example.com", "", "127.0.0.1.example"]
)
def test_and_nowhere_else(host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        listen(host, 0)
    told = str(caught.value)
    assert told.endswith("is not loopback.")
    assert told.count(".") - host.count(".") == 1, "one sentence"
    assert "sign-in" in told


def test_a_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as made:
        port = made.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} on 127.0.0.1 is in use"):
            listen("127.0.0.1", port)


def test_an_address_that_this_machine_does_not_have() -> None:
    # Loopback by its number; a socket for the other family cannot have it.
    with pytest.raises(ConfigurationError, match=r"^Cannot listen on ::1%nothing:0: .*\.$"):
        listen("::1%nothing", 0)


async def test_the_address_we_listen_on_is_a_name_of_ours() -> None:
    application = house(host="127.0.0.9")
    assert application.rooms.allowed_hosts == {"127.0.0.9"}
    assert house(host="::1").rooms.allowed_hosts == {"[::1]"}
    assert Settings(host="[::1]").host == "::1"


class FaultyMonitor(SourceMonitor):
    """The room of the sources' freshness fails on it."""

    def assess(self) -> None:
        if self.age_seconds > 0.1:
            raise RuntimeError("a fault")


async def test_a_fault_in_a_room_ends_the_server_with_a_goodbye() -> None:
    """Half a house would show pages that lie."""
    application = house(clock=SystemClock())
    results: list[bool] = []
    ready = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    def begun() -> None:
        loops.append(asyncio.get_running_loop())
        ready.set()

    with listen("127.0.0.1", 0) as made:
        port = made.getsockname()[1]
        thread = threading.Thread(
            target=lambda: results.append(serve(application, made, ready=begun)), daemon=True
        )
        thread.start()
        assert await anyio.to_thread.run_sync(ready.wait, PATIENCE)
        async with Reader(port) as reader:
            await reader.follow()
            await reader.snapshot()
            rooms = application.rooms
            faulty = FaultyMonitor(rooms.board.sources, rooms.clock, "pods", "faulty")
            monitors = rooms.freshness.monitors
            loops[0].call_soon_threadsafe(monitors.__setitem__, faulty.key, faulty)
            assert [event.event for event in await reader.rest()][-1] == "goodbye"
        await anyio.to_thread.run_sync(thread.join, PATIENCE)
    assert results == [False]


async def test_a_fault_in_the_hub_ends_the_server_too() -> None:
    application = house(clock=SystemClock(), heartbeat_seconds=1)

    def vitals(topics: object, namespaces: object) -> dict[str, object]:
        raise RuntimeError("a fault")

    application.rooms.hub.vitals = vitals
    crashed: list[str] = []
    with serving(application) as served:
        application.on_crash = crashed.append
        async with Reader(served.port) as reader:
            await reader.follow()
            await reader.snapshot()
            with anyio.fail_after(PATIENCE):
                while not crashed:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
        assert crashed == ["hub"]
        assert (await exchange(served.port, request("/livez"))).status == 200


def test_it_can_be_served_beside_a_thread_that_owns_the_signals() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), gc.get_threshold()
    with serving(house(clock=SystemClock())) as served:
        fill(served.application)
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before[:2]
    assert gc.get_threshold() == before[2]


def test_in_the_main_thread_signals_are_taken_and_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    application = house(clock=SystemClock())
    during: list[object] = []

    def begun() -> None:
        during.append(signal.getsignal(signal.SIGTERM))
        signal.raise_signal(signal.SIGTERM)

    with listen("127.0.0.1", 0) as made:
        assert serve(application, made, ready=begun) is True
    assert during[0] not in before
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_second_signal_ends_at_once_and_the_first_does_not() -> None:
    server = Server(house())
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert server.force_exit is True


def test_at_once_is_without_a_goodbye() -> None:
    served = Served(house(clock=SystemClock()))
    served.start()
    with socket.create_connection(("127.0.0.1", served.port)) as peer:
        peer.sendall(request("/api/stream"))
        assert peer.recv(10).startswith(b"HTTP/1.1 2")
        served.stop(at_once=True)
        told = b""
        with suppress(ConnectionResetError):
            while chunk := peer.recv(65_536):
                told += chunk
    assert b"goodbye" not in told
