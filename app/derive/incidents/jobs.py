"""What can be wrong with a Job or a CronJob: functions of the values that readers see.

A failed Job of a CronJob is not an incident of its own: whether its CronJob's last run failed is.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from app.derive.incidents.finding import Finding, source_tokens
from app.derive.incidents.kinds import (
    CRONJOB_FAILED,
    CRONJOB_INVALID,
    CRONJOB_LATE,
    CRONJOB_MISSED,
    CRONJOB_STUCK,
    JOB_FAILED,
)
from app.derive.incidents.starts import STOPPED
from app.model import ObjectReference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.model import CronJobInfo, CronJobState, JobInfo, RecentRun

USUAL_RUNS = 5
"""So many successes make what is usual; fewer say nothing."""

STUCK_FACTOR = 3

STATES = {
    "late": (CRONJOB_LATE, "A run is due and has not begun."),
    "missed": (CRONJOB_MISSED, "A run was due and will not begin any more."),
    "invalid": (CRONJOB_INVALID, "It will not run until that is mended."),
}

OVERDUE = (CRONJOB_LATE, CRONJOB_MISSED)


class Ends:
    """Exit codes of failed Jobs: the pods that told them are often gone before the Jobs are."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str | None, int]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, key: str, job: JobInfo | None) -> JobInfo | None:
        """The Job as it is now, with the exit code that was once known."""
        if job is None or job.status != "failed" or job.cron_job_name:
            self._known.pop(key, None)
        elif job.exit_code is not None:
            self._known[key] = (job.uid, job.exit_code)
        elif (known := self._known.get(key)) is not None:
            if known[0] == job.uid:
                return job.model_copy(update={"exit_code": known[1]})
            del self._known[key]
        return job


def job_findings(job: JobInfo) -> tuple[Finding, ...]:
    """What is wrong with a Job that stands for itself."""
    if job.status != "failed" or job.cron_job_name:
        return ()
    namespace = job.namespace or ""
    return (
        Finding(
            JOB_FAILED,
            namespace,
            job.name,
            ObjectReference(kind="Job", namespace=namespace, name=job.name),
            _ended(job.exit_code),
            message=job.reason or "",
            since=_end(job.start_time, job.completion_time, job.duration_ms),
            claims=(f"job {namespace}/{job.name}",),
            under=source_tokens("jobs", namespace),
        ),
    )


def cronjob_findings(cronjob: CronJobInfo) -> tuple[Finding, ...]:
    """What is wrong with a CronJob."""
    return tuple(_cronjob(cronjob))


def _cronjob(cronjob: CronJobInfo) -> Iterator[Finding]:
    namespace = cronjob.namespace or ""
    subject = ObjectReference(kind="CronJob", namespace=namespace, name=cronjob.name)
    under = (*source_tokens("cronjobs", namespace), *source_tokens("jobs", namespace))
    state = STATES.get(_told(cronjob.state))
    if state is not None:
        kind, reason = state
        missed = f"missed {namespace}/{cronjob.name}"
        yield Finding(
            kind,
            namespace,
            cronjob.name,
            subject,
            reason,
            message=cronjob.state_message or "",
            # What was late and then missed is one thing while it was both not long ago.
            claims=(missed,) if kind is CRONJOB_MISSED else (),
            under=(*under, STOPPED, missed) if kind in OVERDUE else under,
        )
    runs = cronjob.recent_runs or ()
    last = next((run for run in runs if run.status != "running"), None)
    if last is not None and last.status == "failed" and not cronjob.suspended:
        yield Finding(
            CRONJOB_FAILED,
            namespace,
            cronjob.name,
            subject,
            _ended(last.exit_code),
            since=_end(last.start_time, last.completion_time, last.duration_ms),
            also=(ObjectReference(kind="Job", namespace=namespace, name=last.name),),
            claims=(f"job {namespace}/{last.name}",),
            under=under,
        )
    usual = usual_seconds(runs)
    running = [
        run
        for run in runs
        if run.status == "running" and run.start_time is not None and not run.deleted
    ]
    if usual is not None and running:
        # The first of the pair is told apart by what the list above has asked already.
        run = min(running, key=lambda one: (one.start_time is None, one.start_time))
        yield Finding(
            CRONJOB_STUCK,
            namespace,
            cronjob.name,
            subject,
            f"It usually takes {_words(usual)}.",
            since=run.start_time,
            lasting=STUCK_FACTOR * usual,
            also=(ObjectReference(kind="Job", namespace=namespace, name=run.name),),
            under=under,
        )


def usual_seconds(runs: tuple[RecentRun, ...]) -> float | None:
    """The median time of the successes, None when there are too few."""
    took = [run.duration_ms for run in runs if run.status == "succeeded"]
    known = [one / 1000 for one in took if one is not None]
    return median(known) if len(known) >= USUAL_RUNS else None


def _told(state: CronJobState | None) -> str:
    return state or ""


def _ended(exit_code: int | None) -> str:
    if exit_code is None:
        return "How its process ended is not known."
    return f"It ended with exit code {exit_code}."


def _end(
    start: datetime | None, completion: datetime | None, duration_ms: int | None
) -> datetime | None:
    if completion is not None or start is None or duration_ms is None:
        return completion
    try:
        return start + timedelta(milliseconds=duration_ms)
    except OverflowError:
        return None


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{round(seconds)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"
