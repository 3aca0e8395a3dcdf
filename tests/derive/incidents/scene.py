"""A board with incidents and health on it, a clock that the test moves, and objects by hand."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from app.board import Board
from app.cluster.projections.events import WARNINGS
from app.cluster.projections.pods import PODS
from app.derive.freshness import Freshness
from app.derive.health import Health
from app.derive.history import History
from app.derive.incidents import Incidents
from app.derive.timer import Timer
from app.model import CronJobInfo, RecentRun, format_time
from app.stream import Hub
from tests.cluster.projections.raw import condition, container, owned_by, page, pod
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from datetime import datetime

    from app.cluster.projection import Projection
    from app.model import Incident, Source, SourceState
    from tests.cluster.projections.raw import Json

KINDS = ("pods", "cronjobs", "jobs", "events")


class Adjustable(ManualClock):
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.set_by)


class Scene:
    """All sources have listed nothing unless the test says otherwise."""

    def __init__(self, *namespaces: str, listed: bool = True) -> None:
        self.clock = Adjustable()
        self.hub = Hub(self.clock)
        self.board = Board(self.hub)
        self.timer = Timer(self.clock)
        self.incidents = Incidents(self.board, self.clock, self.timer)
        self.history = History(self.clock, self.timer)
        self.health = Health(self.board, self.clock, self.timer, heard=self.history.hear)
        self.freshness = Freshness(self.board.sources, self.clock)
        for kind in KINDS:
            for namespace in namespaces or ("agents",):
                self.freshness.monitor(kind, namespace)
        self.writes = 0
        self.board.incidents.listen(self._count)
        if listed:
            self.prove()

    def _count(self, key: str, old: Incident | None, new: Incident | None) -> None:
        self.writes += 1

    # Time and sources

    def prove(self, *but: str) -> None:
        """Every source is live, those of some kinds excepted."""
        for monitor in self.freshness.monitors.values():
            if monitor.kind not in but:
                monitor.proved("list", 0)

    def play(self, seconds: float, *, silent: tuple[str, ...] = ()) -> None:
        """Let time pass by single seconds; all sources but those of `silent` kinds stay live."""
        for _ in range(round(seconds)):
            self.clock.advance(1.0)
            self.prove(*silent)
            for monitor in self.freshness.monitors.values():
                monitor.assess()
            self.timer.advance()

    def lose(self, kind: str, state: SourceState) -> None:
        """A source is in this state from now on."""
        key = f"{kind}/agents"
        source = self.source(key)
        self.board.sources.upsert(key, source.model_copy(update={"state": state}))

    def source(self, key: str) -> Source:
        found = self.board.sources.get(key)
        assert found is not None
        return found

    # Objects

    def show(self, raw: Json, projection: Projection[Any] = PODS) -> None:
        """An object of the cluster is so now."""
        found = projection.page(page(raw))
        assert found.unreadable == ()
        [item] = found.items
        self.board.records(projection).upsert(item.key, item.record)

    def hide(self, name: str = "agent-x", projection: Projection[Any] = PODS) -> None:
        """An object is gone."""
        self.board.records(projection).remove(f"agents/{name}")

    def warn(self, reason: str, message: str, name: str = "agent-x", ago: float = 0.0) -> None:
        """The cluster tells a warning about a pod."""
        self.show(
            {
                "metadata": {
                    "name": f"{name}.{self.clock.monotonic()}",
                    "namespace": "agents",
                    "uid": f"event-{self.clock.monotonic()}-{name}",
                    "resourceVersion": "9",
                    "creationTimestamp": self.ago(ago),
                },
                "involvedObject": {
                    "kind": "Pod",
                    "namespace": "agents",
                    "name": name,
                    "uid": f"uid-of-{name}",
                },
                "reason": reason,
                "message": message,
                "type": "Warning",
            },
            WARNINGS,
        )

    def ago(self, seconds: float) -> str:
        """A moment that is past, as the API server writes it."""
        return format_time(self.clock.now() - timedelta(seconds=seconds))

    # What is told

    def told(self, key: str) -> Incident:
        found = self.board.incidents.get(key)
        assert found is not None, f"{key} is not there, but {list(self.states())}"
        return found

    def states(self) -> dict[str, str]:
        """The state of each incident."""
        return {key: incident.state for key, incident in self.board.incidents.items()}

    def active(self) -> set[str]:
        """Keys of what is active, with its cause behind it."""
        return {
            key if one.caused_by is None else f"{key} < {one.caused_by}"
            for key, one in self.board.incidents.items()
            if one.state == "active"
        }

    @property
    def word(self) -> str:
        return self.health.summary.status


def lost_node(node: str) -> str:
    """The key of the incident of a node that is lost, whose name is not for everyone."""
    return f"node_lost/*/{sha256(node.encode()).hexdigest()[:20]}"


READY = [condition("PodScheduled"), condition("ContainersReady"), condition("Ready")]


def of(name: str, kind: str = "ReplicaSet") -> Json:
    """Metadata of a pod that something made."""
    if kind == "ReplicaSet":
        return owned_by(kind, f"{name}-7", f"uid-of-{name}") | {
            "labels": {"pod-template-hash": "7"}
        }
    return owned_by(kind, name, f"uid-of-{name}")


def good(name: str = "agent-x", owner: Json | None = None, **container_fields: Any) -> Json:
    """A pod that runs and is ready."""
    status = {
        "phase": "Running",
        "conditions": READY,
        "containerStatuses": [container(state={"running": {}}, **container_fields)],
    }
    spec = {"nodeName": "eu-1", "containers": [{"name": "main"}]}
    return pod(name, status=status, spec=spec, **(of("agent") if owner is None else owner))


def bad(name: str = "agent-x", owner: Json | None = None, **status: Any) -> Json:
    """A pod with another status."""
    found = good(name, owner)
    found["status"] |= status
    return found


def waits(reason: str, name: str = "agent-x", owner: Json | None = None, **last: Any) -> Json:
    """A pod of which one container waits for this reason, and is not ready."""
    state = {"waiting": {"reason": reason, "message": f"told by the kubelet: {reason}"}}
    status = container(state=state, ready=False)
    if last:
        status["lastState"] = {"terminated": last}
    return bad(
        name,
        owner,
        containerStatuses=[status],
        conditions=[
            condition("PodScheduled"),
            condition("ContainersReady", "False", reason="ContainersNotReady"),
            condition("Ready", "False", reason="ContainersNotReady"),
        ],
    )


def cronjob(**fields: Any) -> CronJobInfo:
    """A CronJob as its derivation writes it."""
    given = {"name": "night", "namespace": "agents", "schedule": "* * * * *", "active_jobs": 0}
    return CronJobInfo(**{**given, "suspended": False, "state": "on_time", **fields})


def run(scene: Scene, status: str, *, ago: float, **fields: Any) -> RecentRun:
    """A run that began so many seconds ago."""
    started = scene.clock.now() - timedelta(seconds=ago)
    name = f"night-{round(started.timestamp())}"
    return RecentRun(name=name, status=status, start_time=started, **fields)
