"""CronJobs: their schedule, and how well they keep it."""

from __future__ import annotations

from typing import Literal

from app.model.jobs import JobStatus
from app.model.wire import Count, Milliseconds, Timestamp, Wire

CronJobState = Literal[
    "on_time", "late", "missed", "waiting", "suspended", "never_ran", "invalid", "unknown"
]


class RecentRun(Wire):
    """One of a CronJob's latest Jobs, newest first."""

    name: str
    status: JobStatus
    start_time: Timestamp | None = None
    duration_ms: Milliseconds | None = None


class CronJobInfo(Wire):
    """A CronJob for the detail audience: its schedule, its last runs, whether it is held."""

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
    """Why it is in that state; may repeat what the schedule's author wrote."""
    recent_runs: tuple[RecentRun, ...] | None = None


class CronJobSummary(Wire):
    """A CronJob for the summary audience: the same without the free text."""

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
    recent_runs: tuple[RecentRun, ...] | None = None


def summarize_cronjob(cronjob: CronJobInfo) -> CronJobSummary:
    """The CronJob as the summary audience reads it."""
    return CronJobSummary(
        name=cronjob.name,
        schedule=cronjob.schedule,
        last_schedule_time=cronjob.last_schedule_time,
        last_successful_time=cronjob.last_successful_time,
        active_jobs=cronjob.active_jobs,
        suspended=cronjob.suspended,
        namespace=cronjob.namespace,
        time_zone=cronjob.time_zone,
        next_schedule_time=cronjob.next_schedule_time,
        state=cronjob.state,
        recent_runs=cronjob.recent_runs,
    )
