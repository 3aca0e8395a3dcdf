"""A schedule as the clocks of another zone show it, where the two zones keep their distance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from app.model.cron_fields import DAYS, MONTHS, STAR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from app.model.schedule import CalendarSchedule

_FIRST, _LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
"""Clock changes are written down up to here; from then on their rules repeat."""

_DAY, _QUARTER = timedelta(days=1), timedelta(minutes=15)
_MINUTES_OF_A_DAY = 24 * 60
_EVERY_DAY = sum(1 << day for day in range(DAYS.low, DAYS.high + 1))
_EVERY_MONTH = sum(1 << month for month in range(MONTHS.low, MONTHS.high + 1))


def seen_from(schedule: CalendarSchedule, zone: tzinfo) -> CalendarSchedule | None:
    """The same slots in the fields of another zone; None where no five fields are the same."""
    apart = None if schedule.zone is None else _minutes_apart(schedule.zone, zone)
    if apart is None:
        return None
    places = [divmod(minute + apart, _MINUTES_OF_A_DAY) for minute in _minutes(schedule)]
    days_later = {days for days, _ in places}
    minutes = {minute % 60 for _, minute in places}
    hours = {minute // 60 for _, minute in places}
    if len(days_later) != 1 or len(minutes) * len(hours) != len(places):
        return None
    turn = days_later.pop()
    # The first of a month is another month's last elsewhere; only weekdays go round.
    every_date = schedule.days & _EVERY_DAY == _EVERY_DAY
    every_month = schedule.months & _EVERY_MONTH == _EVERY_MONTH
    if turn and not (every_date and every_month):
        return None
    weekdays = sum(1 << (day + turn) % 7 for day in range(7) if schedule.weekdays >> day & 1)
    return replace(
        schedule,
        minutes=sum(1 << minute for minute in minutes),
        hours=sum(1 << hour for hour in hours),
        weekdays=weekdays | schedule.weekdays & STAR,
        zone=zone,
    )


def _minutes(schedule: CalendarSchedule) -> Iterator[int]:
    """The minutes of a day, from 0 to 1439."""
    for minute in range(_MINUTES_OF_A_DAY):
        if schedule.hours >> minute // 60 & 1 and schedule.minutes >> minute % 60 & 1:
            yield minute


@lru_cache(maxsize=256)
def _minutes_apart(one: tzinfo, other: tzinfo) -> int | None:
    """How far the other's clocks are ahead, where that never changes."""
    distances = {ahead - behind for behind, ahead in _offsets(one, other)}
    if len(distances) != 1:
        return None
    minutes, rest = divmod(distances.pop(), timedelta(minutes=1))
    return None if rest else minutes


def _offsets(one: tzinfo, other: tzinfo) -> Iterator[tuple[timedelta, timedelta]]:
    """Both on each day, and in each quarter of an hour of a day on which a clock changes."""
    at, before = _FIRST, None
    while at < _LAST:
        now = (_offset(at, one), _offset(at, other))
        if before not in (None, now):
            for number in range(1, _DAY // _QUARTER):
                earlier = at - number * _QUARTER
                yield _offset(earlier, one), _offset(earlier, other)
        yield now
        at, before = at + _DAY, now


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
