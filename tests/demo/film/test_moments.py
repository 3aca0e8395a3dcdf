"""Moments far away, and what a client may ask for with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.demo.api.kinds import CRONJOBS, DEPLOYMENTS, JOBS, PODS
from app.demo.api.moments import FIRST, LAST, later
from tests.demo.film.things import cron_job, deployment, job, script
from tests.demo.film.worlds import empty

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        (-1.5, datetime(2026, 1, 31, 11, 59, 58, 500_000, tzinfo=UTC)),
        (60, datetime(2026, 1, 31, 12, 1, tzinfo=UTC)),
        (10**12, LAST),
        (2**63 - 1, LAST),
        (-(2**63), FIRST),
    ],
    ids=["before", "after", "no-date", "no-duration", "no-duration-before"],
)
def test_no_number_of_seconds_overruns_time(seconds: float, moment: datetime) -> None:
    assert later(NOON, seconds) == moment


def test_the_longest_delays_that_a_client_may_write_stop_no_controller() -> None:
    theatre = empty()
    notes = script(run_for_ms=2_000)
    longest = 2**63 - 1
    theatre.person.create(JOBS, job("j", notes=notes, activeDeadlineSeconds=longest))
    theatre.person.create(CRONJOBS, cron_job("c", startingDeadlineSeconds=longest))
    most = 2**31 - 1
    wide = deployment("d", 1, minReadySeconds=most - 1, progressDeadlineSeconds=most)
    theatre.person.create(DEPLOYMENTS, wide)
    theatre.play(90.0)
    assert "succeeded" in (theatre.one(JOBS, "j") or {})["status"]
    assert (theatre.one(CRONJOBS, "c") or {})["status"]["lastScheduleTime"]
    assert (theatre.one(DEPLOYMENTS, "d") or {})["status"]["readyReplicas"] == 1
    assert len(theatre.all(PODS)) > 1
