"""The composition root gives CronJobs their judge, and the judge its time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from app.board import WATCHED
from app.cluster.projections.cronjobs import CRON_JOBS
from app.main import create_app
from app.settings import Settings
from tests.cluster.projections.raw import metadata
from tests.fakes.clock import ManualClock
from tests.web.house import SilentTransport, configuration, house, show


def test_the_zone_is_that_of_the_settings() -> None:
    made = house(controller_time_zone="Europe/Vienna")
    raw = {"metadata": metadata("nightly"), "spec": {"schedule": "30 2 * * *"}}
    show(made, CRON_JOBS, raw)
    value = made.rooms.board.cronjobs.get("agents/nightly")
    assert value is not None
    assert value.assumed_time_zone == "Europe/Vienna"
    assert f"{value.next_schedule_time:%H:%M}" == "01:30"
    # Nothing has been heard of its source yet.
    assert value.state == "unknown"


def test_a_house_that_watches_no_cron_jobs_judges_none() -> None:
    made = create_app(
        Settings(namespaces=("agents",)),
        configuration(),
        transport=SilentTransport(),
        clock=ManualClock(),
        random=Random(7),
        watched=[kind for kind in WATCHED if kind.projection is not CRON_JOBS],
    )
    assert {kind.projection.topic for kind in made.rooms.board.watched} == {
        "pods",
        "jobs",
        "events",
    }


def test_the_age_of_its_sources_is_that_of_their_proofs() -> None:
    """What was last heard of at the moment of a slot does not say that nothing came of it."""
    clock = ManualClock(datetime(2026, 1, 1, 9, 59, tzinfo=UTC))
    made = house(clock=clock)
    monitors = made.rooms.freshness.monitors

    def heard(kind: str, seconds: float, labels: dict[str, str]) -> str | None:
        """The state after more time, a word of that source, and a change of the CronJob."""
        clock.advance(seconds)
        monitors[f"{kind}/agents"].proved("bookmark", 1)
        about = metadata("nightly", labels=labels, creationTimestamp="2026-01-01T09:30:00Z")
        show(made, CRON_JOBS, {"metadata": about, "spec": {"schedule": "0 * * * *"}})
        value = made.rooms.board.cronjobs.get("agents/nightly")
        return None if value is None else value.state

    assert heard("cronjobs", 0, {}) == "unknown"
    assert heard("jobs", 60, {"at": "10:00"}) == "never_ran"
    assert heard("cronjobs", 70, {"at": "10:01:10"}) == "never_ran"
    assert heard("jobs", 0, {"and": "then"}) == "late"
