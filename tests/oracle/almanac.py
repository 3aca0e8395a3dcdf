"""The written rules of a schedule, by brute force: every minute that a zone's clocks show.

Five fields of values; a day counts by either day field when neither of them begins with a plain
star, and by both otherwise. Every minute of a local day is held against the fields and looked up
in the zone: one that no clock shows is no run, one that clocks show twice is two.

Nothing here knows how the schedules of the product are read or searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import TYPE_CHECKING

from tests.oracle.schedules import BOUNDS, MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

NAMES = {3: {name: at for at, name in enumerate(MONTHS, 1)}} | {
    4: {name: at for at, name in enumerate(WEEKDAYS)}
}

MOST = timedelta(hours=3)
"""No clock is changed by more: what a calendar has later than that, comes later."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What each field allows, and whether the day fields restrict one another."""

    fields: tuple[frozenset[int], ...]
    either: bool

    def day(self, day: date) -> bool:
        """Whether a local date is one of its days."""
        _, _, days, months, weekdays = self.fields
        if day.month not in months:
            return False
        matches = (day.day in days, (day.weekday() + 1) % 7 in weekdays)
        return any(matches) if self.either else all(matches)


def rules(text: str) -> Rules:
    """Read five fields that are known to be good."""
    written = text.lower().split()
    fields = tuple(frozenset(values(field, place)) for place, field in enumerate(written))
    return Rules(fields, either=not (star(written[2]) or star(written[4])))


def values(field: str, place: int) -> Iterator[int]:
    """Every value that a field lists."""
    low, high = BOUNDS[place]
    for member in field.split(","):
        span, _, step = member.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            begin, dash, end = span.partition("-")
            first = number(begin, place)
            last = number(end, place) if dash else high if step else first
        yield from range(first, last + 1, int(step or 1))


def number(text: str, place: int) -> int:
    """A number, or a name's."""
    named = NAMES.get(place, {}).get(text)
    return int(text) if named is None else named


def star(field: str) -> bool:
    """Whether a list has a plain star in it; a step above one makes it a list of values."""
    return any(member in ("*", "?", "*/1", "?/1") for member in field.split(","))


def runs(known: Rules, zone: ZoneInfo, after: datetime, count: int, days: int) -> list[datetime]:
    """The first runs after a moment, as many as that, sought on as many local dates."""
    first = after.astimezone(zone).date()
    found: list[datetime] = []
    enough = None
    for shown in minutes(known, zone, first, days):
        if enough is not None and shown - enough > MOST:
            break
        found += [run for run in moments(shown) if run > after]
        if enough is None and len(found) >= count:
            enough = shown
    return sorted(found)[:count]


def minutes(known: Rules, zone: ZoneInfo, first: date, days: int) -> Iterator[datetime]:
    """Every minute of the schedule that a calendar has, in the order of the calendar."""
    of_an_hour, hours = known.fields[:2]
    for offset in range(days):
        day = first + timedelta(days=offset)
        if known.day(day):
            for hour, minute in product(sorted(hours), sorted(of_an_hour)):
                yield datetime.combine(day, time(hour, minute), zone)


def moments(shown: datetime) -> set[datetime]:
    """When clocks show it: never, once or twice. The zone has one offset for it, or two at odds."""
    candidates = {shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    if len(candidates) == 1:
        return candidates
    return {at for at in candidates if at.astimezone(shown.tzinfo) == shown.replace(fold=0)}
