"""Keep a sink equal to one Kubernetes collection, for ever.

client-go's reflector in Python: list, watch from the list's version, and on every failure the
smallest thing that is right. What an error means is decided in `_recover`, in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import anyio.lowlevel
import structlog

from app.cluster.answers import error_in_stream
from app.cluster.calls import Calls
from app.cluster.faults import Refused, ShortWatch, Silent
from app.cluster.held import Held, Position, is_news, take
from app.cluster.limits import ReflectorStatistics, WatchLimits
from app.cluster.listing import collect, list_all
from app.cluster.recovery import Recovery
from app.errors import Absent, ClusterError, ServerFault

if TYPE_CHECKING:
    from random import Random

    from app.clock import Clock
    from app.cluster.answers import Call
    from app.cluster.ports import Monitor, Proof, Sink
    from app.cluster.projection import Projection, WatchEvent
    from app.cluster.transport import Transport

R = TypeVar("R")

logger = structlog.get_logger("watchglass.reflector")

SHORTEST_WATCH_SECONDS = 2
"""A watch that is asked to end sooner cannot be told from one that fails."""


class Reflector(Generic[R]):
    """One kind in one namespace (None: all of them); `run` it in a task of its own.

    Args:
        projection: How the kind is read.
        namespace: Which namespace.
        transport: HTTP.
        sink: What is kept equal.
        monitor: Who is told how it goes.
        clock: Durations.
        random: Lives of watches, jitter.
    """

    def __init__(
        self,
        projection: Projection[R],
        namespace: str | None,
        transport: Transport,
        sink: Sink[R],
        monitor: Monitor,
        *,
        clock: Clock,
        random: Random,
        limits: WatchLimits | None = None,
    ) -> None:
        self.kind = projection.topic
        self.namespace = namespace
        self.statistics = ReflectorStatistics()
        self.relists: dict[str, int] = {}
        """Full lists by their cause."""
        self._projection = projection
        self._calls = Calls(projection, namespace)
        self._transport = transport
        self._sink = sink
        self._monitor = monitor
        self._clock = clock
        self._random = random
        self._limits = limits or WatchLimits()
        self._recovery = Recovery(clock, random, self._limits)
        self._known: dict[str, Held[R]] = {}
        self._position: Position | None = None
        self._synced = False
        self._streams_lists = self._limits.watch_list
        self._unknown_types: set[str] = set()
        self._told: str | None = None
        self._hasty = 0
        self._cause = "start"
        self._log = logger.bind(kind=self.kind, namespace=namespace or "*")

    async def run(self) -> None:
        """List and watch until cancelled; only a fault of ours ends it otherwise."""
        self._monitor.connecting()
        while True:
            try:
                await self._advance()
            except ClusterError as error:
                await self._recover(error)

    # Forward

    async def _advance(self) -> None:
        """One list, or one watch from where we are."""
        position = self._position
        if position is not None:
            left = position.listed_at + self._limits.relist - self._clock.monotonic()
            if left >= SHORTEST_WATCH_SECONDS:
                await self._watch(position, left)
                return
            self._forget("periodic")
        if self._streams_lists:
            await self._watch_list()
        else:
            await self._list()

    async def _list(self) -> None:
        """A full list; the swap at its end is atomic."""
        self._count_list()
        found = await list_all(
            self._transport,
            self._calls,
            self._projection,
            self._known,
            self._limits,
            self._show_early,
        )
        self.statistics.bytes += found.bytes
        if found.unreadable:
            self.statistics.unreadable += len(found.unreadable)
            self._log.warning("unreadable_objects", names=found.unreadable[:10])
        await self._look_for_namespace(found.objects)
        self._swap(found.objects, found.version)

    async def _look_for_namespace(self, fresh: dict[str, Held[R]]) -> None:
        """Nothing in a namespace that is not there is no good news.

        The list of a namespace that does not exist is empty and without an error; only the
        namespace itself tells the two apart, where we are allowed to ask.

        Raises:
            Absent: It does not exist; what we held of it is gone.
        """
        call = self._calls.namespace()
        if fresh or call is None:
            return
        try:
            await self._transport.fetch(call)
        except Absent:
            self._known = {}
            self._sink.replace({})
            raise
        except ClusterError as error:
            self._log.debug("namespace_not_seen", error=str(error))

    def _show_early(self, key: str, record: R) -> None:
        """Show what a page of the first list brought.

        Nobody takes an unsynced collection for complete, so it may grow by pages, and the first
        swap, which must not take long, finds nothing left to do.
        """
        if not self._synced:
            self._sink.upsert(key, record)

    async def _watch(self, position: Position, left: float) -> None:
        """Follow the collection from `position` until the server ends the watch."""
        seconds = min(self._watch_seconds(), int(left))
        call = self._calls.watch(position.version, seconds)
        self.statistics.watches += 1
        started, before = self._clock.monotonic(), self._news()
        # A server that does not keep its own timeout must not put off the next full list for ever.
        with anyio.move_on_after(seconds + self._limits.overtime):
            async with self._transport.watch(call, self._limits.silence) as lines:
                async for line in lines:
                    self._apply(call, position, self._read(line))
        if self._clock.monotonic() - started >= self._limits.short:
            self._hasty = 0
            return
        # One watch may end early on news; a server that ends each of them so, or one that
        # repeats old events, must not make us ask without a pause.
        self._hasty += 1
        if self._news() == before or self._hasty > self._limits.hasty:
            raise ShortWatch("The watch ended at once.")

    async def _watch_list(self) -> None:
        """The first state as a stream, then the same stream as the watch."""
        self._count_list()
        call = self._calls.watch_list(self._watch_seconds())
        fresh: dict[str, Held[R]] = {}
        position: Position | None = None
        try:
            async with self._transport.watch(call, self._limits.silence) as lines:
                async for line in lines:
                    event = self._read(line)
                    if position is not None:
                        self._apply(call, position, event)
                    elif collect(self._known, fresh, call, event):
                        await self._look_for_namespace(fresh)
                        position = self._swap(fresh, event.resource_version or "")
        except (Refused, ServerFault) as error:
            if position is not None:
                raise
            self._streams_lists = False
            self._log.info("streaming_list_refused", error=str(error))
            return
        if position is None:
            raise ShortWatch("The streaming list ended before its end was marked.")

    def _read(self, line: bytes) -> WatchEvent[R]:
        self.statistics.bytes += len(line)
        return self._projection.event(line)

    def _apply(self, call: Call, position: Position, event: WatchEvent[R]) -> None:
        """One event of an established watch."""
        if event.status is not None:
            raise error_in_stream(call, event.status)
        version = event.resource_version
        if version is None:
            self.statistics.ignored += 1
            if event.type not in self._unknown_types:
                self._unknown_types.add(event.type)
                self._log.warning("unknown_watch_event", type=event.type[:40])
            return
        news = is_news(version, position.version)
        if news:
            self._recovery.healthy()
        if event.item is None:
            # A bookmark of a server that lags behind does not take us back.
            position.version = version if news else position.version
            self.statistics.bookmarks += 1
            self._sink.bookmark()
            self._prove("bookmark")
            return
        if not news:
            self.statistics.ignored += 1
            return
        take(self._known, event.type, event.item, self._sink)
        position.version = version
        self.statistics.events += 1
        self._prove("event")

    def _swap(self, fresh: dict[str, Held[R]], version: str) -> Position:
        """The collection is `fresh` now, whatever we believed; gives the new position."""
        self._known = fresh
        self._position = position = Position(version, self._clock.monotonic())
        self._sink.replace({key: held.record for key, held in fresh.items()})
        self._prove("list")
        if not self._synced:
            self._synced = True
            self._sink.synced()
        return position

    def _prove(self, proof: Proof) -> None:
        if self._told is not None:
            self._told = None
            self._log.info("source_live_again")
        self.statistics.objects = len(self._known)
        self.statistics.last_proof = self._clock.monotonic()
        self._monitor.proved(proof, len(self._known))

    # Backward

    async def _recover(self, error: ClusterError) -> None:
        """Do the least that is right after `error`, and wait as long as it asks for."""
        self.statistics.reconnects += 1
        if isinstance(error, Silent) and self._position is not None:
            await self._probe(self._position)
            return
        verdict = self._recovery.judge(error)
        if verdict.relist is not None:
            self._forget(verdict.relist)
        if verdict.tell:
            self._monitor.failed(error)
            if error.reason != self._told:
                # Once for each cause: an outage of an hour is one line, not hundreds.
                self._told = error.reason
                self._log.warning("cluster_error", reason=error.reason, error=str(error))
        self.statistics.backoff_seconds += verdict.wait
        await anyio.sleep(verdict.wait)

    async def _probe(self, position: Position) -> None:
        """An open watch was silent: is the server alive, and is our position still its past?"""
        try:
            body = await self._transport.fetch(self._calls.page(1, None))
            version = self._projection.page(body).resource_version
        except ClusterError as error:
            await self._recover(error)
            return
        if version != position.version and not is_news(version, position.version):
            # The server's history is behind ours: it was restored from a backup.
            self._forget("restored")
            return
        self._prove("list")

    def _forget(self, cause: str) -> None:
        """The next step is a full list, because of `cause`."""
        self._position = None
        self._cause = cause

    def _count_list(self) -> None:
        self.statistics.lists += 1
        self.relists[self._cause] = self.relists.get(self._cause, 0) + 1

    def _watch_seconds(self) -> int:
        return self._random.randint(self._limits.watch_min, self._limits.watch_max)

    def _news(self) -> int:
        return self.statistics.events + self.statistics.bookmarks
