"""The board as the application has it, with its derivations or without."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from app.board import WATCHED, Board, Watched
from app.clock import SystemClock
from app.cluster.collection import Collection
from app.cluster.limits import ReflectorStatistics
from app.cluster.projections.cronjobs import CRON_JOBS, cron_job_info
from app.derive.cronjobs import CronJobs
from app.derive.freshness import Freshness
from app.derive.health import Health
from app.derive.history import History
from app.derive.incidents import Incidents
from app.derive.timer import Timer
from app.model import summarize_cronjob
from app.stream import Hub
from benchmarks.reflect.pods import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from typing import Any

    from app.clock import Clock
    from app.cluster.ports import Sink
    from app.cluster.projection import Item, Projection
    from app.derive.freshness import SourceMonitor
    from app.errors import ClusterError

PLAIN = tuple(
    Watched(CRON_JOBS, cron_job_info, summary=summarize_cronjob) if kind.derived else kind
    for kind in WATCHED
)
"""The same kinds where nobody judges schedules."""


class Shifted(SystemClock):
    """The machine's clocks, and what somebody added to them."""

    def __init__(self) -> None:
        self.set_by = 0.0
        """Of the wall clock alone, seconds."""
        self.passed = 0.0
        """Of both."""

    def now(self) -> datetime:
        """Wall time."""
        return super().now() + timedelta(seconds=self.set_by + self.passed)

    def monotonic(self) -> float:
        """Seconds."""
        return super().monotonic() + self.passed


class House:
    """Hub, board and derivations; it is told what reflectors would tell."""

    def __init__(self, clock: Clock, *, derived: bool) -> None:
        self.clock = clock
        self.hub = Hub(clock)
        self.board = Board(self.hub, WATCHED if derived else PLAIN)
        self.timer = Timer(clock)
        if derived:
            CronJobs(self.board, clock, self.timer, zone="UTC")
            Incidents(self.board, clock, self.timer)
            Health(self.board, clock, self.timer, heard=History(clock, self.timer).hear)
        self.freshness = Freshness(self.board.sources, clock)
        self.collections: dict[str, Collection[Any]] = {}
        self._sinks: dict[str, Sink[Any]] = {}
        self._monitors: dict[str, SourceMonitor] = {}
        for kind in self.board.watched:
            topic = kind.projection.topic
            sink = self._sinks[topic] = self.board.sink(topic, NAMESPACE)
            monitor = self._monitors[topic] = self.freshness.monitor(topic, NAMESPACE)
            self.collections[topic] = Collection(
                sink, monitor, clock, ReflectorStatistics(), structlog.get_logger()
            )

    @property
    def rooms(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What runs while the house is open."""
        return (self.hub.run, self.freshness.run, self.timer.run)

    def show(self, projection: Projection[Any], item: Item[Any]) -> None:
        """A page of the first list has this object."""
        self._sinks[projection.topic].upsert(item.key, item.record)

    def take(self, projection: Projection[Any], item: Item[Any]) -> None:
        """A watch told of an object."""
        self._sinks[projection.topic].upsert(item.key, item.record)
        self._monitors[projection.topic].proved("event", 0)

    def settle(self) -> None:
        """Every kind has listed."""
        self.prove()
        for sink in self._sinks.values():
            sink.synced()

    def prove(self) -> None:
        """Every kind is heard of."""
        for monitor in self._monitors.values():
            monitor.proved("list", 0)

    def fail(self, error: ClusterError) -> None:
        """No kind can be read any more, from one moment to the next."""
        for monitor in self._monitors.values():
            monitor.failed(error)
