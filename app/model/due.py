"""The slots of a schedule on both sides of a moment: which is the next, which was the last.

A slot is what `next_after` gives, so there is one truth about clock changes. Looking back costs a
few dozen questions to it, and more only with the number of slots that are wanted.

Where clocks change at midnight or by half an hour, robfig/cron may pass over slots of that day when
it is asked from before it (Cairo, 24 April 2026: the runs of Fridays and Sundays). The controller
asks from the last run. So here nothing is due before the first slot after `not_before` or `after`;
later ones are sought from near by.

`@every` has no calendar. The controller asks for the slot after the last one that it ran, or after
the CronJob's creation: that moment is the anchor, and the slots are multiples of the delay after
it. So `not_before`, `after` and `anchor` are to be `lastScheduleTime or creationTimestamp`; with a
calendar that matters on such days only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from app.model.schedule import YEARS, EverySchedule

if TYPE_CHECKING:
    from datetime import datetime

    from app.model.schedule import CalendarSchedule, Schedule

SEARCH = timedelta(days=365 * YEARS)
"""How far back a look goes; within it `next_after` sees every slot from the first day on."""

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


def next_due(
    schedule: Schedule, moment: datetime, *, anchor: datetime | None = None
) -> datetime | None:
    """The first slot after `moment`; None when there is none within five years.

    Without an anchor `@every` counts from the moment, as for a CronJob that ran just now.
    """
    if isinstance(schedule, EverySchedule) and anchor is not None:
        start, passed = _rhythm(schedule, anchor, moment)
        return start + max(passed + 1, 1) * schedule.delay
    return schedule.next_after(moment)


def previous_due(schedule: Schedule, moment: datetime, *, not_before: datetime) -> datetime | None:
    """The last slot up to `moment` that is later than `not_before`; at most five years back."""
    slots = due_between(schedule, not_before, moment, 1)
    return slots[0] if slots else None


def due_between(schedule: Schedule, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """The slots in (`after`, `until`] in order; when they are more than `limit`, the newest.

    At most five years back from `until`, and without `limit` there are none.
    """
    if isinstance(schedule, EverySchedule):
        start, passed = _rhythm(schedule, after, until)
        numbers = range(max(1, passed - limit + 1), passed + 1)
        return [start + number * schedule.delay for number in numbers]
    # Moments are moved by real time from here on, which only those of UTC can be.
    calendar = replace(schedule, zone=schedule.zone or until.tzinfo)
    return _newest(calendar, after.astimezone(UTC), until.astimezone(UTC), limit)[::-1]


def _rhythm(schedule: EverySchedule, anchor: datetime, moment: datetime) -> tuple[datetime, int]:
    """Where the multiples of a delay start, and how many have passed at a moment."""
    start = anchor.astimezone(UTC).replace(microsecond=0)
    return start, (moment - start) // schedule.delay


def _newest(
    schedule: CalendarSchedule, after: datetime, until: datetime, limit: int
) -> list[datetime]:
    """The slots from the last one backwards."""
    floor = max(after, until - SEARCH)
    oldest = schedule.next_after(floor)
    found: list[datetime] = []
    window = _MINUTE
    while oldest is not None and oldest <= until and len(found) < limit:
        slot = _last(schedule, floor, until, window)
        if found:
            # The next is most often as far away as this one was.
            window = found[-1] - slot
        found.append(slot)
        until = slot - _SECOND
    return found


def _last(
    schedule: CalendarSchedule, floor: datetime, until: datetime, window: timedelta
) -> datetime:
    """The last slot up to a moment, where there is one after the floor.

    It is sought in a window that doubles until it has a slot, then in its halves.
    """
    none_after = until
    start = max(floor, until - window)
    slot = schedule.next_after(start)
    while slot is None or slot > until:
        none_after, window = start, window * 2
        start = max(floor, start - window)
        slot = schedule.next_after(start)
    following = schedule.next_after(slot)
    while following is not None and following <= until:
        slot = following
        middle = slot + max(none_after - slot, timedelta()) / 2
        later = schedule.next_after(middle)
        if later is not None and later <= until:
            slot = later
        else:
            none_after = middle
        following = schedule.next_after(slot)
    return slot
