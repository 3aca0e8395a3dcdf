"""CronJobs and the Jobs they or people start."""

from __future__ import annotations

from typing import Literal

from app.model.wire import Count, ExitCode, Milliseconds, Timestamp, Wire

CronJobState = Literal[
    "on_time", "late", "missed", "waiting", "suspended", "never_ran", "invalid", "unknown"
]
JobStatus = Literal["running", "succeeded", "failed"]


class RecentRun(Wire):
    """One of a CronJob's latest Jobs, newest first."""

    name: str
    status: JobStatus
    start_time: Timestamp | None = None
    duration_ms: Milliseconds | None = None


class CronJobInfo(Wire):
    """A CronJob: its schedule, its last runs, whether it is held."""

    name: str
    schedule: str
    last_schedule_time: Timestamp | None = None
    last_successful_time: Timestamp | None = None
    active_jobs: Count
    suspended: bool
    namespace: str | None = None
    time_zone: str | None = None
    next_schedule_time: Timestamp | None = None
    state: CronJobState | None = None
    state_message: str | None = None
    recent_runs: tuple[RecentRun, ...] | None = None


class JobInfo(Wire):
    """A Job; its status comes from its conditions, never from counters."""

    name: str
    cron_job_name: str
    """The CronJob that owns it, `""` when none does."""
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None
    status: JobStatus
    exit_code: ExitCode | None = None
    """Of the main container of the newest pod it owns; absent when that is not known."""
    duration_ms: Milliseconds | None = None
    namespace: str | None = None
    uid: str | None = None
    manual: bool | None = None
    """Started by a person from a CronJob's template."""
    reason: str | None = None
    failures: Count | None = None
    """Pods that failed so far; a retry is not yet a failed Job."""
