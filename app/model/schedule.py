"""When a CronJob is due: robfig/cron v3's ParseStandard and Next, as Kubernetes uses them.

Kept from there, because a schedule has to mean here what it means to the controller:

- Five fields, or a descriptor (`@daily`, `@every 90m`). No seconds, no `L`, no 7 for Sunday.
- A step above 1 takes the star's special meaning away. When neither day field has it, a day
  matches by either of them (`0 0 13 * 5`: each 13th and each Friday), otherwise by both.
- A local time that a clock change leaves out is skipped; one that it repeats comes twice.
- A search ends after five years. Errors say what robfig/cron says.

Python's zone data stand in for Go's. Times are aware datetimes and at least a year away from the
ends of what `datetime` can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.model.cron_fields import (
    DAYS,
    HOURS,
    MINUTES,
    MONTHS,
    STAR,
    WEEKDAYS,
    ScheduleError,
    read_field,
    split,
    strip,
)
from app.model.go_notation import NotationError, quoted, read_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

YEARS = 5
"""How far a search looks."""

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_LAST_YEAR = 9998


@dataclass(frozen=True, slots=True)
class EverySchedule:
    """A fixed delay, whatever the calendar says."""

    delay: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """The next run after `moment`, in UTC."""
        return moment.astimezone(UTC).replace(microsecond=0) + self.delay


@dataclass(frozen=True, slots=True)
class CalendarSchedule:
    """One bit for each value that matches; bit 63 says that the field was a star."""

    minutes: int
    hours: int
    days: int
    months: int
    weekdays: int
    zone: tzinfo | None
    """None: the zone of the time that is asked about, which is the controller's own."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first run after `moment`, in UTC; None when there is none within five years."""
        if not self.minutes or not self.hours:
            return None  # a field of nothing but commas, which the parser lets pass
        time = _Local(moment.astimezone(UTC).replace(microsecond=0), self.zone or moment.tzinfo)
        time.add(_SECOND)
        last = min(time.local.year + YEARS, _LAST_YEAR)
        while time.local.year <= last:
            if self._settle(time):
                return time.instant
        return None

    def _settle(self, time: _Local) -> bool:
        """Move to the next match; False when a larger field turned over, so that all is open."""
        while not self.months >> time.local.month & 1:
            time.restart(day=True)
            time.date_after(months=1)
            if time.local.month == 1:
                return False
        while not self._day_matches(time.local):
            time.restart()
            time.date_after(days=1)
            # Where midnight does not exist, the date begins an hour late or ends an hour early.
            if time.local.hour:
                time.add(_HOUR * ((24 if time.local.hour > 12 else 0) - time.local.hour))
            if time.local.day == 1:
                return False
        while not self.hours >> time.local.hour & 1:
            time.restart(hour=time.local.hour)
            time.add(_HOUR)
            if time.local.hour == 0:
                return False
        while not self.minutes >> time.local.minute & 1:
            time.restart_minute()
            time.add(_MINUTE)
            if time.local.minute == 0:
                return False
        if time.local.second:
            time.finish_minute()
            return False
        return True

    def _day_matches(self, local: datetime) -> bool:
        by_date = bool(self.days >> local.day & 1)
        by_weekday = bool(self.weekdays >> local.isoweekday() % 7 & 1)
        if (self.days | self.weekdays) & STAR:
            return by_date and by_weekday
        return by_date or by_weekday


Schedule = EverySchedule | CalendarSchedule


