"""A schedule as a sentence, such as `at 02:30 on weekdays, Europe/Berlin`.

The words follow from the values that a schedule matches, not from how it is written, and say what
a calendar in its zone would show: no word of clock changes. What would become long, or could be
taken for something else, has no words: then the schedule itself is to be shown.

A rhythm that is the same in every zone (`every 5 minutes`) names none. Nor does a schedule without
a time zone: the controller's own is not known here.
"""

from __future__ import annotations

from calendar import monthrange
from itertools import pairwise
from typing import TYPE_CHECKING

from app.model.cron_fields import DAYS, HOURS, MINUTES, MONTHS, STAR, WEEKDAYS, ScheduleError
from app.model.schedule import EverySchedule, load_zone, parse_schedule
from app.model.schedule_elsewhere import seen_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from app.model.cron_fields import Bounds
    from app.model.schedule import CalendarSchedule

LONGEST_LIST = 6
_LEAP_YEAR = 2024
_SHORTEST_MONTH = 28
_MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
_WEEKDAYS = tuple("Sundays Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays".split())


def in_words(schedule: str, time_zone: str | None, *, viewer: str | None = None) -> str | None:
    """The schedule in words, or None: then its text is to be shown.

    With a viewer's zone the same follows in brackets for its clocks, where they are as far from
    those of the schedule all year.
    """
    try:
        known = parse_schedule(schedule, time_zone)
        other = None if viewer is None else load_zone(viewer)
    except ScheduleError:
        return None
    if isinstance(known, EverySchedule):
        return _delay(known.delay)
    words = _calendar(known)
    if words is None or other is None:
        return words
    moved = seen_from(known, other)
    elsewhere = None if moved is None else _calendar(moved)
    return words if elsewhere in (None, words) else f"{words} ({elsewhere})"


def _delay(delay: timedelta) -> str:
    seconds = int(delay.total_seconds())
    sizes = (("hour", 3600), ("minute", 60), ("second", 1))
    unit, size = next(one for one in sizes if seconds % one[1] == 0)
    return f"every {_count(seconds // size, unit)}, counted from the last run"


def _calendar(known: CalendarSchedule) -> str | None:
    times, dates = _times(known), _dates(known)
    if times is None or dates is None:
        return None
    if times.startswith("at ") and not dates.startswith(("on ", "from the ")):
        dates = f"every day {dates}"
    words = f"{times} {dates}".strip()
    rhythm = not dates and ":" not in times and not times.endswith("hours")
    return words if rhythm or known.zone is None else f"{words}, {known.zone}"


def _times(known: CalendarSchedule) -> str | None:
    hours, minutes = _values(known.hours, HOURS), _values(known.minutes, MINUTES)
    if not hours or not minutes:
        return None
    if len(hours) == HOURS.high + 1:
        return _of_every_hour(minutes)
    if len(minutes) == 1 and (hourly := _hourly(hours, minutes[0])) is not None:
        return hourly
    count, minute = len(hours) * len(minutes), _round(minutes)
    unbroken = hours[-1] - hours[0] == len(hours) - 1
    if unbroken and minute is not None and (len(hours) > 1 or count > LONGEST_LIST):
        first, last = _time(hours[0], minutes[0]), _time(hours[-1], minutes[-1])
        return f"every {_count(minute, 'minute')} from {first} to {last}"
    if count <= LONGEST_LIST:
        return f"at {_listed([_time(hour, minute) for hour in hours for minute in minutes])}"
    return None


def _of_every_hour(minutes: Sequence[int]) -> str | None:
    step, shown = _step(minutes), [f":{minute:02}" for minute in minutes]
    if minutes[0] == 0 and (around := _round(minutes)) is not None:
        return f"every {_count(around, 'minute')}"
    if minutes == [0]:
        return "every hour"
    if len(minutes) < 5 or (step is None and len(minutes) <= LONGEST_LIST):
        return f"every hour at {_listed(shown)}"
    if step is not None:
        return f"every {_count(step, 'minute')} from {shown[0]} to {shown[-1]} of every hour"
    return None


