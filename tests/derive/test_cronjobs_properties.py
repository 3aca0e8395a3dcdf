"""Whatever happens to CronJobs and Jobs, in whatever order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.jobs import INSTANTIATE, JOBS, SCHEDULED_AT
from app.model import encode
from app.model.cronjobs import RECENT_RUNS
from app.model.punctuality import spell
from tests.cluster.projections.raw import condition, metadata, owned_by, page
from tests.cluster.projections.twisted import twisted
from tests.derive.crontab import MORNING, Crontab, Json, at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

FORBID = st.sampled_from(["Allow", "Forbid", "Replace", None])
DEADLINES = st.sampled_from([None, 0, 20, 90, 10_000])


Event = tuple[str, dict[str, Any]]


class Days:
    """A CronJob of every minute whose controller works, sleeps, and is asked for strange things."""

    def __init__(self, policy: str | None, deadline: int | None) -> None:
        self.crontab = Crontab()
        self.spec: dict[str, Any] = {"schedule": "* * * * *", "concurrencyPolicy": policy}
        self.spec["startingDeadlineSeconds"] = deadline
        self.ran: set[datetime] = set()
        self.last: datetime | None = None
        self.there: list[tuple[str, datetime]] = []
        self.tell()

    def tell(self) -> None:
        self.crontab.cron_job(
            last=self.last, active=tuple(name for name, _ in self.there), **self.spec
        )

    def start(self, *, told: bool) -> None:
        """The controller makes the Job of the latest slot, and says so at once or never."""
        slot = self.crontab.clock.now().replace(second=0, microsecond=0)
        if slot in self.ran:
            return
        name = f"nightly-{int(slot.timestamp()) // 60}"
        self.ran.add(slot)
        self.there.append((name, slot))
        self.crontab.job(name, slot=slot, created=self.crontab.clock.now())
        if told:
            self.last = slot
            self.tell()

    def end(self, kind: str) -> None:
        if self.there:
            name, slot = self.there.pop(0)
            self.crontab.job(name, slot=slot, ended=kind)

    def delete(self) -> None:
        if self.there:
            self.crontab.remove("jobs", self.there.pop()[0])

    def suspend(self, value: bool) -> None:
        self.spec["suspend"] = value
        self.tell()

    def check(self) -> None:
        shown = self.crontab.shown()
        latest = self.crontab.clock.now().replace(second=0, microsecond=0)
        told = shown.state_message or ""
        if shown.state in ("late", "missed"):
            assert latest not in self.ran
            for slot in self.ran:
                assert f"the run of {spell(slot)}" not in told
        if latest in self.ran:
            assert shown.state in {"on_time", "suspended", "unknown"}
        states = {source.state for _, source in self.crontab.board.sources.items()}
        doubted = told.startswith("Not known")
        if states == {"live"}:
            assert not doubted
        elif states - {"live", "late"}:
            assert doubted or shown.state == "suspended"
        assert len(shown.recent_runs or ()) <= RECENT_RUNS
        assert len(self.crontab.timer) <= 1


ACTS: dict[str, Callable[[Days], None]] = {
    "wait": lambda days: None,
    "start": lambda days: days.start(told=True),
    "start untold": lambda days: days.start(told=False),
    "complete": lambda days: days.end("Complete"),
    "fail": lambda days: days.end("Failed"),
    "delete": Days.delete,
    "suspend": lambda days: days.suspend(True),
    "resume": lambda days: days.suspend(False),
    "lost": lambda days: days.crontab.source("jobs", "stale"),
    "shaky": lambda days: days.crontab.source("jobs", "late"),
    "live": lambda days: days.crontab.source("jobs", "live"),
    "forbidden": lambda days: days.crontab.source("cronjobs", "forbidden"),
    "allowed": lambda days: days.crontab.source("cronjobs", "live"),
}


@settings(deadline=None)
@given(
    policy=FORBID,
    deadline=DEADLINES,
    acts=st.lists(
        st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from([0, 1, 5, 20, 61])),
        min_size=3,
        max_size=20,
    ),
)
def test_no_slot_with_a_job_is_ever_missed(
    policy: str | None, deadline: int | None, acts: list[tuple[str, int]]
) -> None:
    days = Days(policy, deadline)
    for act, seconds in acts:
        ACTS[act](days)
        days.check()
        for _ in range(seconds):
            days.crontab.clock.advance(1)
            days.crontab.timer.advance()
            days.check()


def told_at_once(events: list[Event], order: Random) -> Crontab:
    """What became of one past, told in some order that keeps each object's own."""
    crontab = Crontab()
    crontab.clock.advance(5400)
    queues: dict[str, list[Event]] = {}
    for kind, fields in events:
        queues.setdefault(fields.get("name", kind), []).append((kind, fields))
    while queues:
        name = order.choice(sorted(queues))
        kind, fields = queues[name].pop(0)
        if not queues[name]:
            del queues[name]
        if kind == "job":
            crontab.job(**fields)
        else:
            crontab.cron_job(**fields)
    return crontab


SLOT = timedelta(minutes=10)


