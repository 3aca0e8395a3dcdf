"""The hub: one sequence over all topics, and every reader of them.

A change, a flush and an attach each happen in one call without an `await`, so there is no moment
between a snapshot and its reader's registration. What waits for a slow reader or for time is in
`delivery.py` and `pulse.py`.
"""

from __future__ import annotations

from contextlib import contextmanager
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from app.stream.cursor import new_epoch
from app.stream.delivery import Delivery
from app.stream.greeting import Greeting
from app.stream.ledger import Ledger, loop_later
from app.stream.limits import Limits
from app.stream.pulse import Pulse
from app.stream.statistics import Statistics
from app.stream.subscription import Subscription
from app.stream.topic import Topic
from app.stream.view import Choice, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from random import Random

    from anyio.abc import TaskStatus

    from app.clock import Clock
    from app.stream.frame import Frame
    from app.stream.ledger import Handle
    from app.stream.writers import Writer

V = TypeVar("V")

TOPIC_LIMIT = 64
"""Characters of a topic's name: it is repeated in every change."""


class Hub:
    """Owner of the epoch, the seq, the topics, the views and the readers.

    Args:
        clock: Times of heartbeats, tombstones and the flush.
        limits: Intervals and bounds.
        vitals: Gives for (topics, namespaces) what a heartbeat says of their sources.
        random: Epoch and retry times.
        build: Named in `hello`.
        later: Calls something after a delay in seconds; default the running loop's `call_later`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limits: Limits | None = None,
        vitals: Callable[[tuple[str, ...], frozenset[str] | None], Mapping[str, object]]
        | None = None,
        random: Random | None = None,
        epoch: str | None = None,
        build: str = "",
        later: Callable[[float, Callable[[], None]], Handle] = loop_later,
    ) -> None:
        self.limits = limits or Limits()
        chance: Random = random or SystemRandom()
        self.epoch = epoch or new_epoch(chance)
        self.statistics = Statistics()
        self.draining = False
        self.vitals = vitals or (lambda topics, namespaces: {})
        self.views: dict[Choice, View] = {}
        self.clock = clock
        self.greeting = Greeting(
            epoch=self.epoch, limits=self.limits, clock=clock, random=chance, build=build
        )
        self._ledger = Ledger(
            clock,
            tick=self.limits.tick_seconds,
            later=later,
            statistics=self.statistics,
            publish=self._publish,
            idle=lambda: not self.views,
        )
        self._topics: dict[str, Topic[Any]] = {}
        self._delivery = Delivery(self)
        self._pulse = Pulse(self, self._delivery)

    @property
    def seq(self) -> int:
        """The number of the last change."""
        return self._ledger.seq

    # Topics and batches

    def topic(
        self,
        name: str,
        *,
        reads: Mapping[str, Callable[[V], bytes]] | None = None,
        namespace_of: Callable[[str], str | None] = lambda key: None,
    ) -> Topic[V]:
        """A new topic. `reads` gives each audience's encoder to JSON on one line.

        Without `reads` it is internal: nobody outside can subscribe to it. `namespace_of(key)` says
        which choice of namespaces sees the key, None that all do.
        """
        if name in self._topics or len(name) > TOPIC_LIMIT:
            raise ValueError(f"there is a topic {name!r} already, or its name is too long")
        topic: Topic[V] = Topic(
            name,
            self._ledger,
            reads=reads or {},
            namespace_of=namespace_of,
            horizon=self.limits.tombstone_seconds,
            most_tombstones=self.limits.tombstones,
        )
        self._topics[name] = topic
        return topic

    def readable(self, audience: str) -> tuple[str, ...]:
        """The topics that `audience` may subscribe to, in the order they were made."""
        return tuple(name for name, topic in self._topics.items() if audience in topic.reads)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """What is written inside reaches readers together. Never hold it across an `await`."""
        self._ledger.enter()
        try:
            yield
        finally:
            self._ledger.leave()

    def expire(self) -> None:
        """Let every topic forget tombstones that are beyond the horizon."""
        for topic in self._topics.values():
            topic.expire()

    # Readers

    def attach(
        self,
        *,
        topics: Iterable[str],
        namespaces: Iterable[str] | None,
        audience: str,
        writer: Writer,
        cursor: str | None = None,
        max_events: int | None = None,
    ) -> Subscription:
        """Register a reader and give it everything it lacks, in this one call.

        Args:
            topics: Names, each readable by `audience`.
            namespaces: None for all of them.
            audience: Whose reading of the topics.
            writer: The reader's end of the wire; its response has been started.
            cursor: The id of the last event the reader has; one that cannot be honoured, or is
                none, means a snapshot.
            max_events: End the stream after so many events.

        Raises:
            LookupError: A topic that `audience` cannot read, or none at all.
            RuntimeError: Called inside a batch.
        """
        if self._ledger.open:
            raise RuntimeError("attach inside a batch would tear the batch")
        self.flush()
        view = self._view(topics, namespaces, audience)
        position, reason = view.position(cursor, self.seq)
        if position is None:
            owed = view.snapshot(self.seq)
        else:
            owed = view.since(position, self.seq).frames
        self.statistics.attached += 1
        self.statistics.attach_reasons[reason] += 1
        subscription = Subscription(
            self, view, writer, slot=self._pulse.next_slot(), events_left=max_events
        )
        subscription.position = self.seq
        self.views[view.choice] = view
        self.statistics.readers[writer.dialect] += 1
        self._delivery.start(subscription, (self.greeting.hello(view.choice.topics, reason), *owed))
        return subscription

    def detach(self, subscription: Subscription, reason: str) -> None:
        """Forget a reader; its view goes with its last one."""
        if subscription.closed:
            return
        view = subscription.view
        view.live.pop(subscription, None)
        if subscription in view.lagging:
            del view.lagging[subscription]
            self.statistics.lagging -= 1
        self.statistics.readers[subscription.writer.dialect] -= 1
        subscription.finish(reason)
        if not view.readers:
            self.views.pop(view.choice, None)

    def end(self, subscription: Subscription, reason: str) -> None:
        """Say goodbye to a reader and close its stream."""
        self._delivery.end(subscription, reason)

    def subscriptions(self) -> list[Subscription]:
        """Every reader at present."""
        return [reader for view in self.views.values() for reader in (*view.live, *view.lagging)]

    def flush(self) -> None:
        """Send what is gathered to every live reader, now."""
        self._ledger.flush()

    # Life

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Serve lagging readers, send heartbeats and forget old tombstones, until cancelled."""
        async with anyio.create_task_group() as tasks:
            self._delivery.open(tasks)
            try:
                task_status.started()
                await self._pulse.run()
            finally:
                self._delivery.shut()

    async def drain(self, *, within: float | None = None) -> None:
        """Say goodbye to every reader, then close them one after another.

        The closes are spread over `within` seconds; default the smaller of 5 s and 10 ms a stream,
        so that their return does not come in one moment.
        """
        self.draining = True
        readers = self.subscriptions()
        if within is None:
            within = min(self.limits.drain_seconds, len(readers) * self.limits.drain_step_seconds)
        for index, reader in enumerate(readers):
            self._delivery.end(reader, "drain", after=within * index / len(readers))
        for reader in readers:
            await reader.wait_closed()

    def heartbeat(self, view: View) -> Frame:
        """The frame that proves time, position and sources to the readers of `view`."""
        return self._pulse.frame(view)

    def _view(self, topics: Iterable[str], namespaces: Iterable[str] | None, audience: str) -> View:
        wanted = set(topics)
        names = tuple(name for name in self.readable(audience) if name in wanted)
        if not names or len(names) < len(wanted):
            unknown = ", ".join(sorted(wanted.difference(names)))
            raise LookupError(f"{audience} cannot read {unknown or 'nothing'}")
        choice = Choice(names, None if namespaces is None else frozenset(namespaces), audience)
        return self.views.get(choice) or View(
            choice,
            [self._topics[name] for name in names],
            epoch=self.epoch,
            flushed=self.seq,
            statistics=self.statistics,
        )

    def _publish(self) -> None:
        faults: list[Exception] = []
        for view in tuple(self.views.values()):
            after = view.flushed
            try:
                frames = view.flush(self.seq)
            except Exception as fault:
                # An encoder's. The others get their changes, and this view does not stand still.
                faults.append(fault)
                self._delivery.give_up(view)
            else:
                if frames:
                    self._delivery.broadcast(view, frames, after)
        self._delivery.flushed()
        if faults:
            raise faults[0]
