"""The contract that stepping stands on, held against the installed uvicorn.

docs/decisions/0003-stepping-send.md: a `send` that has to wait does so before it touches anything.
Then a stepped `send` that suspends has written nothing, and can be closed as if it had never been.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

import anyio
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.clock import SystemClock
from app.stream import CHUNK, Frame, Hub, Limits, SteppedWriter, TaskWriter, WriterClosed
from app.web.chunks import ChunkedSend
from app.web.wire import EXTENSION, socket_writer, stream_writer
from tests.stream.server import SECONDS, Connection, serving
from tests.stream.wire import parse_sse, parse_websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable
    from typing import Any

    from anyio.abc import TaskGroup

    from app.stream import Topic, Writer
    from tests.stream.server import Message, Receive, Send
    from tests.stream.wire import Event as Told


def as_it_is(send: Send) -> Send:
    return send


def suspending_first(send: Send) -> Send:
    """What a middleware, or another server, may do: each `send` gives way once, then writes."""

    async def wrapped(message: Message) -> None:
        await asyncio.sleep(0)
        await send(message)

    return wrapped


def writing_first(send: Send) -> Send:
    """What must not be stepped: it writes, and gives way afterwards."""

    async def wrapped(message: Message) -> None:
        await send(message)
        await asyncio.sleep(0)

    return wrapped


MOST_HELD = 64 * 1024 * 1024
"""Bytes: far more than the buffers of a connection and of its kernel hold."""


@dataclass
class Probe:
    """Steps `send` while nobody reads, and then writes on in the usual way."""

    wrap: Callable[[Send], Send] = as_it_is
    quick: bool = False
    """Whether `send` is the one that our server makes faster."""
    accepted: list[bytes] = field(default_factory=list)
    suspensions: int = 0
    stepped_afterwards: int = 0
    stuck: Event = field(default_factory=Event)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        assert scope["extensions"][EXTENSION].steps is True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if self.quick:
            send = scope["extensions"][EXTENSION].quick(send)
            assert type(send) is ChunkedSend
        wrapped = self.wrap(send)
        while not self.suspensions:
            # A `send` that never waits would go on until memory ends.
            assert sum(map(len, self.accepted)) < MOST_HELD
            # In bursts, so that the kernel's buffers fill too and not ours alone.
            for _ in range(8):
                self.step(wrapped)
            await asyncio.sleep(0)
        for _ in range(50):
            self.step(wrapped)
        suspensions = self.suspensions
        self.stuck.set()
        await self.write(send, b"the first that was waited for")
        while self.stepped_afterwards < 20:
            self.stepped_afterwards += self.step(send)
            await asyncio.sleep(0)
        self.suspensions = suspensions
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def step(self, send: Send) -> bool:
        """What `SteppedWriter.try_write` does."""
        number = len(self.accepted) + self.suspensions
        payload = b"<%d:%b>" % (number, b"%d" % (number % 10) * (number * 37 % 9_000))
        sending: Coroutine[Any, Any, None] = send(message(payload))  # type: ignore[assignment]
        try:
            next(sending.__await__())
        except StopIteration:
            self.accepted.append(payload)
            return True
        sending.close()
        self.suspensions += 1
        return False

    async def write(self, send: Send, payload: bytes) -> None:
        await send(message(payload))
        self.accepted.append(payload)


def message(payload: bytes) -> Message:
    chunk = b"%x\r\n%b\r\n" % (len(payload), payload)
    return {"type": "http.response.body", "body": payload, "more_body": True, CHUNK: chunk}


async def lifespan(
    receive: Receive, send: Send, start: Callable[[TaskGroup], Awaitable[None]] | None = None
) -> None:
    """Begin and end with the server."""
    assert (await receive())["type"] == "lifespan.startup"
    async with anyio.create_task_group() as tasks:
        if start is not None:
            await start(tasks)
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        tasks.cancel_scope.cancel()
    await send({"type": "lifespan.shutdown.complete"})


def received(probe: Probe) -> list[bytes]:
    """The chunks that a reader gets which begins to read only when the server is stuck."""
    with serving(probe) as port, Connection(port) as connection:
        assert probe.stuck.wait(SECONDS)
        return list(connection.chunks())


class TestContract:
    @pytest.mark.parametrize("quick", [False, True], ids=["uvicorn's", "ours"])
    def test_exactly_what_a_stepped_send_accepted_arrives(self, quick: bool) -> None:
        probe = Probe(quick=quick)
        chunks = received(probe)
        assert probe.suspensions >= 50
        assert len(probe.accepted) > 30
        assert sum(map(len, probe.accepted)) > 65_536
        assert chunks == probe.accepted

    def test_a_send_that_gives_way_first_accepts_nothing_and_writes_nothing(self) -> None:
        probe = Probe(suspending_first)
        chunks = received(probe)
        assert chunks == probe.accepted
        assert chunks[0] == b"the first that was waited for"

    def test_a_send_that_writes_first_is_found_out(self) -> None:
        """The contract can be broken, and this is how it would show."""
        probe = Probe(writing_first)
        chunks = received(probe)
        assert len(chunks) > len(probe.accepted)


@dataclass
class Answer:
    """Keeps what a response's end does to the `send` that our server made faster."""

    outcomes: list[object] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        make = scope["extensions"][EXTENSION].quick
        self.outcomes.append(make(send) is send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        made = make(send)
        self.outcomes.append(make(as_it_is) is as_it_is)
        # The chunk differs from the body here, to tell which of the two was written.
        await made({**message(b"body"), CHUNK: b"5\r\nchunk\r\n"})
        await made({"type": "http.response.body", "body": b"end", "more_body": False})
        try:
            SteppedWriter(made).try_write(Frame("late", b"{}"))
        except WriterClosed:
            self.outcomes.append("closed")


def test_a_quick_send_is_that_of_one_response_and_ends_with_it() -> None:
    answer = Answer()
    with serving(answer) as port, Connection(port) as connection:
        assert list(connection.chunks()) == [b"chunk", b"end"]
    assert answer.outcomes == [True, True, "closed"]


class Feed:
    """A hub behind a server: it writes when `expected` readers are there, then says goodbye."""

    def __init__(
        self,
        write: Callable[[Topic[str]], Coroutine[Any, Any, None]],
        writer: Callable[[Message, Send], Writer],
        *,
        expected: int = 1,
    ) -> None:
        self.hub = Hub(SystemClock(), limits=Limits(tick_seconds=0.0))
        self.topic: Topic[str] = self.hub.topic(
            "things", reads={"detail": lambda value: json.dumps(value).encode()}
        )
        self.writers: list[Writer] = []
        self.written = Event()
        self._write = write
        self._writer = writer
        self._expected = expected
        self._complete = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send, self._start)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        writer = self._writer(scope, send)
        self.writers.append(writer)
        subscription = self.hub.attach(
            topics=["things"], namespaces=None, audience="detail", writer=writer
        )
        if len(self.hub.subscriptions()) == self._expected:
            self._complete.set()
        while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
            pass
        subscription.detach()

    async def _start(self, tasks: TaskGroup) -> None:
        tasks.start_soon(self._publish)
        await tasks.start(self.hub.run)

    async def _publish(self) -> None:
        await self._complete.wait()
        await self._write(self.topic)
        self.written.set()
        # Who is behind when it is told goodbye does not get the rest.
        while self.hub.statistics.lagging:  # noqa: ASYNC110 - the hub counts, it does not tell
            await asyncio.sleep(0.001)
        await self.hub.drain(within=0)


