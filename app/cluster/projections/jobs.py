"""Jobs: what is read of one, the record that is kept, and the value that is shown.

A Job's state is what its conditions say. Counters only say how far it is: a failed pod that will
be tried again is not a failed Job.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from app.cluster.metadata import (
    Condition,
    Metadata,
    Moment,
    RawCondition,
    RawObject,
    Tally,
    is_true,
    read_conditions,
    read_metadata,
)
from app.cluster.printer import print_job_status
from app.cluster.projection import Projection, Resource
from app.model import JobInfo, JobStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from app.cluster.metadata import Owner
    from app.cluster.projections.pods import PodRecord

INSTANTIATE = "cronjob.kubernetes.io/instantiate"
SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"

DAWN = datetime.min.replace(tzinfo=UTC)
"""Before every pod: where one has no creation time it is the oldest."""


class RawJobSpec(TypedDict, total=False):
    """The part of the spec that is read."""

    parallelism: int | None
    completions: int | None
    backoffLimit: int | None
    suspend: bool | None


class RawJobStatus(TypedDict, total=False):
    """The part of the status that is read."""

    active: Tally | None
    succeeded: Tally | None
    failed: Tally | None
    startTime: Moment | None
    completionTime: Moment | None
    conditions: list[RawCondition] | None


class RawJob(RawObject):
    """The part of a Job that is read."""

    spec: NotRequired[RawJobSpec | None]
    status: NotRequired[RawJobStatus | None]


@dataclass(frozen=True, slots=True)
class JobRecord(Metadata):
    """A Job: what was asked for, how far it is, and what its controller says about it."""

    parallelism: int
    completions: int | None
    backoff_limit: int
    suspended: bool
    active: int
    succeeded: int
    failed: int
    start_time: datetime | None
    completion_time: datetime | None
    conditions: tuple[Condition, ...]
    manual: bool
    """Made by a person from the template of the CronJob that owns it."""
    scheduled_at: datetime | None
    """The slot of its CronJob that it was made for."""

    @property
    def status(self) -> JobStatus:
        """What the conditions say; `running` also while the last pods are still ending."""
        if is_true(self.conditions, "Complete"):
            return "succeeded"
        if is_true(self.conditions, "Failed"):
            return "failed"
        return "running"


def read_job(raw: RawJob) -> JobRecord:
    """The record of one Job; defaults are those of the API."""
    spec = raw.get("spec") or RawJobSpec()
    status = raw.get("status") or RawJobStatus()
    annotations = raw["metadata"].get("annotations") or {}
    parallelism, backoff_limit = spec.get("parallelism"), spec.get("backoffLimit")
    about = read_metadata(raw["metadata"])
    return JobRecord(
        **about,
        parallelism=1 if parallelism is None else parallelism,
        completions=spec.get("completions"),
        backoff_limit=6 if backoff_limit is None else backoff_limit,
        suspended=bool(spec.get("suspend")),
        active=status.get("active") or 0,
        succeeded=status.get("succeeded") or 0,
        failed=status.get("failed") or 0,
        start_time=status.get("startTime"),
        completion_time=status.get("completionTime"),
        conditions=read_conditions(status.get("conditions")),
        manual=annotations.get(INSTANTIATE) == "manual" and _cron_job(about["owners"]) is not None,
        scheduled_at=_moment(annotations.get(SCHEDULED_AT)),
    )


def job_info(job: JobRecord, pods: Collection[PodRecord] = ()) -> JobInfo:
    """The Job as both audiences read it; `pods` are those that it owns by uid."""
    owner = cron_job_of(job)
    return JobInfo(
        name=job.name,
        cron_job_name="" if owner is None else owner.name,
        start_time=job.start_time,
        completion_time=job.completion_time,
        status=job.status,
        exit_code=exit_code(job, pods),
        duration_ms=duration_ms(job),
        namespace=job.namespace,
        uid=job.uid,
        manual=job.manual,
        reason=reason(job),
        failures=job.failed,
    )


def cron_job_of(job: JobRecord) -> Owner | None:
    """The CronJob that it belongs to, if there is one."""
    return _cron_job(job.owners)


def exit_code(job: JobRecord, pods: Collection[PodRecord]) -> int | None:
    """What the main container of the newest pod gave.

    None while the Job goes on, when its pods are gone, and for codes that no process of Linux
    gives: it is never derived from the Job's state.
    """
    if job.status == "running" or not pods:
        return None
    newest = max(pods, key=lambda pod: (pod.created_at or DAWN, pod.name))
    code = newest.exit_code
    return code if code is not None and 0 <= code <= 255 else None


def ended_at(job: JobRecord) -> datetime | None:
    """When it ended; a failed Job has no completion time, it ended with its condition."""
    if job.status == "running":
        return None
    if job.completion_time is not None:
        return job.completion_time
    final = "Complete" if job.status == "succeeded" else "Failed"
    return next(found.since for found in job.conditions if found.type == final)


def duration_ms(job: JobRecord) -> int | None:
    """From start to end, where both are known."""
    ended = ended_at(job)
    if job.start_time is None or ended is None:
        return None
    return max(0, round((ended - job.start_time).total_seconds() * 1000))


def reason(job: JobRecord) -> str | None:
    """Why it failed, or what holds it (`Suspended`, `Terminating` ...); None in the usual case."""
    status = print_job_status(job)
    if status == "Failed":
        return next(found.reason for found in job.conditions if found.type == "Failed") or None
    return None if status in {"Complete", "Running"} else status


def _cron_job(owners: Iterable[Owner]) -> Owner | None:
    controller = next((owner for owner in owners if owner.controller), None)
    return controller if controller is not None and controller.kind == "CronJob" else None


def _moment(text: str | None) -> datetime | None:
    """A time that a controller wrote into an annotation, None when it is not one."""
    try:
        moment = datetime.fromisoformat(text or "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


JOBS = Projection("jobs", Resource("batch", "v1", "jobs", "Job"), RawJob, read_job)
