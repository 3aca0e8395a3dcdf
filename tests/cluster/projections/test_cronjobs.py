from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.cluster.projections.cronjobs import CRON_JOBS, ActiveJob, CronJobRecord, cron_job_info
from app.model import CronJobInfo
from tests.cluster.projections.raw import metadata, page

Json = dict[str, Any]


def cron_job(spec: Json, status: Json | None = None) -> CronJobRecord:
    raw = {"kind": "CronJob", "metadata": metadata("nightly"), "spec": spec, "status": status}
    return CRON_JOBS.page(page(raw)).items[0].record


def test_a_record_holds_the_whole_rule() -> None:
    record = cron_job(
        {
            "schedule": "30 2 * * *",
            "timeZone": "Europe/Vienna",
            "suspend": True,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 200,
            "jobTemplate": {"spec": {"template": {"spec": {"containers": None}}}},
        },
        {"active": [{"kind": "Job", "name": "nightly-1", "uid": "u-1"}, {}]},
    )
    assert (record.schedule, record.time_zone, record.suspended) == (
        "30 2 * * *",
        "Europe/Vienna",
        True,
    )
    assert (record.concurrency_policy, record.starting_deadline_seconds) == ("Forbid", 200)
    assert record.active == (ActiveJob("nightly-1", "u-1"), ActiveJob("", ""))


def test_a_plain_cron_job_has_the_defaults_of_the_api() -> None:
    record = cron_job({"schedule": "@hourly"})
    assert (record.time_zone, record.suspended, record.concurrency_policy) == (None, False, "Allow")
    assert (record.starting_deadline_seconds, record.active, record.last_schedule_time) == (
        None,
        (),
        None,
    )


def test_a_cron_job_without_a_schedule_is_unreadable() -> None:
    raw = {"kind": "CronJob", "metadata": metadata("nightly"), "spec": {}}
    assert CRON_JOBS.page(page(raw)).unreadable == ("agents/nightly",)


def test_the_value_says_what_the_object_says_and_derives_nothing() -> None:
    record = cron_job(
        {"schedule": "30 2 * * *", "timeZone": "Europe/Vienna"},
        {
            "active": [{"name": "nightly-1", "uid": "u-1"}],
            "lastScheduleTime": "2026-01-01T01:30:00Z",
            "lastSuccessfulTime": "2026-01-01T01:31:00Z",
        },
    )
    assert cron_job_info(record) == CronJobInfo(
        name="nightly",
        schedule="30 2 * * *",
        last_schedule_time=datetime(2026, 1, 1, 1, 30, tzinfo=UTC),
        last_successful_time=datetime(2026, 1, 1, 1, 31, tzinfo=UTC),
        active_jobs=1,
        suspended=False,
        namespace="agents",
        time_zone="Europe/Vienna",
    )
