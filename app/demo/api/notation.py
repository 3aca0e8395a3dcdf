"""What Go's decoder sees of JSON: what is said twice, how a number is written; and its words."""

from __future__ import annotations

from math import isinf
from typing import Any

ESCAPED = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


class Malformed(Exception):
    """A field has a value of the wrong type; the text is that of Go's decoder."""


class Exact(float):
    """A number with a fraction or an exponent; `text` is how it was written."""

    text: str

    def __new__(cls, text: str) -> Exact:
        """Read it."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def finite(text: str) -> Exact:
    """As `Exact`.

    Raises:
        ValueError: It is beyond all numbers.
    """
    found = Exact(text)
    if isinf(found):
        raise ValueError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return found


def rounded(text: str) -> float | int:
    """A number as maps of Go hold it: 2.0 is 2.

    Raises:
        ValueError: It is beyond all numbers.
    """
    found = finite(text)
    return int(found) if found.is_integer() else found


class Doubled(dict[str, Any]):
    """An object in which fields stand more than once; the last of each is the one that counts."""

    twice: tuple[str, ...]


def noticing(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its fields, which knows those that are there twice."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name, _ in pairs:
        if name in seen:
            twice[name] = None
        seen.add(name)
    made = Doubled(found)
    made.twice = tuple(twice)
    return made


def quoted(text: str) -> str:
    """A text as Go quotes it: on one line, whatever is in it."""
    return f'"{"".join(map(_printable, text))}"'


def _printable(letter: str) -> str:
    if letter in ESCAPED:
        return ESCAPED[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
