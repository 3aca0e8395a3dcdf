"""A server's life in a loop that only the test moves: hubs, writers of values, pages."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from app import stream
from tests.fakes.clock import START
from tests.stream.page import Chronicle, Page
from tests.stream.wire import FakeWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.stream import Dialect, Hub, Limits, Subscription, Topic

T = TypeVar("T")

TOPICS = ("pods", "jobs", "news")
FIELDS = {"detail": frozenset({"n", "pad"}), "summary": frozenset({"n"})}
"""What a value has for each audience."""
KEYS = ("a/1", "a/2", "b/1", "b/2", "all")
FINAL = "a/final"
"""A key that gets one value, and no other after it."""

HOP = 5.0
"""Seconds that time moves at once at most: one beat of the pulse."""


@dataclass(frozen=True, slots=True)
class Room:
    """The stream room under test: ours, or a copy with a fault in it."""

    hub: type[Hub]
    limits: type[Limits]
    closed: type[Exception]


OURS = Room(stream.Hub, stream.Limits, stream.WriterClosed)


@dataclass(frozen=True, slots=True)
class Value:
    """A value that differs from every other by its number."""

    number: int
    size: int = 0

    def detail(self) -> bytes:
        return json.dumps({"n": self.number, "pad": "x" * self.size}).encode()

    def summary(self) -> bytes:
        return b'{"n":%d}' % self.number


class StillLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still until the test moves it."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.faults: list[BaseException] = []
        super().__init__()
        self.set_exception_handler(self._note)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What a timer's call raises is nobody's else: it would only be logged."""
        self.faults.append(context.get("exception") or AssertionError(context["message"]))

    def time(self) -> float:
        return self.moment

    @property
    def next_timer(self) -> float:
        """When the next call is due."""
        # The base class tells nobody else.
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        return min(timer.when() for timer in timers if not timer.cancelled())

    def cycles(self, count: int) -> None:
        """Run what is ready, so many times."""
        for _ in range(count):
            self.call_soon(self.stop)
            self.run_forever()


class StillClock:
    """The loop's time as a clock."""

    def __init__(self, loop: StillLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.moment)

    def monotonic(self) -> float:
        return self._loop.moment


@dataclass(slots=True)
class Reader:
    """A page and its present connection, None between two."""

    page: Page
    audience: str
    slow: bool = False
    """Its machine has what arrives, its page looks at it only when told."""
    writer: FakeWriter | None = None
    subscription: Subscription | None = None


