"""What happens on a tape: lines, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model import Wire
    from app.tape.forms import Vital


@dataclass(frozen=True, slots=True)
class Whole:
    """A snapshot with all its parts."""

    topic: str
    synced: bool
    values: Mapping[str, Wire]


@dataclass(frozen=True, slots=True)
class Change:
    """The new value of one key, None when it was removed."""

    topic: str
    key: str
    value: Wire | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed together."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """How the sources were."""

    vitals: Mapping[str, Vital]


@dataclass(frozen=True, slots=True)
class Word:
    """A message that changes no value: `hello`, `goodbye`, `gap`, or a part of a snapshot."""

    event: str


What: TypeAlias = Whole | Changes | Beat | Word


@dataclass(frozen=True, slots=True)
class Moment:
    """One line."""

    line: int
    at_ms: int
    """Since the tape's first message."""
    what: What
