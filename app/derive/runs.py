"""The latest runs of one CronJob: kept here, because the cluster deletes Jobs by history limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.cluster.projections.jobs import ended_at
from app.model import RecentRun
from app.model.cronjobs import RECENT_RUNS

if TYPE_CHECKING:
    from app.cluster.projections.jobs import JobRecord
    from app.model import JobInfo

EARLY = timedelta(seconds=60)
"""A Job is made after its slot; the clocks of the control plane may differ by this much."""

_ERA = timedelta(days=366)
_DAWN = datetime.min.replace(tzinfo=UTC)
_NUMBER = re.compile(r"[0-9]{8}")


def slot_of(job: JobRecord, cron_job: str) -> datetime | None:
    """The slot that a Job of the CronJob was made for, by its annotation or its name.

    Before Kubernetes 1.28 the name alone tells: it ends in the slot's minutes since 1970. None for
    a manual Job, and for a time that no controller can have written.
    """
    if job.manual or job.created_at is None:
        return None
    slot = job.scheduled_at
    if slot is None:
        number = job.name.removeprefix(f"{cron_job}-")
        if _NUMBER.fullmatch(number) is None:
            return None
        slot = datetime.fromtimestamp(int(number) * 60, UTC)
        if slot + _ERA < job.created_at:
            return None  # a date, perhaps, such as backup-20260131
    return slot if slot <= job.created_at + EARLY else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One run with its place in the order: by creation, which never changes."""

    place: tuple[datetime, str]
    run: RecentRun


class Runs:
    """At most twenty runs by uid; a run outlives its Job, and keeps the exit code of gone pods."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._told: tuple[RecentRun, ...] | None = ()
        self.last_slot: datetime | None = None
        """The latest slot for which there ever was a Job."""
        self.last_end: datetime | None = None
        """When the last of the Jobs for slots ended, or went while it ran."""

    @property
    def told(self) -> tuple[RecentRun, ...]:
        """The runs, newest first."""
        if self._told is None:
            newest = sorted(self._entries.values(), key=lambda one: one.place, reverse=True)
            self._told = tuple(entry.run for entry in newest)
        return self._told

    def see(self, job: JobRecord, info: JobInfo, cron_job: str) -> None:
        """A Job of the CronJob is there, or it has changed."""
        slot = slot_of(job, cron_job)
        if slot is not None and (self.last_slot is None or slot > self.last_slot):
            self.last_slot = slot
        known = self._entries.get(job.uid)
        exit_code = info.exit_code
        if exit_code is None and known is not None and known.run.status == info.status:
            exit_code = known.run.exit_code
        run = RecentRun(
            name=job.name,
            status=info.status,
            start_time=job.start_time,
            duration_ms=info.duration_ms,
            uid=job.uid,
            scheduled_for=slot,
            completion_time=ended_at(job),
            exit_code=exit_code,
            manual=info.manual,
        )
        if slot is not None:
            self._ended(run.completion_time)
        self._keep(job.uid, Entry((job.created_at or job.start_time or _DAWN, job.uid), run))

    def lose(self, uid: str, now: datetime) -> None:
        """The Job is gone; its run is not."""
        known = self._entries.get(uid)
        if known is not None:
            if known.run.status == "running" and known.run.scheduled_for is not None:
                self._ended(now)
            self._keep(uid, Entry(known.place, known.run.model_copy(update={"deleted": True})))

    def forget(self, uid: str) -> None:
        """The Job is another owner's now."""
        if self._entries.pop(uid, None) is not None:
            self._told = None

    def _ended(self, moment: datetime | None) -> None:
        if moment is not None and (self.last_end is None or moment > self.last_end):
            self.last_end = moment

    def _keep(self, uid: str, entry: Entry) -> None:
        known = self._entries.get(uid)
        if known == entry:
            return
        self._entries[uid] = entry
        if len(self._entries) > RECENT_RUNS:
            del self._entries[min(self._entries, key=lambda one: self._entries[one].place)]
        self._told = None
