"""The topics by name, and the one list of kinds that are watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from app.board.shelf import Shelf
from app.board.watched import Watched
from app.cluster.projections.cronjobs import CRON_JOBS, cron_job_info
from app.cluster.projections.events import WARNINGS, last_seen, warning
from app.cluster.projections.jobs import JOBS, job_info
from app.cluster.projections.pods import PODS, pod_health
from app.model import (
    EVERYWHERE,
    encode,
    summarize_cronjob,
    summarize_incident,
    summarize_job,
    summarize_pod,
    summarize_source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.cluster.ports import Sink
    from app.cluster.projection import Projection
    from app.model import (
        CronJobInfo,
        HealthSummary,
        Incident,
        JobInfo,
        PodHealth,
        Source,
        Warning,
        Wire,
    )
    from app.stream import Hub, Topic

R = TypeVar("R")

WATCHED: tuple[Watched, ...] = (
    Watched(PODS, pod_health, summary=summarize_pod),
    Watched(CRON_JOBS, cron_job_info, summary=summarize_cronjob, derived=True),
    Watched(JOBS, job_info, summary=summarize_job, owns=PODS),
    Watched(WARNINGS, warning, summary=None, newest=last_seen),
)


class Board:
    """The topics, and the sinks through which reflectors write to them."""

    def __init__(self, hub: Hub, watched: Iterable[Watched] = WATCHED) -> None:
        self.watched = tuple(watched)
        self._shelves = {kind.projection.topic: Shelf(hub, kind) for kind in self.watched}
        for shelf in self._shelves.values():
            owns = shelf.kind.owns
            shelf.follow(None if owns is None else self._shelves[owns].records)
        self.sources: Topic[Source] = hub.topic(
            "sources",
            reads={"detail": encode, "summary": lambda source: encode(summarize_source(source))},
            namespace_of=_namespace_of_source,
        )
        # We ourselves say how our sources are: that is known from the first moment.
        self.sources.mark_synced()
        self.incidents: Topic[Incident] = hub.topic(
            "incidents",
            reads={
                "detail": encode,
                "summary": lambda incident: encode(summarize_incident(incident)),
            },
            namespace_of=_namespace_of_incident,
        )
        """What wants attention, by `kind/namespace/name`; written by `derive`."""
        self.health: Topic[HealthSummary] = hub.topic(
            "health",
            reads={"detail": encode, "summary": encode},
            namespace_of=lambda key: None,
        )
        """The word for the whole, under the key `current`; written by `derive`."""

    @property
    def pods(self) -> Topic[PodHealth]:
        """Pods by `namespace/name`."""
        return cast("Topic[PodHealth]", self.values("pods"))

    @property
    def cronjobs(self) -> Topic[CronJobInfo]:
        """CronJobs by `namespace/name`."""
        return cast("Topic[CronJobInfo]", self.values("cronjobs"))

    @property
    def jobs(self) -> Topic[JobInfo]:
        """Jobs by `namespace/name`."""
        return cast("Topic[JobInfo]", self.values("jobs"))

    @property
    def events(self) -> Topic[Warning]:
        """Warnings by `namespace/uid`; for the detail audience alone."""
        return cast("Topic[Warning]", self.values("events"))

    def values(self, kind: str) -> Topic[Wire]:
        """What readers see of a watched kind."""
        return self._shelves[kind].values

    def records(self, projection: Projection[R]) -> Topic[R]:
        """What rules see of a watched kind."""
        # Sinks put nothing there but what this projection made.
        return cast("Topic[R]", self._shelves[projection.topic].records)

    def sink(self, kind: str, namespace: str | None) -> Sink[object]:
        """Where the reflector of `kind` in `namespace` (None: all of them) writes.

        The topic of the kind is not synced before this source is settled; so every sink is made
        before the first list arrives. Nothing else may write to keys of the namespace.
        """
        return self._shelves[kind].sink(namespace)

    def settle(self, kind: str, namespace: str | None) -> None:
        """This source has listed, or never will because it is forbidden or absent."""
        self._shelves[kind].settle(namespace)


def _namespace_of_source(key: str) -> str | None:
    namespace = key.partition("/")[2]
    return None if namespace == EVERYWHERE else namespace


def _namespace_of_incident(key: str) -> str | None:
    namespace = key.split("/")[1]
    return None if namespace == EVERYWHERE else namespace
