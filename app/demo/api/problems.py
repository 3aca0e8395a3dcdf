"""What can be wrong with a field, in an API server's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field of an object; `word` is the reason of its cause."""

    field: str
    word: str
    text: str


Problems = Iterator[Problem]


def required(field: str, detail: str = "") -> Problem:
    """It must be there."""
    return Problem(field, "FieldValueRequired", f"Required value{': ' if detail else ''}{detail}")


def wrong(field: str, value: object, detail: str) -> Problem:
    """Its value breaks a rule."""
    return Problem(field, "FieldValueInvalid", f"Invalid value: {shown(value)}: {detail}")


def unsupported(field: str, value: object, supported: Iterable[str]) -> Problem:
    """Its value is none of those that exist."""
    known = ", ".join(f'"{word}"' for word in supported)
    text = f"Unsupported value: {shown(value)}: supported values: {known}"
    return Problem(field, "FieldValueNotSupported", text)


def duplicate(field: str, value: object) -> Problem:
    """Another item of the list has the same value."""
    return Problem(field, "FieldValueDuplicate", f"Duplicate value: {shown(value)}")


def not_allowed(field: str, detail: str) -> Problem:
    """It may not be set, or not so."""
    return Problem(field, "FieldValueForbidden", f"Forbidden: {detail}")


def too_long(field: str, limit: int) -> Problem:
    """It has more bytes than allowed."""
    return Problem(field, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def immutable(field: str, value: object) -> Problem:
    """It cannot be changed once the object exists."""
    return wrong(field, value, "field is immutable")


def shown(value: object) -> str:
    """A value as messages quote it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
