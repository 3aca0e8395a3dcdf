"""One collection as we hold it: what lists and events make of it, and who hears of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from app.cluster.answers import error_in_stream
from app.cluster.held import Held, Position, is_news, take

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

    from app.clock import Clock
    from app.cluster.answers import Call
    from app.cluster.limits import ReflectorStatistics
    from app.cluster.ports import Monitor, Sink
    from app.cluster.projection import WatchEvent
    from app.errors import ClusterError
    from app.model import Proof

R = TypeVar("R")

STRANGE_TYPES = 20
"""Unknown types of events that are remembered, so that each is logged once."""

ROUTINE = ("periodic", "silence")
"""Causes of full lists that nobody needs to read of."""


class Collection(Generic[R]):
    """Objects and position in memory, the sink equal to them, the monitor told how sure that is.

    `position` is None while a full list is due.
    """

    def __init__(
        self,
        sink: Sink[R],
        monitor: Monitor,
        clock: Clock,
        statistics: ReflectorStatistics,
        log: BoundLogger,
    ) -> None:
        self.objects: dict[str, Held[R]] = {}
        self.position: Position | None = None
        self.relists: dict[str, int] = {}
        """Full lists by their cause."""
        self._sink = sink
        self._monitor = monitor
        self._clock = clock
        self._statistics = statistics
        self._log = log
        self._synced = False
        self._cause = "start"
        self._told: str | None = None
        self._strange: set[str] = set()

    # Lists

    def begin(self) -> None:
        """A full list begins."""
        self._statistics.lists += 1
        self.relists[self._cause] = self.relists.get(self._cause, 0) + 1

    def show_early(self, key: str, record: R) -> None:
        """Show what a page of the first list brought.

        Nobody takes an unsynced collection for complete, so it may grow by pages, and the first
        swap, which must not take long, finds nothing left to do.
        """
        if not self._synced:
            self._sink.upsert(key, record)

    def swap(self, fresh: dict[str, Held[R]], version: str) -> Position:
        """The collection is `fresh` now, whatever we believed; gives the new position."""
        self.objects = fresh
        self.position = position = Position(version, self._clock.monotonic())
        self._sink.replace({key: held.record for key, held in fresh.items()})
        self.prove("list")
        if not self._synced:
            self._synced = True
            self._sink.synced()
        return position

    def vanish(self) -> None:
        """The namespace is gone, and everything in it."""
        self.objects = {}
        self._statistics.objects = 0
        self._sink.replace({})

    def forget(self, cause: str) -> None:
        """Where we are is worth nothing: a full list comes next, because of `cause`."""
        if self.position is not None and cause not in ROUTINE:
            self._log.info("relist", cause=cause)
        self.position = None
        self._cause = cause

    # Events

    def apply(self, call: Call, position: Position, event: WatchEvent[R]) -> bool:
        """Follow one event of an established watch; True when it brings us forward.

        Raises:
            ClusterError: The event is an error.
        """
        if event.status is not None:
            raise error_in_stream(call, event.status)
        version = event.resource_version
        if version is None:
            self._ignore(event.type)
            return False
        news = is_news(version, position.version)
        if event.item is None:
            # A bookmark of a server that lags behind does not take us back.
            position.version = version if news else position.version
            self._statistics.bookmarks += 1
            self._sink.bookmark()
            self.prove("bookmark")
            return news
        if not news:
            self._statistics.ignored += 1
            return False
        take(self.objects, event.type, event.item, self._sink)
        position.version = version
        self._statistics.events += 1
        self.prove("event")
        return True

    def _ignore(self, kind: str) -> None:
        self._statistics.ignored += 1
        if kind not in self._strange and len(self._strange) < STRANGE_TYPES:
            self._strange.add(kind)
            self._log.warning("unknown_watch_event", type=kind[:40])

    # Proofs

    def prove(self, proof: Proof) -> None:
        """What we hold is right at this moment."""
        if self._told is not None:
            self._told = None
            self._log.info("source_live_again")
        self._statistics.objects = len(self.objects)
        self._statistics.last_proof = self._clock.monotonic()
        self._monitor.proved(proof, len(self.objects))

    def fail(self, error: ClusterError) -> None:
        """An attempt to keep it right failed."""
        self._monitor.failed(error)
        if error.reason != self._told:
            # Once for each cause: an outage of an hour is one line, not hundreds.
            self._told = error.reason
            self._log.warning("cluster_error", reason=error.reason, error=str(error))
