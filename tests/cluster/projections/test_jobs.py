from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.cluster.projections.jobs import JOBS, JobRecord, ended_at, job_info
from app.cluster.projections.pods import PODS, PodRecord
from app.model import JobInfo
from tests.cluster.projections.raw import (
    condition,
    container,
    metadata,
    owned_by,
    page,
    pod,
    running,
    terminated,
)

Json = dict[str, Any]
STARTED = "2026-01-01T09:00:00Z"
ENDED = "2026-01-01T09:01:30.500000Z"
MOMENT_OF_END = datetime(2026, 1, 1, 9, 1, 30, 500_000, tzinfo=UTC)


def job(status: Json | None = None, spec: Json | None = None, **fields: Any) -> JobRecord:
    raw = {"kind": "Job", "metadata": metadata("sync", **fields), "spec": spec, "status": status}
    return JOBS.page(page(raw)).items[0].record


def job_pod(name: str, code: int | None, created: str = STARTED) -> PodRecord:
    state = running() if code is None else terminated(code)
    raw = pod(name, status={"containerStatuses": [container(**state)]}, creationTimestamp=created)
    return PODS.page(page(raw)).items[0].record


COMPLETE: Json = {
    "startTime": STARTED,
    "completionTime": ENDED,
    "succeeded": 1,
    "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
}
FAILED: Json = {
    "startTime": STARTED,
    "failed": 7,
    "conditions": [
        condition("FailureTarget", reason="BackoffLimitExceeded"),
        condition("Failed", reason="BackoffLimitExceeded", lastTransitionTime=ENDED),
    ],
}


def test_a_record_holds_what_rules_need_of_a_job() -> None:
    record = job(
        {"active": 1, "succeeded": 2, "failed": 3},
        {"parallelism": 4, "completions": 5, "backoffLimit": 0, "suspend": True},
        annotations={
            "cronjob.kubernetes.io/instantiate": "manual",
            "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T10:00:00+01:00",
        },
        **owned_by("CronJob", "nightly", "u-1"),
    )
    assert (record.parallelism, record.completions, record.backoff_limit) == (4, 5, 0)
    assert (record.active, record.succeeded, record.failed) == (1, 2, 3)
    assert (record.suspended, record.manual) == (True, True)
    assert record.scheduled_at == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_a_job_without_status_has_the_defaults_of_the_api() -> None:
    record = job()
    assert (record.parallelism, record.completions, record.backoff_limit) == (1, None, 6)
    assert (record.active, record.status, record.manual, record.scheduled_at) == (
        0,
        "running",
        False,
        None,
    )


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-01-01T10:00:00", "0001-01-01T00:00:00+10:00", "2026-13-01"]
)
def test_a_slot_that_is_no_time_is_none(text: str) -> None:
    record = job(annotations={"batch.kubernetes.io/cronjob-scheduled-timestamp": text})
    assert record.scheduled_at is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"conditions": [condition("Complete")]}, "succeeded"),
        ({"conditions": [condition("Failed")]}, "failed"),
        # Counters say how far it is, conditions whether it ended.
        ({"failed": 3, "active": 0}, "running"),
        ({"succeeded": 1}, "running"),
        ({"conditions": [condition("Failed", "False")]}, "running"),
        ({"conditions": [condition("FailureTarget")]}, "running"),
        ({"conditions": [condition("SuccessCriteriaMet")]}, "running"),
    ],
)
def test_the_state_is_what_the_conditions_say(status: Json, state: str) -> None:
    assert job_info(job(status)).status == state


def test_a_succeeded_job_says_when_how_long_and_with_what() -> None:
    record = job(COMPLETE, **owned_by("CronJob", "nightly", "u-1"))
    assert job_info(record, [job_pod("sync-a", 0)]) == JobInfo(
        name="sync",
        cron_job_name="nightly",
        start_time=datetime(2026, 1, 1, 9, tzinfo=UTC),
        completion_time=datetime(2026, 1, 1, 9, 1, 30, 500_000, tzinfo=UTC),
        status="succeeded",
        exit_code=0,
        duration_ms=90_500,
        namespace="agents",
        uid="uid-of-sync",
        manual=False,
        failures=0,
    )


def test_a_failed_job_ended_with_its_condition() -> None:
    info = job_info(job(FAILED))
    assert (info.status, info.reason, info.failures) == ("failed", "BackoffLimitExceeded", 7)
    assert (info.completion_time, info.duration_ms, info.exit_code) == (None, 90_500, None)


