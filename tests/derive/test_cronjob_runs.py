"""The latest runs of a CronJob, and whose a Job is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.cluster.projections.jobs import JOBS
from app.model.cronjobs import RECENT_RUNS
from tests.cluster.projections.raw import metadata, owned_by
from tests.derive.crontab import Crontab, at


@pytest.fixture
def crontab() -> Crontab:
    made = Crontab()
    made.cron_job(last=at("09:00"))
    return made


def names(crontab: Crontab, name: str = "nightly") -> list[str]:
    return [run.name for run in crontab.shown(name).recent_runs or ()]


def test_a_run_is_told_from_its_start_to_its_end_and_beyond(crontab: Crontab) -> None:
    crontab.until("10:00:02")
    crontab.job("nightly-1", slot=at("10:00"), created=at("10:00:02"))
    (run,) = crontab.runs
    assert (run.name, run.uid, run.status) == ("nightly-1", "uid-of-nightly-1", "running")
    assert (run.scheduled_for, run.start_time) == (at("10:00"), at("10:00:02"))
    assert (run.completion_time, run.duration_ms, run.exit_code) == (None, None, None)
    assert (run.manual, run.deleted) == (False, None)
    crontab.until("10:05")
    crontab.job("nightly-1", slot=at("10:00"), created=at("10:00:02"), ended="Failed")
    crontab.job_pod("nightly-1", 57)
    (run,) = crontab.runs
    assert (run.status, run.completion_time) == ("failed", at("10:05"))
    assert (run.duration_ms, run.exit_code) == (298_000, 57)
    # The controller's history limits, or somebody, delete its pod and the Job.
    crontab.remove("pods", "nightly-1-pod")
    assert crontab.runs == (run,), "what a pod said is remembered"
    crontab.remove("jobs", "nightly-1")
    assert crontab.runs == (run.model_copy(update={"deleted": True}),)


def test_runs_outlive_history_limits_up_to_twenty(crontab: Crontab) -> None:
    for number in range(RECENT_RUNS + 5):
        slot = at("09:00") + timedelta(minutes=number)
        crontab.job(f"nightly-{number}", slot=slot, ended="Complete")
        if number >= 3:
            crontab.remove("jobs", f"nightly-{number - 3}")
    assert names(crontab) == [f"nightly-{number}" for number in range(24, 4, -1)]
    assert [run.deleted for run in crontab.runs] == [None] * 3 + [True] * 17


def test_of_many_jobs_the_newest_are_told_in_whatever_order_they_are_heard_of() -> None:
    told = []
    for step in (1, -1):
        crontab = Crontab()
        crontab.cron_job(last=at("09:00"))
        for number in range(30)[::step]:
            slot = at("08:00") + timedelta(minutes=number)
            crontab.job(f"nightly-{number}", slot=slot)
        told.append(names(crontab))
    assert told[0] == told[1] == [f"nightly-{number}" for number in range(29, 9, -1)]


def test_jobs_may_be_known_before_their_cron_job() -> None:
    crontab = Crontab()
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.job("nightly-0", slot=at("08:00"))
    crontab.remove("jobs", "nightly-0")
    crontab.cron_job()
    assert names(crontab) == ["nightly-1"]
    assert crontab.state == "on_time", "a Job says it as well as the status"


def test_a_first_list_of_jobs_is_told_when_it_is_complete() -> None:
    crontab = Crontab(live=False)
    crontab.source("cronjobs", "live")
    crontab.source("jobs", "connecting")
    crontab.cron_job(last=at("09:00"))
    before = crontab.hub.seq
    for number in range(3):
        crontab.job(f"nightly-{number}", slot=at("09:00"))
    # Three records, three values, and not one of the CronJob.
    assert (crontab.hub.seq, crontab.runs) == (before + 6, ())
    crontab.source("jobs", "live")
    assert len(crontab.runs) == 3


def test_a_manual_run_is_one_without_a_slot(crontab: Crontab) -> None:
    crontab.job("nightly-manual-1", manual=True, created=at("09:10"))
    # Copied together with the annotation of the run that it was copied from.
    crontab.job("copy", manual=True, slot=at("09:00"), created=at("09:20"))
    assert [(run.manual, run.scheduled_for) for run in crontab.runs] == [(True, None)] * 2
    crontab.until("10:01")
    assert crontab.state == "late", "nobody started the one of ten o'clock"


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        # Before Kubernetes 1.28 there was no annotation: 2026-01-01 09:00 is minute 29454300.
        ("nightly-29454300", "09:00"),
        ("nightly-29454301", "09:01"),
        # A minute of clock difference, and no more.
        ("nightly-29454302", None),
        ("nightly-20260101", None),
        ("nightly-2945430", None),
        ("nightly-x29454300", None),
        ("other-29454300", None),
        ("nightly", None),
    ],
)
def test_the_name_tells_the_slot_where_nothing_else_does(
    crontab: Crontab, name: str, slot: str | None
) -> None:
    crontab.job(name, created=at("09:00"))
    (run,) = crontab.runs
    assert run.scheduled_for == (None if slot is None else at(slot))


def test_no_job_is_made_long_before_its_slot(crontab: Crontab) -> None:
    """So who writes a slot of next year into a Job does not silence the alarm until then."""
    crontab.job("nightly-1", slot=at("23:00"), created=at("09:10"))
    assert crontab.runs[0].scheduled_for is None
    crontab.until("10:01")
    assert crontab.state == "late"


def test_a_job_belongs_by_uid_never_by_name(crontab: Crontab) -> None:
    crontab.job("nightly-1", owner_uid="uid-of-an-earlier-one", slot=at("09:00"))
    crontab.job("nightly-2", owner=None, slot=at("09:00"))
    assert crontab.runs == ()


def test_a_recreated_cron_job_begins_anew(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.until("10:30")
    assert crontab.state == "late"
    crontab.cron_job(uid="another", created="2026-01-01T10:30:00Z")
    assert (crontab.state, crontab.runs) == ("never_ran", ())
    crontab.job("nightly-1", slot=at("10:00"), uid="j2", owner_uid="another", created=at("10:30"))
    assert [run.uid for run in crontab.runs] == ["j2"]
    # The Jobs of the one before go one by one, and are nobody's.
    crontab.remove("jobs", "nightly-1")
    assert [run.deleted for run in crontab.runs] == [True]


def test_a_recreated_job_of_the_same_name_is_another_run(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"), uid="first")
    crontab.job("nightly-1", slot=at("09:00"), uid="second", created=at("09:01"))
    assert [(run.uid, run.deleted) for run in crontab.runs] == [("second", None), ("first", True)]


def test_a_job_is_adopted_released_and_given_to_another(crontab: Crontab) -> None:
    crontab.cron_job("other", last=at("09:00"))
    crontab.job("stray", owner=None)
    assert names(crontab) == names(crontab, "other") == []
    crontab.job("stray")
    assert names(crontab) == ["stray"]
    crontab.job("stray", owner="other")
    assert (names(crontab), names(crontab, "other")) == ([], ["stray"])
    # The same name is not the same owner: nothing of the Job's value changes.
    crontab.job("stray", owner="other", owner_uid="an-earlier-one")
    assert names(crontab, "other") == []
    crontab.job("stray", owner=None)
    crontab.remove("jobs", "stray")
    assert (names(crontab), names(crontab, "other")) == ([], [])


def test_a_job_that_is_given_away_holds_nothing_back(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.until("10:00:30")
    assert crontab.state == "waiting"
    crontab.job("nightly-1", owner=None, slot=at("09:00"))
    assert crontab.state == "on_time"


def test_a_slot_that_is_written_later_is_seen(crontab: Crontab) -> None:
    crontab.job("run", created=at("09:00"))
    assert crontab.runs[0].scheduled_for is None
    crontab.job("run", slot=at("09:00"), created=at("09:00"))
    assert crontab.runs[0].scheduled_for == at("09:00")


def test_an_old_job_beyond_the_twenty_goes_unnoticed(crontab: Crontab) -> None:
    for number in range(25):
        crontab.job(f"nightly-{number}", slot=at("08:00") + timedelta(minutes=number))
    before = crontab.runs
    crontab.job("nightly-0", slot=at("08:00"), ended="Complete")
    crontab.remove("jobs", "nightly-1")
    crontab.job("nightly-2", owner=None, slot=at("08:02"))
    assert crontab.runs == before


def test_a_job_without_a_creation_time_has_its_place(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("08:00"))
    about = metadata("odd", creationTimestamp=None) | owned_by("CronJob", "n", "uid-of-nightly")
    crontab.write("jobs", JOBS, {"metadata": about, "spec": None, "status": None})
    assert names(crontab) == ["nightly-1", "odd"]
    assert crontab.runs[1].scheduled_for is None
