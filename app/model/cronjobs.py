"""CronJobs: their schedule, and how well they keep it."""

from __future__ import annotations

from typing import Literal

from app.model.jobs import JobStatus
from app.model.wire import Count, Milliseconds, Timestamp, Wire

CronJobState = Literal[
    "on_time", "late", "missed", "waiting", "suspended", "never_ran", "invalid", "unknown"
]


RECENT_RUNS = 20
"""Runs of a CronJob that are told."""


class RecentRun(Wire):
    """One of a CronJob's latest Jobs; it outlives the Job, which history limits delete."""

    name: str
    """The name of the object."""
    status: JobStatus
    """`running` also for a Job that was deleted before it had ended."""
    start_time: Timestamp | None = None
    """When the Job's controller first took it up."""
    duration_ms: Milliseconds | None = None
    """From its start to its end, well or not."""
    uid: str | None = None
    """Which Job it is."""
    scheduled_for: Timestamp | None = None
    """The slot that it was made for; absent for a manual one, and where nobody wrote it down."""
    completion_time: Timestamp | None = None
    """When it ended, well or not: a failed Job ends with its condition."""
    exit_code: int | None = None
    """Of the main container of its newest pod; absent when that is not known."""
    manual: bool | None = None
    """Whether a person started it."""
    deleted: bool | None = None
    """True when the Job is no longer there."""


class CronJobInfo(Wire):
    """A CronJob for the detail audience: its schedule, its last runs, whether it is held."""

    name: str
    """The name of the object."""
    schedule: str
    """Its schedule as its author wrote it."""
    last_schedule_time: Timestamp | None = None
    """The slot for which a Job was last made."""
    last_successful_time: Timestamp | None = None
    """When a Job of it last succeeded."""
    active_jobs: Count
    """Its Jobs that run."""
    suspended: bool
    """Whether it is held."""
    namespace: str | None = None
    """The CronJob's namespace."""
    time_zone: str | None = None
    """The zone of its schedule; absent where it names none."""
    next_schedule_time: Timestamp | None = None
    """When it is due next; absent where it never is, or is held."""
    state: CronJobState | None = None
    """How it keeps its schedule."""
    state_message: str | None = None
    """Why it is in that state; may repeat what the schedule's author wrote."""
    recent_runs: tuple[RecentRun, ...] | None = None
    """At most 20, newest first."""
    schedule_words: str | None = None
    """The schedule as a person would say it; absent where no words are better than wrong ones."""
    assumed_time_zone: str | None = None
    """The zone in which its times were reckoned, where it names none itself: what the settings say
    of the controller's own."""


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
    schedule_words: str | None = None
    assumed_time_zone: str | None = None


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
        schedule_words=cronjob.schedule_words,
        assumed_time_zone=cronjob.assumed_time_zone,
    )
