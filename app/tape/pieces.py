"""What a line is made of: JSON, and the simple things in it; anything else raises `Wrong`."""

from __future__ import annotations

import json
from typing import Any, cast

from app.model import clean

SHOWN = 60
"""Bytes of what is wrong that are repeated."""


class Wrong(Exception):
    """What is wrong with the line that is being read."""


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object that a line is."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise Wrong("it is not JSON") from None
    if not isinstance(told, dict):
        raise Wrong("it is no JSON object")
    return cast("dict[str, Any]", told)


def text(told: object, name: str) -> str:
    """A text."""
    if not isinstance(told, str):
        raise Wrong(f"{name} must be a text")
    return told


def whole(told: object, name: str, most: int) -> int:
    """A whole number from 0 to `most`."""
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= most:
        raise Wrong(f"{name} must be a whole number from 0 to {most}")
    return told


def items_of(told: object, name: str) -> list[Any]:
    """What stands in a list."""
    if not isinstance(told, list):
        raise Wrong(f"{name} must be a list")
    return told


def refuse_strange(told: object) -> None:
    """What is on the board is clean, so what was recorded is: anything else was put there.

    Lines of text may be parted, as those of an RBAC rule are.
    """
    match told:
        case str():
            for line in () if told.isprintable() else told.split("\n"):
                if clean(f".{line}.", 4 * len(line) + 8) != f".{line}.":
                    raise Wrong("it holds characters that no screen may be given")
        case dict():
            for key, value in told.items():
                refuse_strange(key)
                refuse_strange(value)
        case list():
            for value in told:
                refuse_strange(value)


def shown(told: object) -> str:
    """What is wrong, short and harmless in a message."""
    return repr(clean(told, SHOWN)) if isinstance(told, str) else clean(json.dumps(told), SHOWN)
