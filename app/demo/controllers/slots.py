"""Which slot of its schedule a CronJob is to run for now, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.demo.api.moments import later
from app.demo.controllers.reading import moment_of

if TYPE_CHECKING:
    from app.demo.api.kinds import Json
    from app.model.schedule import Schedule

TOO_MANY = 100
PADDING = timedelta(milliseconds=100)
"""Added to the next look, so that a clock that is a little early does not miss the slot."""


class SlotError(ValueError):
    """A schedule without a rhythm, such as one that never comes."""


@dataclass(frozen=True, slots=True)
class Look:
    """The latest slot that is due and has not been run for; None: nothing is due."""

    earliest: datetime
    slot: datetime | None
    missed: int


def latest_slot(cron_job: Json, now: datetime, schedule: Schedule, *, by_deadline: bool) -> Look:
    """The latest slot up to `now`; `by_deadline` leaves out those that are too late to start."""
    status = cron_job.get("status") or {}
    last = status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"]
    earliest = moment_of(last)
    seconds = cron_job["spec"].get("startingDeadlineSeconds")
    if by_deadline and seconds is not None:
        earliest = max(earliest, later(now, -seconds))
    first = schedule.next_after(earliest)
    second = None if first is None else schedule.next_after(first)
    if first is None or second is None:
        raise SlotError("time difference between two schedules is less than 1 second")
    if now < first:
        return Look(earliest, None, 0)
    if now < second:
        return Look(earliest, first, 0)
    # Between them most of the slots lie one rhythm apart; the last is found by asking.
    rhythm = second - first
    missed = (now - first) // rhythm + 1
    at = schedule.next_after(first + (missed - 2) * rhythm)
    slot = None
    while at is not None and at <= now:
        slot = at
        at = schedule.next_after(at)
    return Look(earliest, slot, missed)


def next_look(cron_job: Json, now: datetime, schedule: Schedule) -> datetime | None:
    """When the controller looks at the CronJob again."""
    try:
        look = latest_slot(cron_job, now, schedule, by_deadline=False)
    except SlotError:
        following = schedule.next_after(now)
    else:
        after = look.slot or (now if look.missed else look.earliest)
        following = schedule.next_after(after)
    return None if following is None else following + PADDING


def job_name(cron_job: Json, slot: datetime) -> str:
    """Of the Job for a slot: the same slot gives the same name, so none is run twice."""
    return f"{cron_job['metadata']['name']}-{int(slot.timestamp()) // 60}"
