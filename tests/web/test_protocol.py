"""Bytes on a real socket: what is no request, what is too much, what comes behind another."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import anyio
import pytest

from app.cluster.projections.pods import PODS
from app.web.protocol import HEAD_LIMIT, SEND_BUFFER
from tests.cluster.projections.raw import pod
from tests.web.house import fill, show
from tests.web.reader import PATIENCE, Reader, become, exchange, problem_of, request
from tests.web.test_routes import complain

if TYPE_CHECKING:
    from tests.web.reader import Seen
    from tests.web.served import Served

KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13")


async def closed(reader: Reader) -> None:
    """Wait for the server's end of the connection."""
    with anyio.fail_after(PATIENCE):
        try:
            while await reader.incoming.read(65_536):
                pass
        except ConnectionResetError:
            pass


def connections(served: Served) -> int:
    return served.call(lambda: len(served.server.server_state.connections))


def tasks(served: Served) -> int:
    assert served.loop is not None
    loop = served.loop
    return served.call(lambda: len(asyncio.all_tasks(loop)))


async def settled(served: Served, *, streams: int = 0) -> None:
    """Wait until the server has noticed that its readers are gone."""
    await become(lambda: served.rooms.readers == streams and connections(served) == streams)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xc0" * 256, id="TLS"),
        pytest.param(b"\x00" * 300, id="zeros"),
        pytest.param(b"HELO mail.example\r\n\r\n", id="another protocol"),
        pytest.param(b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", id="version"),
        pytest.param(b"GET /\xe4 HTTP/1.1\r\nHost: localhost\r\n\r\n", id="bytes in the path"),
        pytest.param(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", id="CONNECT"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", id="no colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n", id="a space"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\x00c\r\n\r\n", id="NUL"),
        pytest.param(request("/livez", "Content-Length: -1"), id="negative length"),
        pytest.param(request("/", "Content-Length: 5", "Content-Length: 6"), id="two lengths"),
        pytest.param(
            request("/", "Content-Length: 5", "Transfer-Encoding: chunked", method="POST"),
            id="length and chunks",
        ),
        pytest.param(
            request("/livez", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n",
            id="no chunk",
        ),
    ],
)
async def test_what_is_no_request_is_told_so(served: Served, data: bytes) -> None:
    told = await exchange(served.port, data)
    assert told.status == 400
    assert problem_of(told)["reason"] == "invalid_http"
    assert told.header("connection") == "close"
    assert complain(told, "400") == []


@pytest.mark.parametrize(
    "data",
    [
        request("/livez?" + "x" * HEAD_LIMIT),
        request("/livez", "Cookie: " + "x" * HEAD_LIMIT),
        request("/livez", *(f"X-{n}: {'y' * 90}" for n in range(800))),
        # Without an end: the answer must not wait for one.
        b"GET /" + b"x" * 3 * HEAD_LIMIT,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 12 * HEAD_LIMIT,
        # A trailer and a chunk's extension are as endless as a header.
        request("/livez", "Transfer-Encoding: chunked", method="POST")
        + b"0\r\nX: "
        + b"y" * 12 * HEAD_LIMIT,
        request("/livez", "Transfer-Encoding: chunked", method="POST")
        + b"1;"
        + b"y" * 12 * HEAD_LIMIT,
    ],
    ids=["target", "one header", "many headers", "open target", "open header", "trailer", "chunk"],
)
async def test_a_head_has_a_limit(served: Served, data: bytes) -> None:
    async with Reader(served.port) as reader:
        reader.write(data)
        told = await reader.answer()
        if told.status == 405:
            # It was answered by its own head; what follows ends the connection all the same.
            await closed(reader)
        else:
            assert told.status == 431
            assert problem_of(told)["reason"] == "headers_too_large"
            assert complain(told, "431") == []


async def test_who_is_refused_may_finish_its_sentence(served: Served) -> None:
    """A connection that is closed on unread bytes is reset, and the answer is lost with it."""

    def talk() -> bytes:
        with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ")
            for _ in range(50):
                peer.sendall(b"x" * HEAD_LIMIT)
            told = b""
            while chunk := peer.recv(65_536):
                told += chunk
            return told

    told = await anyio.to_thread.run_sync(talk)
    assert told.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert told.endswith(b"}")


async def test_a_head_of_just_the_limit_is_read(served: Served) -> None:
    told = await exchange(served.port, request("/livez", "Cookie: " + "x" * (HEAD_LIMIT - 60)))
    assert told.status == 200
    # In pieces too, and with a large body behind it.
    async with Reader(served.port) as reader:
        head = request("/livez", f"Cookie: {'x' * 40_000}", "Content-Length: 200000", method="PUT")
        for start in range(0, len(head), 10_000):
            reader.write(head[start : start + 10_000])
            await reader.outgoing.drain()
        reader.write(b"b" * 200_000)
        assert (await reader.answer()).status == 405
        reader.write(request("/livez"))
        assert (await reader.answer()).status == 200


async def test_a_body_is_refused_by_its_length(served: Served) -> None:
    told = await exchange(served.port, request("/api/pods", "Content-Length: 300000", method="PUT"))
    assert told.status == 413
    assert problem_of(told)["reason"] == "payload_too_large"


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("[::1]", 200), ("evil.example", 421), ("127.0.0.1, x", 400)],
)
async def test_the_host_is_checked(served: Served, host: str, status: int) -> None:
    assert (await exchange(served.port, request("/livez", host=host))).status == status