class _Local:
    """An instant that is moved by the calendar of a zone, as Go's time.Time is."""

    def __init__(self, instant: datetime, zone: tzinfo | None) -> None:
        self._zone = zone
        self._restarted = False
        self._move(instant)

    def _move(self, instant: datetime) -> None:
        self.instant = instant
        self.local = instant.astimezone(self._zone)

    def add(self, duration: timedelta) -> None:
        """A span of real time."""
        self._move(self.instant + duration)

    def date_after(self, *, months: int = 0, days: int = 0) -> None:
        """The same time of day on a later date; a day that the month lacks is in the next.

        The day is not always the first: a month that begins with a gap is entered before it.
        """
        before = self.instant
        turned, month = divmod(self.local.month - 1 + months, 12)
        first = self.local.replace(year=self.local.year + turned, month=month + 1, day=1)
        self._set(first + timedelta(days=self.local.day - 1 + days))
        if self.instant <= before:
            # The date does not exist (Apia, 30 December 2011). Go's reader never gets past it.
            self.add(timedelta(days=1))

    def restart(self, *, day: bool = False, hour: int = 0) -> None:
        """Once, before the first step: what is smaller than the step starts from its beginning."""
        if not self._restarted:
            start = self.local.replace(hour=hour, minute=0, second=0)
            self._set(start.replace(day=1) if day else start)
        self._restarted = True

    def restart_minute(self) -> None:
        """As `restart`, by real time: what repeats in a clock change stays where it is."""
        if not self._restarted:
            self.add(timedelta(seconds=-self.instant.second))
        self._restarted = True

    def finish_minute(self) -> None:
        """On to the next minute of the zone."""
        self._restarted = True
        self.add(timedelta(seconds=60 - self.local.second))

    def _set(self, local: datetime) -> None:
        """Go's time.Date: what no clock shows is read with the offset from before the gap or after.

        The offset is looked up at the local time taken for UTC, then at the time it gave.
        """
        plain = local.replace(tzinfo=UTC)
        self._move(plain - self._offset(plain - self._offset(plain)))

    def _offset(self, instant: datetime) -> timedelta:
        found = instant.astimezone(self._zone).utcoffset()
        return found or timedelta()


def parse_schedule(schedule: str, time_zone: str | None = None) -> Schedule:
    """A CronJob's schedule with its time zone, as the controller puts them together.

    A zone inside the schedule, which new CronJobs may not have, wins over a good one beside it.
    """
    if time_zone is None:
        return parse_standard(schedule)
    try:
        load_zone(time_zone)
    except ScheduleError as error:
        raise ScheduleError(f"invalid timeZone: {quoted(time_zone)}: {error}") from None
    return parse_standard(schedule if "TZ" in schedule else f"TZ={time_zone} {schedule}")


def parse_standard(text: str) -> Schedule:
    """Read a schedule, with `TZ=ZONE ` or `CRON_TZ=ZONE ` before it where there is a zone."""
    if not text:
        raise ScheduleError("empty spec string")
    zone = None
    if text.startswith(("TZ=", "CRON_TZ=")):
        place, space, text = text.partition(" ")
        if not space:
            raise ScheduleError(f"no schedule after the time zone: {place}")
        name = place.partition("=")[2]
        try:
            zone = load_zone(name)
        except ScheduleError as error:
            raise ScheduleError(f"provided bad location {name}: {error}") from None
        text = strip(text)
    if text.startswith("@"):
        return _descriptor(text, zone)
    fields = split(text)
    if len(fields) != 5:
        found = f"{len(fields)}: [{' '.join(fields)}]"
        raise ScheduleError(f"expected exactly 5 fields, found {found}")
    bounds = (MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS)
    minutes, hours, days, months, weekdays = map(read_field, fields, bounds)
    return CalendarSchedule(minutes, hours, days, months, weekdays, zone)


def load_zone(name: str) -> ZoneInfo | None:
    """A zone by its name; none and `UTC` are UTC, `Local` is the controller's own."""
    if name == "Local":
        return None
    if ".." in name or name.startswith(("/", "\\")):
        raise ScheduleError("time: invalid location name")
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(f"unknown time zone {name}") from None


def _descriptor(text: str, zone: ZoneInfo | None) -> Schedule:
    fields = DESCRIPTORS.get(text)
    if fields is not None:
        return parse_standard(fields) if zone is None else parse_standard(f"TZ={zone.key} {fields}")
    if text.startswith(_EVERY):
        try:
            nanoseconds = read_duration(text.removeprefix(_EVERY))
        except NotationError as error:
            raise ScheduleError(f"failed to parse duration {text}: {error}") from None
        return EverySchedule(max(_SECOND, timedelta(seconds=nanoseconds // 10**9)))
    raise ScheduleError(f"unrecognized descriptor: {text}")


DESCRIPTORS: Mapping[str, str] = MappingProxyType(
    {
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
        "@monthly": "0 0 1 * *",
        "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@hourly": "0 * * * *",
    }
)

_EVERY = "@every "
