"""CronJobs: what is read of one, the record that is kept, and the value that is shown.

The value says what the object says. Whether it runs on time is derived from records elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from app.cluster.metadata import Metadata, Moment, RawObject, read_metadata, sentence, word
from app.cluster.projection import Projection, Resource
from app.model import CronJobInfo

if TYPE_CHECKING:
    from datetime import datetime


class RawActive(TypedDict, total=False):
    """A reference to a running Job."""

    name: str | None
    uid: str | None


class RawCronJobSpec(TypedDict):
    """The part of the spec that is read."""

    schedule: str
    timeZone: NotRequired[str | None]
    suspend: NotRequired[bool | None]
    concurrencyPolicy: NotRequired[str | None]
    startingDeadlineSeconds: NotRequired[int | None]


class RawCronJobStatus(TypedDict, total=False):
    """The part of the status that is read."""

    active: list[RawActive] | None
    lastScheduleTime: Moment | None
    lastSuccessfulTime: Moment | None


class RawCronJob(RawObject):
    """The part of a CronJob that is read."""

    spec: RawCronJobSpec
    status: NotRequired[RawCronJobStatus | None]


@dataclass(frozen=True, slots=True)
class ActiveJob:
    """A Job that the CronJob's controller counts as running."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class CronJobRecord(Metadata):
    """A CronJob: the whole rule of its schedule, and what its controller last did."""

    generation: int | None
    """Counts the changes of its spec, those too that nobody heard of."""
    schedule: str
    """Cut where it is longer than any list of minutes and hours; then it ends in a mark."""
    time_zone: str | None
    """None: the controller's own zone, which no client can know."""
    suspended: bool
    concurrency_policy: str
    starting_deadline_seconds: int | None
    active: tuple[ActiveJob, ...]
    last_schedule_time: datetime | None
    """The slot, not the moment, for which a Job was last made."""
    last_successful_time: datetime | None


def read_cron_job(raw: RawCronJob) -> CronJobRecord:
    """The record of one CronJob; defaults are those of the API."""
    spec = raw["spec"]
    status = raw.get("status") or RawCronJobStatus()
    return CronJobRecord(
        **read_metadata(raw["metadata"]),
        generation=raw["metadata"].get("generation"),
        schedule=sentence(spec["schedule"]),
        time_zone=word(spec.get("timeZone")) or None,
        suspended=bool(spec.get("suspend")),
        concurrency_policy=word(spec.get("concurrencyPolicy")) or "Allow",
        starting_deadline_seconds=spec.get("startingDeadlineSeconds"),
        active=tuple(
            ActiveJob(word(one.get("name")), word(one.get("uid")))
            for one in status.get("active") or ()
        ),
        last_schedule_time=status.get("lastScheduleTime"),
        last_successful_time=status.get("lastSuccessfulTime"),
    )


def cron_job_info(cron_job: CronJobRecord) -> CronJobInfo:
    """The CronJob as both audiences read it."""
    return CronJobInfo(
        name=cron_job.name,
        schedule=cron_job.schedule,
        last_schedule_time=cron_job.last_schedule_time,
        last_successful_time=cron_job.last_successful_time,
        active_jobs=len(cron_job.active),
        suspended=cron_job.suspended,
        namespace=cron_job.namespace,
        time_zone=cron_job.time_zone,
    )


CRON_JOBS = Projection(
    "cronjobs", Resource("batch", "v1", "cronjobs", "CronJob"), RawCronJob, read_cron_job
)
