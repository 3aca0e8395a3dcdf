"""The demo's cluster, played without sockets: calm is no incident, trouble the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.board import Board
from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.events import WARNINGS
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS
from app.demo.api.kinds import STORED
from app.demo.options import NAMESPACE, Options
from app.derive.cronjobs import CronJobs
from app.derive.freshness import Freshness
from app.derive.health import Health
from app.derive.history import History
from app.derive.incidents import Incidents
from app.derive.timer import Timer
from app.stream import Hub
from tests.cluster.projections.raw import page
from tests.demo.film.worlds import START, Theatre
from tests.derive.incidents.scene import lost_node

if TYPE_CHECKING:
    from app.cluster.projection import Projection
    from app.demo.api.kinds import Json, Kind
    from app.model import Incident

PROJECTIONS: dict[str, Projection[Any]] = {
    projection.resource.plural: projection for projection in (PODS, CRON_JOBS, JOBS, WARNINGS)
}


class Watched:
    """A played scenario, and our view of it: what its store says is what a watch would bring."""

    def __init__(self, scenario: str, seed: int = 1) -> None:
        self.theatre = Theatre(Options(scenario=scenario, start=START, seed=seed))
        clock = self.theatre.clock
        self.board = Board(Hub(clock))
        self.timer = Timer(clock)
        CronJobs(self.board, clock, self.timer, zone="UTC")
        self.incidents = Incidents(self.board, clock, self.timer)
        self.history = History(clock, self.timer)
        self.health = Health(self.board, clock, self.timer, heard=self.history.hear)
        self.seen: dict[str, str] = {}
        self.board.incidents.listen(self._remember)
        freshness = Freshness(self.board.sources, clock)
        for projection in PROJECTIONS.values():
            freshness.monitor(projection.topic, NAMESPACE)
        for monitor, projection in zip(
            freshness.monitors.values(), PROJECTIONS.values(), strict=True
        ):
            sink = self.board.sink(projection.topic, NAMESPACE)
            [kind] = [kind for kind in STORED if kind.plural == projection.resource.plural]
            for found in self.theatre.person.list(kind, NAMESPACE):
                self._hear("ADDED", kind, found)
            sink.synced()
            monitor.proved("list", 0)
        self.theatre.world.api.store.subscribe(self._hear)

    def _remember(self, key: str, old: Incident | None, new: Incident | None) -> None:
        if new is not None:
            self.seen[key] = new.state

    def _hear(self, verb: str, kind: Kind, found: Json) -> None:
        projection = PROJECTIONS.get(kind.plural)
        if projection is None or found["metadata"].get("namespace") != NAMESPACE:
            return
        if projection is WARNINGS and found.get("type") != "Warning":
            return
        [item] = projection.page(page(found)).items
        records = self.board.records(projection)
        if verb == "DELETED":
            records.remove(item.key)
        else:
            records.upsert(item.key, item.record)

    def play(self, seconds: int) -> None:
        """Let time pass in the cluster and with us."""
        for _ in range(seconds):
            self.theatre.play(1.0, step=1.0)
            self.timer.advance()

    def active(self) -> dict[str, str | None]:
        """What is active, and because of what."""
        return {
            key: one.caused_by for key, one in self.board.incidents.items() if one.state == "active"
        }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_calm_hour_is_no_incident(seed: int) -> None:
    watched = Watched("calm", seed)
    assert len(watched.board.pods) > 40
    runs = {key for key, _ in watched.board.jobs.items()}
    watched.play(3_600)
    assert {key for key, _ in watched.board.jobs.items()} - runs, "its CronJobs ran"
    assert watched.seen == {}, "not even one that was new for a moment"
    assert watched.health.summary.status == "healthy"
    points = watched.history.value().points
    assert len(points) == 31
    assert {point.status for point in points} == {"healthy"}


def test_a_node_that_is_lost_is_one_thing() -> None:
    watched = Watched("outage")
    # Lost after 5 s, which the cluster sees 50 s later.
    watched.play(80)
    node = lost_node("eu-agents-03")
    active = watched.active()
    lost = {key for key, cause in active.items() if cause == node}
    assert {key.partition("/")[0] for key in lost} == {"pod_lost"}
    assert len(lost) >= 2
    assert roots(watched) == {node}
    summary = watched.health.summary
    assert (summary.status, summary.reasons[0]) == ("unhealthy", "A node is lost")
    assert summary.counts.critical == 1
    # Found after 150 s.
    watched.play(110)
    assert roots(watched) == set()
    assert watched.health.summary.counts.critical == 0


def roots(watched: Watched) -> set[str]:
    """What is active and stands for itself, but for the memory of a worker."""
    return {
        key
        for key, cause in watched.active().items()
        if cause is None and not key.startswith("pod_oom_killed/")
    }
