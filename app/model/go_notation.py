"""Numbers, durations and quoted texts as Go's standard library reads and writes them.

The controller's errors are made of these, and a number of 10,000 digits is one of them: nothing
here takes longer than its text is long.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER = re.compile(r"([+-]?)([0-9]+)")
_AMOUNT = re.compile(r"([0-9]*)((?:\.[0-9]*)?)([^0-9.]*)")
_DIGITS = 19
"""What 64 bits hold at most; Python counts thousands of digits for long, and then refuses."""
_LARGEST = 2**63 - 1
_NANOSECONDS: Mapping[str, int] = MappingProxyType(
    {"ns": 1, "us": 10**3, "\u00b5s": 10**3, "\u03bcs": 10**3, "ms": 10**6}
    | {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
)
_NAMED: Mapping[str, str] = MappingProxyType(
    {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
    | {'"': r"\"", "\\": r"\\"}
)


class NotationError(ValueError):
    """A text that Go refuses, in its words."""


def quoted(text: str) -> str:
    """Go's `%q` and strconv.Quote."""
    return f'"{"".join(map(_escaped, text))}"'


def lower(text: str) -> str:
    """Go's strings.ToLower, which knows one letter more that ends as a plain one."""
    return text.replace("\u0130", "i").lower()


def read_integer(text: str) -> int:
    """strconv.Atoi."""
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise NotationError(f"strconv.Atoi: parsing {quoted(text)}: invalid syntax")
    sign, digits = found[1], found[2].lstrip("0") or "0"
    number = int(sign + digits) if len(digits) <= _DIGITS else _LARGEST + 1
    if not -_LARGEST - 1 <= number <= _LARGEST:
        raise NotationError(f"strconv.Atoi: parsing {quoted(text)}: value out of range")
    return number


def read_duration(text: str) -> int:
    """time.ParseDuration: the nanoseconds of a text such as `1h30m` or `1.5s`."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in {"-", "+"} else text
    if rest == "0":
        return 0
    total = 0
    # The last match is the empty one at the end.
    amounts: list[tuple[str, str, str]] = _AMOUNT.findall(rest)
    for whole, fraction, unit in amounts[:-1] or amounts:
        # Without a sign and in 64 bits, as there: two of the largest are nothing again.
        total = (total + _nanoseconds(whole, fraction.removeprefix("."), unit, text)) % 2**64
        if total > _LARGEST + 1:
            raise _bad(text)
    if sign > 0 and total > _LARGEST:
        raise _bad(text)
    return sign * total


def _nanoseconds(whole: str, fraction: str, unit: str, text: str) -> int:
    digits = whole.lstrip("0") or "0"
    amount = int(digits) if len(digits) <= _DIGITS else _LARGEST + 2
    if amount > _LARGEST + 1 or not (whole or fraction):
        raise _bad(text)
    if not unit:
        raise NotationError(f"time: missing unit in duration {_bytes_quoted(text)}")
    if unit not in _NANOSECONDS:
        unknown = f"unknown unit {_bytes_quoted(unit)}"
        raise NotationError(f"time: {unknown} in duration {_bytes_quoted(text)}")
    size = _NANOSECONDS[unit]
    if amount > (_LARGEST + 1) // size:
        raise _bad(text)
    part, scale = _fraction(fraction)
    # By floating point, as there: a fraction close to one is rounded up to it.
    nanoseconds = amount * size + int(float(part) * (size / scale))
    if nanoseconds > _LARGEST + 1:
        raise _bad(text)
    return nanoseconds


def _fraction(digits: str) -> tuple[int, float]:
    """The digits that 63 bits hold, and what to divide them by; the others do not count."""
    value, scale = 0, 1.0
    for digit in digits:
        longer = value * 10 + int(digit)
        if value > _LARGEST // 10 or longer > _LARGEST + 1:
            break
        value, scale = longer, scale * 10
    return value, scale


def _bad(text: str) -> NotationError:
    return NotationError(f"time: invalid duration {_bytes_quoted(text)}")


def _bytes_quoted(text: str) -> str:
    """The quotes of the package time: whatever is not plain ASCII as its bytes."""
    shown = [
        f"\\{letter}"
        if letter in '"\\'
        else letter
        if " " <= letter < "\x80"
        else "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
        for letter in text
    ]
    return f'"{"".join(shown)}"'


def _escaped(letter: str) -> str:
    code = ord(letter)
    if letter in _NAMED:
        return _NAMED[letter]
    if letter.isprintable():
        return letter
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
