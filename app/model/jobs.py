"""Jobs, started by a CronJob, by a person, or by somebody else."""

from __future__ import annotations

from typing import Literal

from app.model.wire import Count, Milliseconds, Timestamp, Wire

JobStatus = Literal["running", "succeeded", "failed"]


class JobInfo(Wire):
    """A Job for the detail audience; its status comes from its conditions, never from counters."""

    name: str
    """The Job's name."""
    cron_job_name: str
    """The CronJob that owns it, `""` when none does."""
    start_time: Timestamp | None = None
    """When its controller first took it up."""
    completion_time: Timestamp | None = None
    """When it succeeded; a failed Job has none."""
    status: JobStatus
    """What its conditions say: `running` also while it is tried again."""
    exit_code: int | None = None
    """Of the main container of the newest pod it owns; absent when that is not known.

    Unbounded: the cluster reports an int32, and Windows containers use all of it.
    """
    duration_ms: Milliseconds | None = None
    """From its start to its end, well or not."""
    namespace: str | None = None
    """The Job's namespace."""
    uid: str | None = None
    """Which Job it is, whatever it is called."""
    manual: bool | None = None
    """Started by a person from a CronJob's template."""
    reason: str | None = None
    """The word of the condition that ended it, such as `BackoffLimitExceeded`."""
    failures: Count | None = None
    """Pods that failed so far; a retry is not yet a failed Job."""


class JobSummary(Wire):
    """A Job for the summary audience.

    The same fields today; named one by one, so that a field added for operators does not appear
    on walls by itself.
    """

    name: str
    cron_job_name: str
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None
    status: JobStatus
    exit_code: int | None = None
    duration_ms: Milliseconds | None = None
    namespace: str | None = None
    uid: str | None = None
    manual: bool | None = None
    reason: str | None = None
    failures: Count | None = None


def summarize_job(job: JobInfo) -> JobSummary:
    """The Job as the summary audience reads it."""
    return JobSummary(
        name=job.name,
        cron_job_name=job.cron_job_name,
        start_time=job.start_time,
        completion_time=job.completion_time,
        status=job.status,
        exit_code=job.exit_code,
        duration_ms=job.duration_ms,
        namespace=job.namespace,
        uid=job.uid,
        manual=job.manual,
        reason=job.reason,
        failures=job.failures,
    )