@pytest.mark.parametrize(
    "status",
    [
        {"startTime": STARTED},
        {"conditions": [condition("Complete")]},
        {"startTime": STARTED, "conditions": [condition("Failed", lastTransitionTime=None)]},
    ],
)
def test_a_duration_needs_both_ends(status: Json) -> None:
    assert job_info(job(status)).duration_ms is None


def test_a_completed_job_without_its_time_ended_with_its_condition() -> None:
    status = {
        "startTime": STARTED,
        "conditions": [condition("Complete", lastTransitionTime=ENDED)],
    }
    assert job_info(job(status)).duration_ms == 90_500


def test_a_duration_is_never_negative() -> None:
    record = replace(job(COMPLETE), completion_time=datetime(2026, 1, 1, 8, tzinfo=UTC))
    assert job_info(record).duration_ms == 0


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, ""),
        (owned_by("CronJob", "nightly", "u"), "nightly"),
        (owned_by("CronJob", "nightly", "u", controller=False), ""),
        (owned_by("Workflow", "nightly", "u"), ""),
    ],
)
def test_only_a_cron_job_that_owns_it_gives_its_name(fields: Json, name: str) -> None:
    assert job_info(job(**fields)).cron_job_name == name


MANUAL: Json = {"annotations": {"cronjob.kubernetes.io/instantiate": "manual"}}


@pytest.mark.parametrize(
    ("fields", "manual"),
    [
        (MANUAL | owned_by("CronJob", "nightly", "u"), True),
        # Copied from one, but nobody's: no run of the CronJob.
        (MANUAL, False),
        (MANUAL | owned_by("CronJob", "nightly", "u", controller=False), False),
        (MANUAL | owned_by("Workflow", "nightly", "u"), False),
        (owned_by("CronJob", "nightly", "u"), False),
        ({"annotations": None} | owned_by("CronJob", "nightly", "u"), False),
        (
            {"annotations": {"cronjob.kubernetes.io/instantiate": "auto"}}
            | owned_by("CronJob", "nightly", "u"),
            False,
        ),
    ],
)
def test_a_manual_job_has_both_the_annotation_and_the_cron_job(fields: Json, manual: bool) -> None:
    assert job_info(job(**fields)).manual is manual


def test_the_end_is_that_of_the_job_or_of_its_last_condition() -> None:
    assert ended_at(job()) is None
    assert ended_at(job({"completionTime": ENDED})) is None, "the conditions decide"
    assert ended_at(job(COMPLETE)) == ended_at(job(FAILED)) == MOMENT_OF_END
    assert ended_at(job({"conditions": [condition("Failed", lastTransitionTime=None)]})) is None


def test_a_retry_goes_on_and_says_how_often_it_failed() -> None:
    """Conditions decide; whatever the counters and the last pod say, it is tried again."""
    info = job_info(job({"startTime": STARTED, "active": 1, "failed": 2}), [job_pod("a", 1)])
    assert (info.status, info.failures, info.reason) == ("running", 2, None)
    assert (info.exit_code, info.duration_ms, info.completion_time) == (None, None, None)


def test_a_job_that_is_being_deleted_says_so() -> None:
    going: Json = {"deletionTimestamp": ENDED}
    assert job_info(job(**going)).reason == "Terminating"
    assert job_info(job(COMPLETE, **going)).reason is None


def test_the_exit_code_is_that_of_the_newest_pod() -> None:
    pods = [
        job_pod("c", 1, "2026-01-01T09:00:10Z"),
        job_pod("b", 57, "2026-01-01T09:00:20Z"),
        job_pod("a", 2, "2026-01-01T09:00:20Z"),
        replace(job_pod("z", 9), created_at=None),
    ]
    assert job_info(job(FAILED), pods).exit_code == 57


@pytest.mark.parametrize("code", [None, -1073741510, 256])
def test_an_exit_code_that_nobody_knows_is_absent(code: int | None) -> None:
    assert job_info(job(FAILED), [job_pod("a", code)]).exit_code is None


def test_a_job_that_goes_on_has_no_exit_code_yet() -> None:
    assert job_info(job({"failed": 1}), [job_pod("a", 1)]).exit_code is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({}, None),
        ({"conditions": [condition("Complete", reason="CompletionsReached")]}, None),
        ({"conditions": [condition("Suspended")]}, "Suspended"),
        ({"conditions": [condition("FailureTarget", reason="x")]}, "FailureTarget"),
        ({"conditions": [condition("Failed", reason="DeadlineExceeded")]}, "DeadlineExceeded"),
        ({"conditions": [condition("Failed")]}, None),
    ],
)
def test_the_reason_says_why_it_failed_or_what_holds_it(status: Json, reason: str | None) -> None:
    assert job_info(job(status)).reason == reason
