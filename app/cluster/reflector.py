"""Keep a sink equal to one Kubernetes collection, for ever.

client-go's reflector in Python: list, watch from the list's version, and after every failure the
smallest thing that is right, which `Recovery` decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import structlog

from app.cluster.calls import Calls
from app.cluster.collection import Collection
from app.cluster.faults import Refused, ShortWatch
from app.cluster.held import is_news
from app.cluster.limits import ReflectorStatistics, WatchLimits
from app.cluster.listing import collect, list_all
from app.cluster.recovery import Recovery
from app.errors import Absent, AccessDenied, ClusterError, Throttled, Unauthorized
from app.model import EVERYWHERE

if TYPE_CHECKING:
    from random import Random

    from app.clock import Clock
    from app.cluster.held import Held, Position
    from app.cluster.ports import Monitor, Sink
    from app.cluster.projection import Projection, WatchEvent
    from app.cluster.transport import Transport

R = TypeVar("R")

logger = structlog.get_logger("watchglass.reflector")

SHORTEST_WATCH_SECONDS = 2
"""A watch that is asked to end sooner cannot be told from one that fails."""

OF_ANY_LIST = (AccessDenied, Absent, Throttled, Unauthorized)
"""What refuses a streaming list and would refuse an ordinary one as well."""


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
        self._log = logger.bind(kind=self.kind, namespace=namespace or EVERYWHERE)
        self._collection = Collection(sink, monitor, clock, self.statistics, self._log)
        self._projection = projection
        self._calls = Calls(projection, namespace)
        self._transport = transport
        self._monitor = monitor
        self._clock = clock
        self._random = random
        self._limits = limits or WatchLimits()
        self._recovery = Recovery(clock, random, self._limits)
        self._streams_lists = self._limits.watch_list
        self._doubt = False
        self._hasty = 0

    @property
    def relists(self) -> dict[str, int]:
        """Full lists by their cause."""
        return self._collection.relists

    async def run(self) -> None:
        """List and watch until cancelled; only a fault of ours ends it otherwise."""
        self._monitor.connecting()
        while True:
            try:
                await self._advance()
            except ClusterError as error:
                await self._recover(error)

    async def _advance(self) -> None:
        """One step: a watch from where we are, the question whether that is right, or a list."""
        position = self._collection.position
        if position is not None:
            left = position.listed_at + self._limits.relist - self._clock.monotonic()
            if left < SHORTEST_WATCH_SECONDS:
                self._collection.forget("periodic")
            elif self._doubt:
                await self._probe(position)
                self._doubt = False
                self._recovery.probed()
                return
            else:
                await self._watch(position, left)
                return
        self._doubt = False
        if self._streams_lists:
            await self._watch_list()
        else:
            await self._list()

    async def _recover(self, error: ClusterError) -> None:
        """Do the least that is right after `error`, and wait as long as it asks for."""
        self.statistics.reconnects += 1
        verdict = self._recovery.judge(error)
        if verdict.relist is not None:
            self._collection.forget(verdict.relist)
        self._doubt = self._doubt or verdict.probe
        if verdict.tell:
            self._collection.fail(error)
        self.statistics.backoff_seconds += verdict.wait
        await anyio.sleep(verdict.wait)

    # Lists

    async def _list(self) -> None:
        """A full list; the swap at its end is atomic."""
        self._collection.begin()
        found = await list_all(
            self._transport,
            self._calls,
            self._projection,
            self._collection.objects,
            self._limits,
            self._collection.show_early,
        )
        self.statistics.bytes += found.bytes
        if found.unreadable:
            self.statistics.unreadable += len(found.unreadable)
            self._log.warning("unreadable_objects", names=found.unreadable[:10])
        await self._look_for_namespace(found.objects)
        self._collection.swap(found.objects, found.version)
        self._recovery.healthy()

    async def _watch_list(self) -> None:
        """The whole state as the first events of a stream that goes on as the watch.

        Where that fails, an ordinary list is asked for at once: to come forward matters more than
        how. A refusal is remembered for good, and so is a server that does not know of the mark.
        """
        self._collection.begin()
        seconds = self._watch_seconds()
        call = self._calls.watch_list(seconds)
        fresh: dict[str, Held[R]] = {}
        position: Position | None = None
        try:
            with anyio.move_on_after(self._limits.mark) as patience:
                async with self._transport.watch(call, self._limits.silence) as lines:
                    async for line in lines:
                        event = self._read(line)
                        if position is not None:
                            self._follow(self._collection.apply(call, position, event))
                        elif collect(self._collection.objects, fresh, call, event):
                            await self._look_for_namespace(fresh)
                            position = self._collection.swap(fresh, event.resource_version or "")
                            self._recovery.healthy()
                            patience.deadline = (
                                anyio.current_time() + seconds + self._limits.overtime
                            )
            if position is None:
                raise Refused("The streaming list did not mark its end.")
            await self._stay_proved(position)
        except ClusterError as error:
            if position is not None or isinstance(error, OF_ANY_LIST):
                raise
            self._streams_lists = not isinstance(error, Refused)
            self._log.info("streaming_list_failed", error=str(error), again=self._streams_lists)
            await self._list()

    async def _look_for_namespace(self, objects: dict[str, Held[R]]) -> None:
        """Nothing in a namespace that is not there is no good news.

        The list of a namespace that does not exist is empty and without an error; only the
        namespace itself tells the two apart, where we are allowed to ask.

        Raises:
            Absent: It does not exist; what we held of it is gone.
        """
        call = self._calls.namespace()
        if objects or call is None:
            return
        try:
            await self._transport.fetch(call)
        except Absent:
            self._collection.vanish()
            raise
        except ClusterError as error:
            self._log.debug("namespace_not_seen", error=str(error))

    # Watches

    async def _watch(self, position: Position, left: float) -> None:
        """Follow the collection from `position` until the server ends the watch."""
        seconds = min(self._watch_seconds(), int(left))
        call = self._calls.watch(position.version, seconds)
        self.statistics.watches += 1
        started, before = self._clock.monotonic(), self._heard()
        # A server that does not keep its own timeout must not put off the next full list for ever.
        with anyio.move_on_after(seconds + self._limits.overtime):
            async with self._transport.watch(call, self._limits.silence) as lines:
                async for line in lines:
                    self._follow(self._collection.apply(call, position, self._read(line)))
        if self._clock.monotonic() - started < self._limits.short:
            # One watch may end early on news; a server that ends each of them so, or one that
            # repeats old events, must not make us ask without a pause.
            self._hasty += 1
            if self._heard() == before or self._hasty > self._limits.hasty:
                raise ShortWatch("The watch ended at once.")
            return
        self._hasty = 0
        await self._stay_proved(position)

    async def _stay_proved(self, position: Position) -> None:
        """A watch ended as it should: nothing is wrong, and nothing shall look so meanwhile.

        The next watch says nothing for a minute. Servers end a watch with a bookmark; where one did
        not, the last proof may be so old that it would not last as long.
        """
        await self._look_for_namespace(self._collection.objects)
        last = self.statistics.last_proof or 0.0
        if self._clock.monotonic() - last > self._limits.fresh:
            await self._probe(position)

    async def _probe(self, position: Position) -> None:
        """Is the server there, and is our position its past?"""
        body = await self._transport.fetch(self._calls.page(1, None))
        version = self._projection.page(body).resource_version
        if version != position.version and not is_news(version, position.version):
            # The server's history is behind ours: it was restored from a backup.
            self._collection.forget("restored")
        else:
            self._collection.prove("list")

    def _read(self, line: bytes) -> WatchEvent[R]:
        self.statistics.bytes += len(line)
        return self._projection.event(line)

    def _follow(self, news: bool) -> None:
        if news:
            self._recovery.healthy()

    def _watch_seconds(self) -> int:
        return self._random.randint(self._limits.watch_min, self._limits.watch_max)

    def _heard(self) -> int:
        return self.statistics.events + self.statistics.bookmarks