async def many(topic: Topic[str]) -> None:
    """Each key once, so that nothing can be coalesced."""
    for number in range(500):
        topic.upsert(str(number), f"value {number}")
        await asyncio.sleep(0)


def check_many(events: list[Told]) -> None:
    """A reader got all of `many`, in order, once."""
    assert [event.event for event in events[:2]] == ["hello", "snapshot"]
    assert events[-1].event == "goodbye"
    told = [change for event in events[2:-1] for change in changes(event)]
    assert told == [(str(number), f"value {number}") for number in range(500)]
    seqs = [int(str(event.id).partition("-")[2]) for event in events[1:-1]]
    assert seqs == sorted(set(seqs))


def changes(event: Told) -> list[tuple[str, str]]:
    listed = event.data["changes"]
    assert isinstance(listed, list)
    return [
        (str(change["key"]), str(change["value"])) for change in listed if isinstance(change, dict)
    ]


def read_events(chunks: Iterable[bytes]) -> list[Told]:
    return [event for chunk in chunks for event in parse_sse(chunk)]


def test_our_own_server_is_stepped_and_others_are_not() -> None:
    sends: list[object] = []

    def writer(scope: Message, send: Send) -> Writer:
        made = stream_writer(scope, send)
        sends.append(made._send)
        return made

    feed = Feed(many, writer)
    with serving(feed) as port, Connection(port) as connection:
        check_many(read_events(connection.chunks()))
    assert [type(writer) for writer in feed.writers] == [SteppedWriter]
    assert [type(send) for send in sends] == [ChunkedSend]
    assert type(stream_writer({"type": "http"}, suspending_first)) is TaskWriter  # type: ignore[arg-type]


def test_the_fallback_is_right_where_every_send_suspends() -> None:
    feed = Feed(many, lambda scope, send: TaskWriter(suspending_first(send)), expected=3)
    with (
        serving(feed) as port,
        Connection(port) as first,
        Connection(port) as second,
        Connection(port) as third,
    ):
        for connection in (first, second, third):
            check_many(read_events(connection.chunks()))


def test_the_fallback_serves_websockets() -> None:
    feed = Feed(many, socket_writer, expected=2)
    with serving(feed) as port:
        address = f"ws://127.0.0.1:{port}/"
        with connect(address, compression=None) as one, connect(address, compression=None) as two:
            for client in (one, two):
                events = []
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        text = client.recv(timeout=SECONDS)
                        assert isinstance(text, str)
                        events += parse_websocket(text.encode())
                check_many(events)
                assert closed.value.rcvd is not None
                assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "drain")


async def too_much(topic: Topic[str]) -> None:
    """More than a reader that does not read can be given, most of it overtaken."""
    for number in range(2_000):
        topic.upsert(str(number % 10), f"{number}:" + "x" * 4_000)
        await asyncio.sleep(0)
    topic.upsert("last", "value")


def plain(scope: Message, send: Send) -> Writer:
    wire = scope["extensions"][EXTENSION]
    return SteppedWriter(send, abort=wire.abort, backlog=wire.backlog)


def held_back(scope: Message, send: Send) -> Writer:
    return plain(scope, suspending_first(send))


@pytest.mark.parametrize("writer", [stream_writer, plain, held_back])
def test_a_reader_that_did_not_read_gets_the_last_values(
    writer: Callable[[Message, Send], Writer],
) -> None:
    feed = Feed(too_much, writer)
    with serving(feed) as port, Connection(port) as connection:
        assert feed.written.wait(SECONDS)
        assert feed.hub.statistics.lagging == 1
        values: dict[str, str] = {}
        taken = 0
        for event in read_events(connection.chunks()):
            if event.event == "change":
                values.update(changes(event))
                taken += 1
    assert {key: value.partition(":")[0] for key, value in values.items()} == {
        **{str(number % 10): str(number) for number in range(1_990, 2_000)},
        "last": "value",
    }
    assert taken < 1_000
