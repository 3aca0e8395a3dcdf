"""A board with CronJobs and Jobs that tests write, under clocks that tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.board import Board
from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.jobs import JOBS, SCHEDULED_AT
from app.cluster.projections.pods import PODS
from app.derive.cronjobs import CronJobs
from app.derive.timer import Timer
from app.model import Source
from app.stream import Hub
from tests.cluster.projections.raw import (
    condition,
    container,
    metadata,
    owned_by,
    page,
    pod,
    terminated,
)
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from app.cluster.projection import Projection
    from app.model import CronJobInfo, RecentRun
    from app.model.sources import Proof, SourceState

Json = dict[str, Any]

MORNING = datetime(2026, 1, 1, 9, tzinfo=UTC)
CREATED = "2026-01-01T08:30:00Z"


class SettableClock(ManualClock):
    """A wall clock that somebody sets."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.set_by = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.set_by)


def stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Crontab:
    """CronJobs of the namespace `agents`, with both sources live unless a test says otherwise.

    It is 09:00, if nothing else is said. What is written is what an API server would send of it.
    """

    def __init__(self, *, zone: str = "UTC", live: bool = True, start: datetime = MORNING) -> None:
        self.clock = SettableClock(start)
        self.timer = Timer(self.clock)
        self.hub = Hub(self.clock)
        self.board = Board(self.hub)
        self.ages: dict[str, float] = {}
        self.derived = CronJobs(
            self.board, self.clock, self.timer, zone=zone, age=lambda key: self.ages.get(key, 0.0)
        )
        self.states: list[str] = []
        self.board.cronjobs.listen(self._remember)
        self._sinks: dict[str, Any] = {
            kind: self.board.sink(kind, "agents") for kind in ("cronjobs", "jobs", "pods")
        }
        if live:
            self.source("cronjobs", "live")
            self.source("jobs", "live")

    def _remember(self, key: str, old: CronJobInfo | None, new: CronJobInfo | None) -> None:
        if new is not None and (not self.states or self.states[-1] != new.state):
            self.states.append(str(new.state))

    # What happens

    def source(
        self,
        kind: str,
        state: SourceState,
        *,
        proof: Proof | None = "list",
        message: str | None = None,
        namespace: str = "agents",
    ) -> None:
        if state == "connecting":
            proof = None
        found = Source(
            kind=kind, namespace=namespace, state=state, proof=proof, objects=0, message=message
        )
        self.board.sources.upsert(f"{kind}/{namespace}", found)

    def cron_job(
        self,
        name: str = "nightly",
        *,
        schedule: str = "0 * * * *",
        last: datetime | None = None,
        active: tuple[str, ...] = (),
        created: str | None = CREATED,
        uid: str | None = None,
        deleted: str | None = None,
        generation: int | None = None,
        **spec: Any,
    ) -> None:
        """A CronJob is there, or changes; `active` names the Jobs that its controller lists."""
        status: Json = {"active": [{"name": job, "uid": f"uid-of-{job}"} for job in active]}
        if last is not None:
            status["lastScheduleTime"] = stamp(last)
        raw = {
            "metadata": metadata(
                name,
                uid=uid or f"uid-of-{name}",
                creationTimestamp=created,
                deletionTimestamp=deleted,
                generation=generation,
            ),
            "spec": {"schedule": schedule} | spec,
            "status": status,
        }
        self.write("cronjobs", CRON_JOBS, raw)

    def job(
        self,
        name: str,
        *,
        slot: datetime | None = None,
        ended: str = "",
        owner: str | None = "nightly",
        owner_uid: str | None = None,
        uid: str | None = None,
        created: datetime | None = None,
        manual: bool = False,
        **status: Any,
    ) -> None:
        """A Job is there, or changes; `ended` is `Complete` or `Failed`."""
        made = created or slot or self.clock.now().replace(microsecond=0)
        annotations = {SCHEDULED_AT: stamp(slot)} if slot is not None else {}
        if manual:
            annotations["cronjob.kubernetes.io/instantiate"] = "manual"
        about = metadata(
            name,
            uid=uid or f"uid-of-{name}",
            creationTimestamp=stamp(made),
            annotations=annotations,
        )
        if owner is not None:
            about |= owned_by("CronJob", owner, owner_uid or f"uid-of-{owner}")
        told: Json = {"startTime": stamp(made), "active": 0 if ended else 1}
        if ended:
            end = stamp(self.clock.now())
            told["conditions"] = [condition(ended, lastTransitionTime=end)]
            if ended == "Complete":
                told["completionTime"] = end
        self.write("jobs", JOBS, {"metadata": about, "spec": {}, "status": told | status})

    def job_pod(self, job: str, code: int) -> None:
        """The pod of a Job has ended."""
        raw = pod(
            f"{job}-pod",
            status={"phase": "Failed", "containerStatuses": [container(**terminated(code))]},
            **owned_by("Job", job, f"uid-of-{job}"),
        )
        self.write("pods", PODS, raw)

    def write(self, kind: str, projection: Projection[Any], raw: Json) -> None:
        found = projection.page(page(raw))
        assert found.unreadable == ()
        (item,) = found.items
        self._sinks[kind].upsert(item.key, item.record)

    def remove(self, kind: str, name: str) -> None:
        self._sinks[kind].remove(f"agents/{name}")

    def until(self, clock: str) -> None:
        """Let time pass, second by second, until the wall clock shows `HH:MM` or `HH:MM:SS`."""
        hours, minutes, *seconds = (int(part) for part in clock.split(":"))
        end = MORNING.replace(hour=hours, minute=minutes, second=sum(seconds))
        assert end >= self.clock.now()
        while self.clock.now() < end:
            self.clock.advance(1)
            self.timer.advance()

    def set_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self.clock.set_by += seconds
        self.timer.advance()

    # What is shown

    def shown(self, name: str = "nightly") -> CronJobInfo:
        value = self.board.cronjobs.get(f"agents/{name}")
        assert value is not None
        return value

    @property
    def state(self) -> str | None:
        return self.shown().state

    @property
    def message(self) -> str:
        return self.shown().state_message or ""

    @property
    def next(self) -> str:
        """The next run by the clock."""
        found = self.shown().next_schedule_time
        return "" if found is None else f"{found:%H:%M}"

    @property
    def runs(self) -> tuple[RecentRun, ...]:
        found = self.shown().recent_runs
        assert found is not None
        return found


def at(clock: str) -> datetime:
    """A moment of the day."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return MORNING.replace(hour=hours, minute=minutes, second=sum(seconds))
