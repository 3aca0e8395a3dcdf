"""CronJobs in the simulated cluster: slots, policies, history, and what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.demo.api.kinds import CRONJOBS, JOBS
from tests.demo.film.things import cron_job, job_spec, script
from tests.demo.film.worlds import NAMESPACE, Theatre, empty

if TYPE_CHECKING:
    from app.demo.api.kinds import Json

# 2026-11-23T13:04:00Z, the first whole minute of the film.
FIRST = 29_923_984
LONG = job_spec(notes=script(run_for_ms=90_000))


def names(theatre: Theatre) -> list[str]:
    return sorted(one["metadata"]["name"] for one in theatre.all(JOBS))


def status(theatre: Theatre) -> Json:
    found = theatre.one(CRONJOBS, "c")
    assert found is not None
    told: Json = found.get("status") or {}
    return told


def reasons(theatre: Theatre) -> list[str]:
    return [reason for reason, _, _ in theatre.events("c")]


def test_a_job_for_each_minute() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", timeZone="Europe/Berlin"))
    theatre.play(59.9)
    assert names(theatre) == []
    theatre.play(1.0)
    assert names(theatre) == [f"c-{FIRST}"]
    [made] = theatre.all(JOBS)
    metadata = made["metadata"]
    assert metadata["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] == (
        "2026-11-23T14:04:00+01:00"
    )
    assert metadata["labels"]["from"] == "c"
    [owner] = metadata["ownerReferences"]
    assert (owner["kind"], owner["controller"], owner["blockOwnerDeletion"]) == (
        "CronJob",
        True,
        True,
    )
    told = status(theatre)
    assert told["lastScheduleTime"] == "2026-11-23T13:04:00Z"
    [running] = told["active"]
    assert (running["name"], running["uid"]) == (f"c-{FIRST}", metadata["uid"])
    theatre.play(15.0)
    told = status(theatre)
    assert "active" not in told
    assert "2026-11-23T13:04:05Z" <= told["lastSuccessfulTime"] <= "2026-11-23T13:04:10Z"
    assert theatre.events("c") == [
        ("SuccessfulCreate", f"Created job c-{FIRST}", 1),
        ("SawCompletedJob", f"Saw completed job: c-{FIRST}, condition: Complete", 1),
    ]
    theatre.play(60.0)
    assert names(theatre) == [f"c-{FIRST}", f"c-{FIRST + 1}"]


@pytest.mark.parametrize(
    ("policy", "left", "told"),
    [
        ("Allow", [f"c-{FIRST}", f"c-{FIRST + 1}"], "SuccessfulCreate"),
        ("Forbid", [f"c-{FIRST}"], "JobAlreadyActive"),
        ("Replace", [f"c-{FIRST + 1}"], "SuccessfulDelete"),
    ],
)
def test_a_slot_that_comes_while_a_job_runs(policy: str, left: list[str], told: str) -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", of=LONG, concurrencyPolicy=policy))
    theatre.play(125.0)
    assert names(theatre) == left
    assert told in reasons(theatre)
    if policy == "Forbid":
        # It starts when the one before has ended: nothing says how late is too late.
        assert status(theatre)["lastScheduleTime"] == "2026-11-23T13:04:00Z"
        theatre.play(40.0)
        assert names(theatre) == [f"c-{FIRST}", f"c-{FIRST + 1}"]


def test_a_slot_that_had_to_wait_too_long_is_missed() -> None:
    theatre = empty()
    theatre.person.create(
        CRONJOBS,
        cron_job("c", of=LONG, concurrencyPolicy="Forbid", startingDeadlineSeconds=15),
    )
    theatre.play(175.0)
    assert names(theatre) == [f"c-{FIRST}"]


def test_suspended_starts_nothing_and_catches_up_with_the_last() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", suspend=True))
    theatre.play(190.0)
    assert names(theatre) == []
    theatre.person.patch(CRONJOBS, NAMESPACE, "c", {"spec": {"suspend": False}})
    theatre.play(2.0)
    assert names(theatre) == [f"c-{FIRST + 2}"]


def test_too_many_missed_slots_are_told() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", suspend=True))
    theatre.play(6_500.0, step=50.0)
    theatre.person.patch(CRONJOBS, NAMESPACE, "c", {"spec": {"suspend": False}})
    theatre.play(2.0)
    assert len(names(theatre)) == 1
    assert "TooManyMissedTimes" in reasons(theatre)


def test_history_keeps_three_and_one() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c"))
    theatre.play(60.0 * 6 + 30)
    assert names(theatre) == [f"c-{FIRST + at}" for at in (3, 4, 5)]
    bad = job_spec(notes=script(exit_code=1))
    theatre.person.patch(CRONJOBS, NAMESPACE, "c", {"spec": {"jobTemplate": {"spec": bad}}})
    theatre.play(60.0 * 3)
    assert names(theatre) == [f"c-{FIRST + at}" for at in (3, 4, 5, 8)]


def test_a_job_made_by_hand_is_adopted() -> None:
    theatre = empty()
    made = theatre.person.create(CRONJOBS, cron_job("c", "0 0 1 1 *"))
    by_hand = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "by-hand",
            "namespace": NAMESPACE,
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [
                {
                    "apiVersion": "batch/v1",
                    "kind": "CronJob",
                    "name": "c",
                    "uid": made["metadata"]["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": job_spec(notes=script(run_for_ms=2_000)),
    }
    theatre.person.create(JOBS, by_hand)
    theatre.play(10.0)
    assert "UnexpectedJob" in reasons(theatre)
    assert "lastSuccessfulTime" in status(theatre)
    assert "lastScheduleTime" not in status(theatre)


def test_a_running_job_that_is_gone_is_missed() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", of=LONG))
    theatre.play(62.0)
    theatre.person.delete(JOBS, NAMESPACE, f"c-{FIRST}", propagation="Background")
    theatre.play(5.0)
    assert "MissingJob" in reasons(theatre)
    assert "active" not in status(theatre)


def test_a_new_schedule_counts_at_once() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", "0 0 1 1 *"))
    theatre.play(5.0)
    theatre.person.patch(CRONJOBS, NAMESPACE, "c", {"spec": {"schedule": "* * * * *"}})
    theatre.play(56.0)
    assert names(theatre) == [f"c-{FIRST}"]


def test_a_schedule_that_never_comes_is_told() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", "0 0 31 2 *"))
    theatre.play(5.0)
    assert names(theatre) == []
    assert "InvalidSchedule" in reasons(theatre)


def test_a_deleted_cron_job_takes_its_jobs_along() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c", of=LONG))
    theatre.play(65.0)
    theatre.person.delete(CRONJOBS, NAMESPACE, "c", propagation="Background")
    theatre.play(65.0)
    assert names(theatre) == []


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        (
            {"timeZone": "Nowhere/Land"},
            "UnknownTimeZone",
            'invalid timeZone: "Nowhere/Land": unknown time zone Nowhere/Land',
        ),
        (
            {"schedule": "* * *"},
            "UnparseableSchedule",
            'unparseable schedule: "* * *" : expected exactly 5 fields, found 3: [* * *]',
        ),
    ],
)
def test_what_older_servers_let_in_is_told(spec: dict[str, str], reason: str, message: str) -> None:
    """The API server refuses it today; the store may hold it all the same."""
    theatre = empty()
    made = theatre.person.create(CRONJOBS, cron_job("c", suspend=True))
    made["spec"] |= {"suspend": False, **spec}
    theatre.world.api.store.put(CRONJOBS, made)
    theatre.play(65.0)
    assert names(theatre) == []
    assert theatre.events("c") == [(reason, message, 1)]


def test_a_zone_in_the_schedule_works_and_is_not_liked() -> None:
    theatre = empty()
    made = theatre.person.create(CRONJOBS, cron_job("c", suspend=True))
    made["spec"] |= {"suspend": False, "schedule": "CRON_TZ=Europe/Berlin 4 14 * * *"}
    theatre.world.api.store.put(CRONJOBS, made)
    theatre.play(65.0)
    assert names(theatre) == [f"c-{FIRST}"]
    assert "UnsupportedSchedule" in reasons(theatre)


def test_a_job_of_the_same_name_is_left_alone() -> None:
    theatre = empty()
    theatre.person.create(CRONJOBS, cron_job("c"))
    other = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"c-{FIRST}", "namespace": NAMESPACE},
        "spec": LONG,
    }
    theatre.person.create(JOBS, other)
    theatre.play(65.0)
    assert names(theatre) == [f"c-{FIRST}"]
    assert "lastScheduleTime" not in status(theatre)
    theatre.play(60.0)
    assert names(theatre) == [f"c-{FIRST}", f"c-{FIRST + 1}"]
