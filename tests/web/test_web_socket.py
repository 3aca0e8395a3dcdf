"""`GET /api/ws`: the same stream as JSON texts."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.clock import SystemClock
from tests.web.house import EPOCH, fill, house
from tests.web.probe import Told
from tests.web.reader import PATIENCE, Reader, Seen, become, event_in, problem_of, request
from tests.web.served import serving
from tests.web.test_event_stream import position, put, remove
from tests.web.test_protocol import UPGRADE, settled
from tests.web.test_routes import complain

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from tests.web.served import Served


def dial(served: Served, target: str = "/api/ws", **options: Any) -> connect:
    url = f"ws://127.0.0.1:{served.port}{target}"
    options.setdefault("origin", None)
    return connect(url, proxy=None, open_timeout=PATIENCE, compression=None, **options)


async def next_event(reader: ClientConnection) -> Seen:
    with anyio.fail_after(PATIENCE):
        message = await reader.recv()
    return event_in(message)


async def until(reader: ClientConnection, name: str) -> list[Seen]:
    found = [await next_event(reader)]
    while found[-1].event != name:
        found.append(await next_event(reader))
    return found


async def snapshot(reader: ClientConnection) -> list[Seen]:
    found = [await next_event(reader)]
    while found[-1].id is None:
        found.append(await next_event(reader))
    return found


async def end_of(reader: ClientConnection) -> tuple[int, str]:
    with anyio.fail_after(PATIENCE):
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                await reader.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def refused(served: Served, target: str = "/api/ws", **options: Any) -> Told:
    with pytest.raises(InvalidStatus) as caught:
        async with dial(served, target, **options):
            pass
    response = caught.value.response
    headers = [(name.lower(), value) for name, value in response.headers.raw_items()]
    return Told(response.status_code, headers, bytes(response.body or b""))


async def test_the_same_messages_as_json_texts(served: Served) -> None:
    async with dial(served, "/api/ws?topics=pods,sources") as reader:
        assert reader.response is not None
        headers = [(name.lower(), value) for name, value in reader.response.headers.raw_items()]
        assert complain(Told(101, headers, b""), "101") == []
        hello, *snapshots = await snapshot(reader)
        assert hello.data["topics"] == ["pods", "sources"]
        assert [event.data["topic"] for event in snapshots] == ["pods", "sources"]
        assert snapshots[-1].id == position(served)
        put(served, "by-socket")
        change = (await until(reader, "change"))[-1]
        assert change.changes[0]["key"] == "agents/by-socket"
        assert change.id == position(served)
        remove(served, "by-socket")
        beat = (await until(reader, "heartbeat"))[-1]
        assert set(beat.data["sources"] or ()) == {"pods/agents"}
        assert reader.subprotocol is None
        assert "sec-websocket-extensions" not in reader.response.headers


async def test_it_resumes_by_parameter_and_by_header(served: Served) -> None:
    before = position(served)
    put(served, "counted", 5)
    target = f"/api/ws?topics=pods&since={before}"
    async with dial(served, target) as reader:
        hello, change = await snapshot(reader)
        assert (hello.data["reason"], change.event) == ("resumed", "change")
    here = {"Last-Event-ID": position(served)}
    async with dial(served, target, additional_headers=here) as reader:
        events = [event.event for event in await until(reader, "heartbeat")]
        assert events == ["hello", "heartbeat"]
    for rubbish in ("rubbish", f"{EPOCH}-99999999"):
        async with dial(served, f"/api/ws?topics=pods&since={rubbish}") as reader:
            assert (await snapshot(reader))[-1].event == "snapshot"


async def test_it_ends_after_so_many_events(served: Served) -> None:
    async with dial(served, "/api/ws?topics=pods&maxEvents=2") as reader:
        assert [(await next_event(reader)).event for _ in range(2)] == ["hello", "snapshot"]
        assert await end_of(reader) == (1000, "enough")


def foreign(port: int) -> list[tuple[str, str]]:
    """Origins that are not ours, with the Host under which each is tried."""
    here = f"127.0.0.1:{port}"
    return [
        (f"http://127.0.0.1:{port + 1}", here),
        ("http://127.0.0.1", here),
        (f"https://127.0.0.1:{port}", here),
        (f"ws://127.0.0.1:{port}", here),
        (f"http://localhost:{port}", here),
        (f"http://127.0.0.1:{port}", f"localhost:{port}"),
        (f"http://127.0.0.1:{port}/", here),
        (f"http://127.0.0.1:{port}.evil.example", here),
        (f"http://evil.example:{port}", here),
        ("http://evil.example", here),
        ("null", here),
        ("file://", here),
        ("", here),
    ]


async def handshake(served: Served, *headers: str, host: str | None = None) -> Told:
    async with Reader(served.port) as reader:
        host = host or f"127.0.0.1:{served.port}"
        reader.write(request("/api/ws?topics=pods", *UPGRADE, *headers, host=host))
        await reader.head()
        if reader.status == 101:
            return Told(reader.status, reader.headers, b"")
        length = int(dict(reader.headers)["content-length"])
        body = await reader.incoming.readexactly(length)
        return Told(reader.status, reader.headers, body)


async def test_an_origin_that_is_absent_or_exactly_ours_passes(served: Served) -> None:
    assert (await handshake(served)).status == 101
    for host in (f"127.0.0.1:{served.port}", f"localhost:{served.port}", "localhost", "[::1]:9"):
        told = await handshake(served, f"Origin: http://{host}", host=host)
        assert told.status == 101, host
    await settled(served)


async def test_every_other_origin_is_refused(served: Served) -> None:
    for origin, host in foreign(served.port):
        told = await handshake(served, f"Origin: {origin}", host=host)
        assert told.status == 403, origin
        assert problem_of(told)["reason"] == "foreign_origin"
        assert complain(told, f"403 {origin}") == []
    await settled(served)


async def test_a_refused_handshake_gets_the_envelope(served: Served) -> None:
    for target, status, reason in (
        ("/api/ws?topics=none", 400, "unknown_topic"),
        ("/api/ws?namespace=none", 400, "unknown_namespace"),
        ("/api/ws?maxEvents=-1", 400, "invalid_request"),
        ("/api/stream", 404, "not_found"),
        ("/nope", 404, "not_found"),
        ("/", 404, "not_found"),
    ):
        told = await refused(served, target)
        assert told.status == status, target
        assert problem_of(told)["reason"] == reason
        assert complain(told, target) == []
    evil = {"Host": "evil.example"}
    async with Reader(served.port) as reader:
        reader.write(request("/api/ws", *UPGRADE, host=evil["Host"]))
        await reader.head()
        assert reader.status == 421
    await settled(served)


async def test_refusals_are_nothing_to_shout_about(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    await refused(served, "/api/ws?topics=none")
    await settled(served)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_reader_that_sends_a_little_is_forgiven(served: Served) -> None:
    async with dial(served, "/api/ws?topics=pods") as reader:
        await snapshot(reader)
        await reader.send('{"subscribe": "everything"}')
        await reader.send(b"\x00\xff")
        await reader.ping()
        put(served, "still-here")
        assert (await until(reader, "change"))[-1].id == position(served)
    remove(served, "still-here")
    await settled(served)


async def test_a_reader_that_sends_rubbish_is_closed(served: Served) -> None:
    async with dial(served, "/api/ws?topics=pods") as reader:
        await snapshot(reader)
        for _ in range(16):
            await reader.send("rubbish")
        assert await end_of(reader) == (1008, "this stream reads nothing")
    # More than one message may hold.
    async with dial(served, "/api/ws?topics=pods") as reader:
        await snapshot(reader)
        await reader.send("x" * 70_000)
        assert (await end_of(reader))[0] == 1009
    await settled(served)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff" * 1_000,
        b"\x81\x05hello",
        b"\x83\x80\x00\x00\x00\x00",
        b"\x81\x82\x00\x00\x00\x00\xc3\x28",
        b"\x88\x82\x00\x00\x00\x00\x00\x01",
        b"",
    ],
    ids=["HTTP", "ones", "not masked", "no opcode", "not UTF-8", "bad close", "nothing"],
)
async def test_what_is_no_frame_ends_the_connection(
    served: Served, rubbish: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with Reader(served.port) as reader:
        reader.write(request("/api/ws?topics=pods", *UPGRADE))
        await reader.head()
        assert reader.status == 101
        await become(lambda: served.rooms.readers == 1)
        reader.write(rubbish)
        reader.outgoing.write_eof()
        with anyio.fail_after(PATIENCE):
            await reader.incoming.read()
    await settled(served)
    assert [record.message for record in caplog.records if "Traceback" in record.message] == []


async def test_the_ways_in_which_a_server_ends_a_stream_have_codes() -> None:
    with serving(house(clock=SystemClock(), streams_max=3)) as served:
        fill(served.application)
        async with dial(served) as drained, dial(served) as expired, dial(served) as revoked:
            readers = (drained, expired, revoked)
            for reader in readers:
                await snapshot(reader)

            async with dial(served) as refused:
                hello, goodbye = [await next_event(refused) for _ in range(2)]
                assert (hello.event, hello.data["retryMs"]) == ("hello", 15_000)
                assert goodbye.data == {"reason": "limit", "retryMs": 15_000}
                assert await end_of(refused) == (1013, "limit")

            by_age = served.call(served.rooms.hub.subscriptions)
            served.call(lambda: by_age[1].end("auth_expired"))
            served.call(lambda: by_age[2].end("revoked"))
            served.server.should_exit = True
            ends = {}
            for reader in readers:
                goodbye = (await until(reader, "goodbye"))[-1]
                ends[goodbye.data["reason"]] = await end_of(reader)
            assert ends == {
                "drain": (1001, "drain"),
                "auth_expired": (4401, "auth_expired"),
                "revoked": (4403, "revoked"),
            }


async def test_a_socket_that_never_reads_disturbs_nobody_and_is_dropped() -> None:
    application = house(clock=SystemClock(), stalled_seconds=1, heartbeat_seconds=1)
    with serving(application) as served:
        fill(application)
        for number in range(100):
            put(served, f"large-{number}", message="x" * 40_000)
        told = served.rooms.hub.statistics
        async with Reader(served.port, receive_buffer=4_096) as stalled:
            stalled.write(request("/api/ws?topics=pods", *UPGRADE))
            await become(lambda: served.rooms.readers == 1)
            async with dial(served, "/api/ws?topics=pods", max_size=None) as healthy:
                await snapshot(healthy)
                put(served, "counted", 3)
                assert (await until(healthy, "change"))[-1].id == position(served)
                await become(lambda: told.stalled == 1 and served.rooms.readers == 1)
                connections = served.server.server_state.connections
                # By us, and not by the kernel, which gives up on it after 30 s.
                await become(lambda: served.call(lambda: len(connections)) == 1, within=15)


async def test_the_kernel_keeps_little_for_a_socket_too(served: Served) -> None:
    async with dial(served) as reader:
        await snapshot(reader)

        def kept() -> int:
            (connection,) = served.server.server_state.connections
            made: socket.socket = connection.transport.get_extra_info("socket")
            return made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

        assert served.call(kept) == 131_072
    await settled(served)


async def test_both_transports_tell_the_same(served: Served) -> None:
    async with Reader(served.port) as one, dial(served, "/api/ws?topics=jobs,sources") as other:
        await one.follow("/api/stream?topics=jobs,sources")
        by_events = [(e.event, e.id, json.dumps(e.data)) for e in (await one.snapshot())[1:]]
        by_socket = [(e.event, e.id, json.dumps(e.data)) for e in (await snapshot(other))[1:]]
        assert by_events == by_socket
