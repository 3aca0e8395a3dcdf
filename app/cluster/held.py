"""What one reflector holds of its collection, and whether an event is news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from app.cluster.ports import Sink
    from app.cluster.projection import Item

R = TypeVar("R")


@dataclass(slots=True)
class Held(Generic[R]):
    """One object: which one, and its record."""

    uid: str
    record: R


@dataclass(slots=True)
class Position:
    """Where in the collection's history we are, and since when we know all of it."""

    version: str
    listed_at: float


def same_or_new(known: dict[str, Held[R]], item: Item[R]) -> Held[R]:
    """What to hold of `item`; the record we hold already when it is equal to the new one.

    Keeping the identical object lets whoever compares a whole collection compare by identity.
    """
    held = known.get(item.key)
    if held is not None and held.uid == item.uid and held.record == item.record:
        return held
    return Held(item.uid, item.record)


def take(known: dict[str, Held[R]], kind: str, item: Item[R], sink: Sink[R]) -> None:
    """Make `known` and `sink` follow one ADDED, MODIFIED or DELETED event."""
    held = known.get(item.key)
    if kind == "DELETED":
        # The end of an object whose successor we hold already says nothing about the successor.
        if held is not None and held.uid == item.uid:
            del known[item.key]
            sink.remove(item.key)
        return
    if held is not None and held.uid != item.uid:
        # Another object of the same name: its predecessor's end was missed.
        sink.remove(item.key)
    now = known[item.key] = same_or_new(known, item)
    if now is not held:
        sink.upsert(item.key, now.record)


def is_news(version: str, position: str) -> bool:
    """Whether an event with `version` comes after `position`.

    resourceVersions are opaque; where both are decimal they are etcd revisions, which only grow,
    and an event that is not above our position is a repetition. Otherwise the order of the stream
    is believed.
    """
    if version.isdecimal() and position.isdecimal():
        return _magnitude(version) > _magnitude(position)
    return version != position


def _magnitude(digits: str) -> tuple[int, str]:
    """What orders decimals as numbers; Python refuses to read one of more than 4,300 digits."""
    digits = digits.lstrip("0")
    return len(digits), digits