def job_told(number: int, ended: str, manual: bool) -> list[Event]:
    """A Job that is there, and then changes."""
    job: dict[str, Any] = {"name": f"nightly-{number}", "slot": at("08:00") + number * SLOT}
    return [("job", job), ("job", job | {"ended": ended, "manual": manual})]


JOBS_TOLD = st.lists(
    st.builds(
        job_told,
        st.integers(0, 12),
        st.sampled_from(["", "Complete", "Failed"]),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda told: str(told[0][1]["name"]),
)


@settings(deadline=None)
@given(
    jobs=JOBS_TOLD,
    policy=FORBID,
    deadline=DEADLINES,
    lasts=st.lists(st.integers(0, 14), min_size=1, max_size=3).map(sorted),
    seconds=st.sampled_from([0, 59, 60, 61, 600, 605, 700]),
    orders=st.tuples(st.randoms(use_true_random=False), st.randoms(use_true_random=False)),
)
def test_the_order_of_events_means_nothing(
    jobs: list[list[Event]],
    policy: str | None,
    deadline: int | None,
    lasts: list[int],
    seconds: int,
    orders: tuple[Random, Random],
) -> None:
    names = [told[0][1]["name"] for told in jobs]
    events = [event for told in jobs for event in told]
    for last in lasts:
        status = {
            "schedule": "*/10 * * * *",
            "last": at("08:00") + last * SLOT,
            "active": tuple(names[: last % 3]),
            "concurrencyPolicy": policy,
            "startingDeadlineSeconds": deadline,
        }
        events.append(("cron_job", status))
    found = []
    for order in orders:
        crontab = told_at_once(events, order)
        crontab.clock.advance(seconds)
        crontab.timer.advance()
        found.append(crontab.shown())
    assert found[0] == found[1]


CRON_JOB: Json = {
    "metadata": metadata(
        "nightly", creationTimestamp="2026-01-01T08:30:00Z", deletionTimestamp=None
    ),
    "spec": {
        "schedule": "* * * * *",
        "timeZone": "Europe/Vienna",
        "suspend": False,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 100,
    },
    "status": {
        "active": [{"name": "nightly-1", "uid": "uid-of-nightly-29454299"}],
        "lastScheduleTime": "2026-01-01T08:59:00Z",
        "lastSuccessfulTime": "2026-01-01T08:59:00Z",
    },
}
JOB: Json = {
    "metadata": metadata(
        "nightly-29454299",
        creationTimestamp="2026-01-01T08:59:00Z",
        annotations={SCHEDULED_AT: "2026-01-01T08:59:00Z", INSTANTIATE: "manual"},
        **owned_by("CronJob", "nightly", "uid-of-nightly"),
    ),
    "spec": {"suspend": False, "backoffLimit": 1},
    "status": {
        "startTime": "2026-01-01T08:59:00Z",
        "completionTime": "2026-01-01T08:59:30Z",
        "failed": 1,
        "conditions": [condition("Complete"), condition("Failed")],
    },
}


@settings(deadline=None)
@given(cron_job=twisted([CRON_JOB]), jobs=st.lists(twisted([JOB]), max_size=3))
def test_what_was_read_can_be_judged(cron_job: Json, jobs: list[Json]) -> None:
    """Nulls, strange times and strange numbers: no object stops the others."""
    crontab = Crontab()
    for projection, raws in ((JOBS, jobs[:1]), (CRON_JOBS, [cron_job]), (JOBS, jobs[1:])):
        for raw in raws:
            for item in projection.page(page(raw)).items:
                crontab.board.sink(projection.topic, None).upsert(item.key, item.record)
    for seconds in (1, 60, 5, 3600):
        crontab.clock.advance(seconds)
        crontab.timer.advance()
    for key, value in crontab.board.cronjobs.items():
        assert key in crontab.board.records(CRON_JOBS)
        assert value.state is not None
        assert encode(value)


@pytest.mark.parametrize("flaps", [3_000])
def test_what_flaps_leaves_nothing_behind(flaps: int) -> None:
    crontab = Crontab()
    for number in range(flaps):
        crontab.cron_job(
            schedule=("* * * * *", "60 * * * *", "0 0 31 2 *", "*/5 * * * *")[number % 4],
            last=MORNING - timedelta(minutes=number % 7),
            suspend=number % 3 == 0,
            uid=f"u-{number % 2}" if number % 50 == 0 else None,
        )
        crontab.job(
            f"nightly-{number % 40}",
            slot=MORNING - timedelta(minutes=number % 11),
            ended=("", "Complete", "Failed")[number % 3],
            owner=("nightly", None, "other")[number % 3],
            uid=f"j-{number}",
        )
        if number % 5 == 0:
            crontab.source("jobs", ("live", "late", "stale")[number % 3])
        if number % 7 == 0:
            crontab.clock.advance(0.001)
            crontab.timer.advance()
    assert len(crontab.runs) <= RECENT_RUNS
    assert len(crontab.timer) <= 1
    crontab.remove("cronjobs", "nightly")
    for number in range(40):
        crontab.remove("jobs", f"nightly-{number}")
    held = [held for held in vars(crontab.derived).values() if isinstance(held, dict)]
    assert len(held) == 5
    assert not any(held)
    assert len(crontab.timer) == 0
