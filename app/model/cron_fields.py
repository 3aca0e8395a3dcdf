"""The fields of a schedule as robfig/cron v3 reads them: a set of bits each, and its errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.model.go_notation import NotationError, lower, read_integer

if TYPE_CHECKING:
    from collections.abc import Mapping

STAR = 1 << 63
"""Set where a field was a star: such a day field restricts nothing."""

# unicode.IsSpace, where Go splits; Python's own idea of a space is wider.
_SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_WORD = re.compile(f"[^{_SPACES}]+")


class ScheduleError(ValueError):
    """A schedule that the controller would refuse, in its words."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one field may hold."""

    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)


def _named(first: int, words: str) -> Mapping[str, int]:
    return MappingProxyType({word: first + at for at, word in enumerate(words.split())})


MINUTES = Bounds(0, 59)
HOURS = Bounds(0, 23)
DAYS = Bounds(1, 31)
MONTHS = Bounds(1, 12, _named(1, "jan feb mar apr may jun jul aug sep oct nov dec"))
WEEKDAYS = Bounds(0, 6, _named(0, "sun mon tue wed thu fri sat"))


def split(text: str) -> list[str]:
    """The words between spaces."""
    return _WORD.findall(text)


def strip(text: str) -> str:
    """Without the spaces around it."""
    return text.strip(_SPACES)


def read_field(field: str, bounds: Bounds) -> int:
    """The bits of a list of ranges; a list of nothing but commas has none."""
    bits = 0
    for expression in field.split(","):
        if expression:
            bits |= _read_range(expression, bounds)
    return bits


def _read_range(text: str, bounds: Bounds) -> int:
    """`*`, N or N-M, each with or without /STEP; N/STEP goes on to the end."""
    first, *steps = text.split("/")
    low, *highs = first.split("-")
    star = 0
    if low in {"*", "?"}:
        start, end, star = bounds.low, bounds.high, STAR
    else:
        start = end = _number_or_name(low, bounds)
        if len(highs) > 1:
            raise ScheduleError(f"too many hyphens: {text}")
        if highs:
            end = _number_or_name(highs[0], bounds)
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {text}")
    step = 1
    if steps:
        step = _number(steps[0])
        if not highs:
            end = bounds.high
        if step > 1:
            star = 0
    if start < bounds.low:
        raise ScheduleError(f"beginning of range ({start}) below minimum ({bounds.low}): {text}")
    if end > bounds.high:
        raise ScheduleError(f"end of range ({end}) above maximum ({bounds.high}): {text}")
    if start > end:
        raise ScheduleError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")
    return sum(1 << value for value in range(start, end + 1, step)) | star


def _number_or_name(text: str, bounds: Bounds) -> int:
    named = bounds.names.get(lower(text))
    return _number(text) if named is None else named


def _number(text: str) -> int:
    try:
        number = read_integer(text)
    except NotationError as error:
        raise ScheduleError(f"failed to parse int from {text}: {error}") from None
    if number < 0:
        raise ScheduleError(f"negative number ({number}) not allowed: {text}")
    return number
