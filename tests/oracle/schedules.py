"""Schedules and moments by chance: what people write, what they get wrong, and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from random import Random

ZONES = (
    *("UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo"),
    *("Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Moscow", "Europe/Lisbon"),
    *("America/New_York", "America/Los_Angeles", "America/Chicago", "America/Toronto"),
    # Clocks that change at midnight, by half an hour, by two hours, at a minute past, and often.
    *("America/Sao_Paulo", "America/Havana", "America/Santiago", "America/Asuncion"),
    *("Asia/Beirut", "Asia/Tehran", "Asia/Gaza", "Asia/Amman", "Africa/Cairo"),
    *("Australia/Lord_Howe", "Antarctica/Troll", "America/St_Johns", "Pacific/Chatham"),
    *("America/Caracas", "Asia/Pyongyang", "Africa/Casablanca", "America/Nuuk"),
    *("Atlantic/Azores", "America/Scoresbysund", "Australia/Sydney", "Pacific/Auckland"),
)
"""Without Apia, which left out a whole day: there robfig/cron never returns."""

ORDINARY = (
    *("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Australia/Sydney", "Pacific/Auckland"),
    *("Pacific/Kiritimati", "Europe/Dublin", "Asia/Tokyo"),
)
"""Where a clock changes by whole hours and never at midnight, or not at all."""

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()
DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def changes(zone: str, first: int = 2000, last: int = 2035) -> list[datetime]:
    """The instants at which the clock of a zone changes."""
    known = ZoneInfo(zone)
    found = []
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    step = timedelta(days=7)
    while at < end:
        low, high = at, at + step
        before = low.astimezone(known).utcoffset()
        if high.astimezone(known).utcoffset() != before:
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                same = middle.astimezone(known).utcoffset() == before
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at += step
    return found


class Generator:
    """The same schedules and moments for the same random numbers."""

    def __init__(self, random: Random, zones: tuple[str, ...]) -> None:
        self.random = random
        self.zones = zones
        self._changes = {zone: changes(zone) for zone in zones}

    def zone(self) -> str:
        """One of the zones."""
        return self.random.choice(self.zones)

    def moment(self, zone: str) -> datetime:
        """Two in three within two days of a clock change, where there is one."""
        random = self.random
        near = self._changes[zone]
        if near and random.random() < 0.67:
            apart = random.choice((5, 60, 3_600, 10_800, 172_800))
            return random.choice(near) + timedelta(seconds=random.randint(-apart, apart))
        day = datetime(1996, 1, 1, tzinfo=UTC) + timedelta(days=random.random() * 34_000)
        return day.replace(microsecond=random.choice((0, 0, 1, 500_000, 999_999)))

    def schedule(self) -> str:
        """Five fields that are accepted."""
        return " ".join(self.field(place) for place in range(5))

    def field(self, place: int) -> str:
        """A star half of the time; otherwise values, ranges, steps and lists of them."""
        random = self.random
        if random.random() < (0.25, 0.3, 0.5, 0.7, 0.55)[place]:
            return random.choice(("*", "*", "*", "?", "*/1"))
        count = random.choice((1, 1, 1, 2, 3))
        return ",".join(self.expression(place) for _ in range(count))

    def expression(self, place: int) -> str:
        """One member of a list."""
        random = self.random
        low, high = BOUNDS[place]
        first = random.randint(low, min(high, 4) if random.random() < 0.4 else high)
        last = random.randint(first, high)
        step = random.choice((1, 2, 3, 5, 7, 10, 15, 20, 30, 45))
        return random.choice(
            (
                self.value(place, first),
                self.value(place, first),
                f"{self.value(place, first)}-{self.value(place, last)}",
                f"{self.value(place, first)}-{self.value(place, last)}/{step}",
                f"{self.value(place, first)}/{step}",
                f"*/{step}",
            )
        )

    def value(self, place: int, number: int) -> str:
        """A number, or the name of a month or a day in any letters."""
        random = self.random
        names = {3: ["", *MONTHS], 4: WEEKDAYS}.get(place)
        if names is None or random.random() < 0.6:
            return random.choice((str(number), str(number), f"0{number}", f"+{number}"))
        name = names[number]
        return random.choice((name, name.upper(), name.title()))