async def test_a_request_without_a_host_is_refused(served: Served) -> None:
    for version in ("1.0", "1.1"):
        told = await exchange(served.port, f"GET /livez HTTP/{version}\r\n\r\n".encode())
        assert told.status == 400
        assert problem_of(told)["reason"] == "invalid_host"


async def test_requests_come_one_after_another_on_one_connection(served: Served) -> None:
    async with Reader(served.port) as reader:
        for _ in range(3):
            reader.write(request("/livez"))
            assert (await reader.answer()).body == b"ok\n"
        # And before the answers, which keep their order.
        reader.write(request("/version") + request("/nope") + request("/livez"))
        assert [(await reader.answer()).status for _ in range(3)] == [200, 404, 200]


async def test_head_is_answered_without_a_body(served: Served) -> None:
    async with Reader(served.port) as reader:
        for target in ("/", "/livez", "/api/pods", "/static/page.js", "/api/stream", "/nope"):
            reader.write(request(target, method="HEAD"))
            told = await reader.answer(head_only=True)
            assert told.status == (404 if target == "/nope" else 200)
        reader.write(request("/livez"))
        assert (await reader.answer()).body == b"ok\n"


async def test_the_kernel_keeps_little_for_a_peer(served: Served) -> None:
    async with Reader(served.port) as reader:
        reader.write(request("/livez"))
        await reader.answer()

        def kept() -> int:
            (connection,) = served.server.server_state.connections
            made: socket.socket = connection.transport.get_extra_info("socket")
            return made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

        # Linux doubles what is asked for, to have room for its own.
        assert served.call(kept) == 2 * SEND_BUFFER
    await settled(served)


@pytest.mark.parametrize(
    "behind",
    [
        request("/livez"),
        request("/api/stream") * 20,
        b"rubbish, not a request\r\n\r\n" * 50,
        b"\x00" * 200_000,
    ],
    ids=["a request", "streams", "rubbish", "zeros"],
)
async def test_whatever_comes_behind_the_request_of_a_stream_leaves_nothing_behind(
    served: Served, behind: bytes
) -> None:
    before = tasks(served)
    async with Reader(served.port) as reader:
        await reader.follow()
        await reader.snapshot()
        reader.write(behind)
        with anyio.fail_after(PATIENCE):
            await reader.outgoing.drain()
    await settled(served)
    await become(lambda: tasks(served) <= before)


async def test_rubbish_inside_an_answer_ends_the_connection_and_is_not_answered(
    served: Served,
) -> None:
    async with Reader(served.port) as reader:
        await reader.follow()
        await reader.snapshot()
        reader.write(b"rubbish\r\n\r\n")
        await closed(reader)
    await settled(served)


@pytest.mark.parametrize(
    ("headers", "method", "status", "reason"),
    [
        ((*UPGRADE[:3], "Sec-WebSocket-Version: 7"), "GET", 400, "invalid_handshake"),
        (UPGRADE[:2], "GET", 400, "invalid_handshake"),
        ((*UPGRADE, KEY), "GET", 400, "invalid_handshake"),
        (UPGRADE, "POST", 400, "invalid_handshake"),
        ((*UPGRADE, "Content-Length: 3"), "GET", 400, "invalid_handshake"),
        ((*UPGRADE, "Cookie: " + "x" * 10_000), "GET", 431, "headers_too_large"),
        ((*UPGRADE, *(f"X-{n}: y" for n in range(150))), "GET", 431, "headers_too_large"),
    ],
    ids=["version", "no key", "two keys", "method", "body", "long header", "many headers"],
)
async def test_what_is_no_handshake_is_told_so(
    served: Served, headers: tuple[str, ...], method: str, status: int, reason: str
) -> None:
    told = await exchange(served.port, request("/api/ws", *headers, method=method))
    assert told.status == status
    assert problem_of(told)["reason"] == reason
    assert complain(told, str(status)) == []
    await settled(served)


@pytest.mark.parametrize(("path", "name"), [("/api/ws", "late"), ("/elsewhere", "later")])
async def test_an_upgrade_behind_an_open_stream_ends_that_connection_alone(
    served: Served, path: str, name: str
) -> None:
    async with Reader(served.port) as other, Reader(served.port) as reader:
        for each in (other, reader):
            await each.follow()
            await each.snapshot()
        reader.write(request(path, *UPGRADE))
        await closed(reader)
        served.call(lambda: show(served.application, PODS, pod(name)))
        with anyio.fail_after(PATIENCE):
            while f"agents/{name}" not in keys(await other.named("change")):
                pass
        await settled(served, streams=1)
    served.call(lambda: fill(served.application))
    await settled(served)


def keys(change: Seen) -> list[str]:
    return [each["key"] for each in change.changes]


async def test_another_upgrade_is_ignored(served: Served) -> None:
    told = await exchange(served.port, request("/livez", "Connection: Upgrade", "Upgrade: h2c"))
    assert told.status == 200