def _hourly(hours: Sequence[int], minute: int) -> str | None:
    step = _step(hours)
    if step is None:
        return None
    hour = _count(step, "hour")
    if hours[0] == 0 and len(hours) * step == HOURS.high + 1 and len(hours) > 2:
        return f"every {hour} at :{minute:02}" if minute else f"every {hour}"
    if len(hours) < 4:
        return None
    return f"every {hour} from {_time(hours[0], minute)} to {_time(hours[-1], minute)}"


def _dates(known: CalendarSchedule) -> str | None:
    """Which days, nothing for all of them; None where words could mislead."""
    days, weekdays = _values(known.days, DAYS), _values(known.weekdays, WEEKDAYS)
    months = _values(known.months, MONTHS)
    if not days or not weekdays or not months:
        return None
    every_date, every_weekday = len(days) == DAYS.high, len(weekdays) == WEEKDAYS.high + 1
    if not (known.days | known.weekdays) & STAR and (every_date or every_weekday):
        # Either will do, and one of them always does.
        every_date = every_weekday = True
    if every_date:
        in_months = _in_months(months)
        if every_weekday or in_months is None:
            return in_months
        return f"{_on_weekdays(weekdays)} {in_months}".rstrip()
    on_dates = _on_dates(days, months)
    if every_weekday or on_dates is None:
        return on_dates
    if len(months) < MONTHS.high:
        return None  # which of the two would the months belong to?
    return f"{on_dates} and also {_on_weekdays(weekdays)}"


def _on_weekdays(weekdays: Sequence[int]) -> str:
    if weekdays == [1, 2, 3, 4, 5]:
        return "on weekdays"
    if weekdays == [0, 6]:
        return "on weekends"
    from_monday = sorted(weekdays, key=lambda weekday: (weekday - 1) % 7)
    return f"on {_listed([_WEEKDAYS[weekday] for weekday in from_monday])}"


def _on_dates(days: Sequence[int], months: Sequence[int]) -> str | None:
    step, every_month = _step(days), len(months) == MONTHS.high
    of_months = _listed([_MONTHS[month - 1] for month in months])
    if every_month:
        of_months = "each month"
    elif len(months) > LONGEST_LIST:
        return None
    lengths = [monthrange(_LEAP_YEAR, month)[1] for month in months]
    if step == 2 and days[0] < 3 and days[-1] > DAYS.high - 2:
        return f"on the {'odd' if days[0] == 1 else 'even'} days of {of_months}"
    if step == 1 and len(days) > 3:
        last = f"the {_ordinal(days[-1])}"
        if days[-1] >= max(lengths):
            last = "the end"
        elif days[-1] > _SHORTEST_MONTH:
            return None
        return f"from the {_ordinal(days[0])} to {last} of {of_months}"
    if len(days) > LONGEST_LIST or (not every_month and days[-1] > min(lengths)):
        return None
    which = ""
    if every_month and days[-1] > _SHORTEST_MONTH:
        if len(days) > 1:
            return None  # of a month that lacks one of them it is the others
        which = " that has it"
    return f"on the {_listed(list(map(_ordinal, days)))} of {of_months}{which}"


def _in_months(months: Sequence[int]) -> str | None:
    if len(months) == MONTHS.high:
        return ""
    if len(months) > 3 and _step(months) == 1:
        return f"from {_MONTHS[months[0] - 1]} to {_MONTHS[months[-1] - 1]}"
    if len(months) > LONGEST_LIST:
        return None
    return f"in {_listed([_MONTHS[month - 1] for month in months])}"


def _values(bits: int, bounds: Bounds) -> list[int]:
    return [value for value in range(bounds.low, bounds.high + 1) if bits >> value & 1]


def _step(values: Sequence[int]) -> int | None:
    """How far each is from the one before it, where that is the same for all."""
    steps = {later - earlier for earlier, later in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def _round(minutes: Sequence[int]) -> int | None:
    """Their step where it goes on into the next hour."""
    step = _step(minutes)
    return step if step is not None and len(minutes) * step == MINUTES.high + 1 else None


def _count(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}s"


def _time(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if day in (11, 12, 13) else ending}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