class World:
    """Everything that happens happens through it."""

    def __init__(self, room: Room = OURS) -> None:
        self.room = room
        self.loop = StillLoop()
        self.clock = StillClock(self.loop)
        self.chronicles: dict[str, Chronicle] = {}
        self.readers: list[Reader] = []
        self.number = 0
        self.lives = 0
        self.start()

    # One life of the process

    def start(self) -> None:
        """Begin a life: a new epoch, empty topics, nothing synced."""
        self.lives += 1
        epoch = f"{self.lives:010d}"
        self.chronicle = self.chronicles[epoch] = Chronicle(epoch)
        self.hub = self.room.hub(
            self.clock,
            limits=self.room.limits(
                heartbeat_seconds=10.0, heartbeat_slots=2, tombstone_seconds=60.0, tombstones=2
            ),
            epoch=epoch,
            random=Random(self.lives),
            later=self.loop.call_later,
        )
        reads: dict[str, Callable[[Value], bytes]] = {
            "detail": Value.detail,
            "summary": Value.summary,
        }
        self.topics: dict[str, Topic[Value]] = {
            name: self.hub.topic(name, reads=reads, namespace_of=namespace_of) for name in TOPICS
        }
        self.finals: dict[tuple[str, str], int] = {}
        self.running = self.loop.create_task(self.hub.run())
        self.loop.cycles(3)

    @property
    def alive(self) -> bool:
        """Whether the hub runs."""
        return not self.running.done()

    def restart(self) -> None:
        """The process dies as it stands, and another begins."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """The process dies; what its readers' machines have taken they keep."""
        for reader in self.readers:
            if reader.writer is not None:
                reader.writer.cut()
        self.running.cancel()
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.running)
        for reader in self.readers:
            self.look(reader)
            self.gone(reader)

    def close(self) -> None:
        """The end of the test."""
        try:
            self.kill()
        finally:
            self.loop.close()

    # Doing

    def do(self, call: Callable[[], T]) -> T:
        """Call something inside the loop, as the server does, and let what follows happen."""
        done: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(call())
            except BaseException as error:  # it is raised again below
                failed.append(error)

        self.loop.call_soon(run)
        self.loop.cycles(4)
        if failed:
            raise failed[0]
        self.after()
        return done[0]

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 0:
            hop = min(seconds, HOP)
            self.loop.moment += hop
            seconds -= hop
            self.loop.cycles(4)
            self.after()

    def advance_to_next_timer(self, before: float) -> None:
        """Let time pass until something is due so many seconds later."""
        self.advance(max(0.0, self.loop.next_timer - before - self.loop.moment))

    def after(self) -> None:
        """What holds at every moment."""
        if self.loop.faults:
            raise self.loop.faults[0]
        if not self.alive:
            self.running.result()
        for reader in self.readers:
            if not reader.slow:
                self.look(reader)
            if reader.writer is not None and reader.writer.gone and not reader.writer.pipe:
                self.gone(reader)
        for subscription in self.hub.subscriptions():
            self.check_backlog(subscription)

    def check_backlog(self, subscription: Subscription) -> None:
        """A reader that lags is behind by no more changes than there are known keys."""
        view = subscription.view
        if subscription not in view.lagging:
            return
        namespaces = view.choice.namespaces
        known = {(name, key) for name, topic in self.topics.items() for key in topic._live}
        known |= {(name, key) for name, topic in self.topics.items() for key in topic._tombstones}
        behind = [
            (name, key)
            for name in view.choice.topics
            for _, key, _ in self.topics[name].since(subscription.position, namespaces)
        ]
        assert len(behind) == len(set(behind)), "behind by more than one change of a key"
        assert set(behind) <= known, "behind by a key that is not known"

    # Values

    def write(self, changes: list[Callable[[], object]]) -> None:
        """Make changes in one batch; note what the board held and which belong together."""

        def batch() -> None:
            before = self.hub.seq
            with self.hub.batch():
                for change in changes:
                    change()
            seqs = {}
            for name, topic in self.topics.items():
                for seq, key, _ in topic.since(before, None):
                    seqs[(name, key)] = seq
                if topic.synced:
                    self.chronicle.synced.add(name)
            self.chronicle.batches.append(seqs)
            self.chronicle.seqs.update(seqs)

        listening = [topic.listen(self._noting(name)) for name, topic in self.topics.items()]
        try:
            self.do(batch)
        finally:
            for unlisten in listening:
                unlisten()

    def _noting(self, name: str) -> Callable[[str, Value | None, Value | None], None]:
        def note(key: str, old: Value | None, new: Value | None) -> None:
            self.chronicle.held((name, key), None if new is None else new.number)

        return note

    def value(self, size: int = 0) -> Value:
        """A value that never was before."""
        self.number += 1
        self.chronicle.largest = max(self.chronicle.largest, min(size, 49_152))
        return Value(self.number, size)

    def finish(self, topic: str) -> None:
        """Write a terminal value."""
        if (topic, FINAL) not in self.finals:
            value = self.value()
            self.finals[topic, FINAL] = value.number
            self.write([lambda: self.topics[topic].upsert(FINAL, value)])

    # Readers

    def open(
        self, topics: tuple[str, ...], namespaces: frozenset[str] | None, audience: str
    ) -> Reader:
        """A page that has never been connected."""
        ordered = tuple(name for name in TOPICS if name in topics)
        reader = Reader(Page(self.chronicles, ordered, namespaces, FIELDS[audience]), audience)
        self.readers.append(reader)
        return reader

    def connect(
        self,
        reader: Reader,
        cursor: str | None,
        *,
        dialect: Dialect = "sse",
        stepped: bool = True,
        room: int | None = None,
    ) -> None:
        """Attach a page that is not connected."""
        page = reader.page
        # A page believes in no id that it was never given: one that is ahead may come true.
        page.connect(cursor if cursor in page.ids else None)
        writer = FakeWriter(dialect, stepped=stepped, room=room, closed=self.room.closed)
        expected = expected_reason(cursor, self.hub)

        def attach() -> None:
            reader.writer = writer
            reader.subscription = self.hub.attach(
                topics=page.topics,
                namespaces=page.namespaces,
                audience=reader.audience,
                writer=writer,
                cursor=cursor,
            )

        self.do(attach)
        if page._greeted:
            assert page.reason in expected, f"a reason {page.reason!r} for {cursor!r}"

    def leave(self, reader: Reader, *, arrived: int | None) -> None:
        """Cut a connection at a frame border; of what it took, `arrived` frames reach the page."""
        assert reader.writer is not None
        reader.writer.cut()
        self.look(reader, arrived)
        self.gone(reader)

    def widen(self, reader: Reader, room: int | None) -> None:
        """Let a reader take so many frames from now on."""
        writer = reader.writer
        if writer is not None:
            self.do(lambda: writer.widen(room))

    def dismiss(self, reader: Reader, reason: str) -> None:
        """Say goodbye to a reader."""
        subscription = reader.subscription
        if subscription is not None:
            self.do(lambda: subscription.end(reason))

    def look(self, reader: Reader, most: int | None = None) -> None:
        """Let a page see what has arrived."""
        if reader.writer is not None:
            for event in reader.writer.events(most):
                reader.page.receive(event)

    def gone(self, reader: Reader) -> None:
        """Its connection is over; the server may know that or not."""
        reader.writer = None
        reader.subscription = None

    # The end of changes

    def settle(self) -> None:
        """Changes stop, everything is synced and every page can read: all must agree."""
        self.write([topic.mark_synced for topic in self.topics.values()])
        for reader in self.readers:
            reader.slow = False
            self.widen(reader, None)
        # Those who have been told goodbye are closed by then.
        self.advance(2.0)
        for reader in self.readers:
            if reader.writer is None:
                self.connect(reader, reader.page.last_id)
        self.advance(12.0)
        for reader in self.readers:
            self.check_agreement(reader)

    def check_agreement(self, reader: Reader) -> None:
        """A page shows what the board holds, no less and no more, and knows that it is fresh."""
        page = reader.page
        assert reader.writer is not None, "a reader that keeps up was dropped"
        board = {
            (name, key): value.number
            for name in page.topics
            for key, value in self.topics[name].items()
            if page.visible(key)
        }
        assert page.values == board, "a page does not agree with the board"
        assert not page.stale, "something is still marked stale"
        assert all(page.synced.get(name) for name in page.topics), "a topic is not synced"
        assert page.heartbeats, "no heartbeat in a round"
        seqs = self.chronicle.seqs.items()
        last = max((s for (n, k), s in seqs if n in page.topics and page.visible(k)), default=0)
        assert page.proved >= last, "a loss of the last change would not be noticed"
        for address, number in self.finals.items():
            if address[0] in page.topics and page.visible(address[1]):
                assert page.values[address] == number, "a terminal value is lost"


def namespace_of(key: str) -> str | None:
    """The namespace of `a/1` is `a`; other keys have none."""
    return key.partition("/")[0] if "/" in key else None


def expected_reason(cursor: str | None, hub: Any) -> set[str]:
    """What `hello` may say to `cursor`."""
    if cursor is None or not cursor.count("-"):
        return {"fresh"}
    epoch, _, seq = cursor.partition("-")
    if not (seq.isdecimal() and (seq == "0" or seq[0] != "0") and len(epoch) == 10):
        return {"fresh"}
    if epoch != hub.epoch:
        return {"epoch"}
    return {"ahead"} if int(seq) > hub.seq else {"resumed", "gap"}
