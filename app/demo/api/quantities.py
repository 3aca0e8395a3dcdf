"""Amounts of processors, bytes and the like: `100m`, `1.5Gi`, `1e3`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from app.demo.api.notation import Exact

WRONG = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
WRONG_SUFFIX = "unable to parse quantity's suffix"
FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)", re.ASCII)
EXPONENT = re.compile(r"[eE][-+]?[0-9]+", re.ASCII)
DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
"""Thousands, from a thousand millionth on."""
BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
SMALLEST = 10**9  # parts of one
MOST_DIGITS = 30
"""More than any amount has; what is longer stays as it is."""


def quantity(value: Any) -> str:
    """An amount in its shortest form; numbers are taken too.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(WRONG)
    text = value.text if isinstance(value, Exact) else str(value)
    return _short(text.strip())


def amount(text: str) -> Fraction:
    """How much that is.

    Raises:
        ValueError: It is no quantity.
    """
    found = FORM.fullmatch(text)
    if found is None or not (found[2] or found[3] is not None):
        raise ValueError(WRONG)
    sign, whole, fraction, suffix = found.groups()
    number = Fraction(int((whole + (fraction or "")) or "0"), 10 ** len(fraction or ""))
    return (-number if sign == "-" else number) * _factor(suffix)


def _factor(suffix: str) -> Fraction:
    if suffix in DECIMAL:
        return Fraction(1000) ** (DECIMAL.index(suffix) - DECIMAL.index(""))
    if suffix in BINARY:
        return Fraction(1024 ** BINARY.index(suffix))
    if EXPONENT.fullmatch(suffix):
        # What is beyond this is nothing, or more than there is of anything.
        return Fraction(10) ** max(-MOST_DIGITS, min(int(suffix[1:][:4]), MOST_DIGITS))
    raise ValueError(WRONG_SUFFIX)


@lru_cache(maxsize=1_024)
def _short(text: str) -> str:
    found = amount(text)
    suffix = text.lstrip("+-.0123456789")
    if EXPONENT.fullmatch(suffix) or len(text) > MOST_DIGITS:
        return text
    if suffix in BINARY[1:] and abs(found) >= 1024 and found.denominator == 1:
        number, index = _divided(found.numerator, 1024, len(BINARY) - 1)
        return f"{number}{BINARY[index]}"
    # What is smaller than the smallest part is rounded up to it.
    away = -1 if found < 0 else 1
    parts = away * -(-abs(found) * SMALLEST // 1)
    if not parts:
        return "0"
    number, index = _divided(parts, 1000, len(DECIMAL) - 1)
    return f"{number}{DECIMAL[index]}"


def _divided(number: int, by: int, most: int) -> tuple[int, int]:
    """A number without the factor `by`, and how often that was in it."""
    times = 0
    while times < most and number % by == 0:
        number, times = number // by, times + 1
    return number, times
