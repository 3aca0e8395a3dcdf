"""Reads a schedule's words back: which minutes of which days they promise.

It knows English and a calendar, and nothing of how the words are made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
ORDINALS = (
    *("1st", "2nd", "3rd", *(f"{day}th" for day in range(4, 21))),
    *("21st", "22nd", "23rd", *(f"{day}th" for day in range(24, 31)), "31st"),
)
AND = r"(?:, | and )"
CLOCK = r"\d\d:\d\d"
TIMES = re.compile(
    rf"at (?P<list>{CLOCK}(?:{AND}{CLOCK})*)"
    r"|every (?:(?P<count>\d+) )?(?P<unit>minute|hour)(?P<plural>s?)"
    rf"(?: from (?P<first>{CLOCK}) to (?P<last>{CLOCK})"
    r"| from :(?P<low>\d\d) to :(?P<high>\d\d) of every hour"
    rf"| at (?P<minutes>:\d\d(?:{AND}:\d\d)*))?"
)
ZONE = re.compile(r"(?P<words>.*), (?P<zone>[A-Z][\w/+-]*)")
DATES = re.compile(
    r"on the (?P<dates>.+) of (?P<of>[A-Z].+|each month)(?P<which> that has it)?"
    r"|from the (?P<first>\w+) to the (?P<last>\w+) of (?P<span>[A-Z].+|each month)"
)


class Unreadable(Exception):
    """Words that promise nothing, or more than one thing."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Minutes of a day, by hour and minute; and which days."""

    times: frozenset[tuple[int, int]]
    day: Callable[[date], bool]
    zone: str | None


def read(words: str) -> Promise:
    """What one sentence promises; without what stands in brackets after it."""
    zoned = ZONE.fullmatch(words)
    zone = None if zoned is None else zoned["zone"]
    words = words if zoned is None else zoned["words"]
    found = TIMES.match(words)
    if found is None:
        raise Unreadable(words)
    times = frozenset(of_list(found) if found["list"] else of_rhythm(found))
    rest = words[found.end() :].strip()
    if found["list"]:
        rest = rest.removeprefix("every day").strip()
    return Promise(times, days(rest), zone)


def of_list(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Times that are named."""
    for named in re.split(AND, found["list"]):
        yield divmod(clock(named), 60)


def of_rhythm(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Times that are a span apart."""
    count = int(found["count"] or 1)
    if (found["plural"] == "s") != (count > 1):
        raise Unreadable(found[0])
    if found["low"]:
        low, high = int(found["low"]), int(found["high"])
        if found["unit"] != "minute" or (high - low) % count:
            raise Unreadable(found[0])
        yield from product(range(24), range(low, high + 1, count))
        return
    span = count if found["unit"] == "minute" else 60 * count
    if found["first"]:
        first, last = clock(found["first"]), clock(found["last"])
        if (last - first) % span:
            raise Unreadable(found[0])
        yield from (divmod(minute, 60) for minute in range(first, last + 1, span))
        return
    if 24 * 60 % span:
        raise Unreadable(found[0])
    minutes = [int(named[1:]) for named in re.split(AND, found["minutes"] or ":00")]
    if found["minutes"] and found["unit"] == "minute":
        raise Unreadable(found[0])
    for begin, minute in product(range(0, 24 * 60, span), minutes):
        yield divmod(begin + minute, 60)


def clock(text: str) -> int:
    """Minutes since midnight."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def days(words: str) -> Callable[[date], bool]:
    """Which days; all where nothing is said."""
    if " and also " in words:
        one, other = map(days, words.split(" and also "))
        return lambda day: one(day) or other(day)
    dates = DATES.fullmatch(words)
    if dates is not None and dates["dates"]:
        return of_dates(dates["dates"], dates["of"])
    if dates is not None:
        return of_span(dates["first"], dates["last"], dates["span"])
    if words.startswith("on "):
        at = min(words.find(word) % (len(words) + 1) for word in (" in ", " from "))
        weekdays, months = of_weekdays(words[3:at]), of_months(words[at:].strip())
        return lambda day: day.weekday() in weekdays and day.month in months
    months = of_months(words)
    return lambda day: day.month in months


def of_dates(named: str, of: str) -> Callable[[date], bool]:
    """Days of the month by their names."""
    months = of_months("" if of == "each month" else f"in {of}")
    if named in ("odd days", "even days"):
        odd = named == "odd days"
        return lambda day: day.month in months and (day.day % 2 == 1) == odd
    numbers = {ORDINALS.index(name) + 1 for name in re.split(AND, named)}
    return lambda day: day.month in months and day.day in numbers


def of_span(first: str, last: str, of: str) -> Callable[[date], bool]:
    """Days of the month from one to another."""
    months = of_months("" if of == "each month" else f"in {of}")
    begin = ORDINALS.index(first) + 1
    end = 31 if last == "end" else ORDINALS.index(last) + 1
    return lambda day: day.month in months and begin <= day.day <= end


def of_weekdays(named: str) -> set[int]:
    """Days of the week, Monday is 0."""
    if named in ("weekdays", "weekends"):
        return {0, 1, 2, 3, 4} if named == "weekdays" else {5, 6}
    return {WEEKDAYS.index(name) for name in re.split(AND, named)}


def of_months(words: str) -> set[int]:
    """Months by their numbers."""
    if not words:
        return set(range(1, 13))
    if words.startswith("in "):
        return {MONTHS.index(name) + 1 for name in re.split(AND, words.removeprefix("in "))}
    span = re.fullmatch(r"from (\w+) to (\w+)", words)
    if span is None:
        raise Unreadable(words)
    return set(range(MONTHS.index(span[1]) + 1, MONTHS.index(span[2]) + 2))
