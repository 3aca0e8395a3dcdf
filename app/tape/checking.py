"""One line after the other to what it says, or to what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.errors import InvalidRequest
from app.model import Source, decode
from app.stream import SCHEMA as STREAM_SCHEMA
from app.tape.forms import (
    KEY_LIMIT,
    KEY_PARTS,
    LONGEST_MS,
    MODELS,
    SCHEMA,
    Header,
    TapeError,
    Vital,
)
from app.tape.holding import HELD_LIMIT, Holding
from app.tape.moments import Beat, Change, Changes, Moment, What, Whole, Word
from app.tape.pieces import Wrong, items_of, object_of, refuse_strange, shown, text, whole

if TYPE_CHECKING:
    from app.model import Wire

MOST_PARTS = 1_000_000
UNFINISHED = "a snapshot"
"""Where values are until the last part of their snapshot has come."""

_CUT = re.compile(r"… \(cut, [\d,]+ items\)")


@dataclass(slots=True)
class _Assembly:
    """A snapshot that is not whole yet."""

    topic: str
    parts: int
    received: int = 0
    values: dict[str, Wire] = field(default_factory=dict)


def read_header(number: int, line: bytes) -> Header:
    """The first line of a tape.

    Raises:
        TapeError: It is not, or of another schema.
    """
    try:
        told = object_of(line)
        if told.get("schema") != SCHEMA:
            raise Wrong(f"this is no tape: its schema is {shown(told.get('schema'))}, not {SCHEMA}")
        refuse_strange(told)
        return decode(Header, line)
    except (InvalidRequest, Wrong) as wrong:
        raise TapeError(number, str(wrong)) from None
    except RecursionError:
        raise TapeError(number, "it is nested too deeply") from None


class Checker:
    """Takes the lines after the first one, in their order; `most` is how much may be held."""

    def __init__(self, most: int = HELD_LIMIT) -> None:
        self._last = 0
        self._greeted = False
        self._assembly: _Assembly | None = None
        self._held = Holding(most)

    def read(self, number: int, line: bytes) -> Moment:
        """What the line says.

        Raises:
            TapeError: What is wrong with it.
        """
        try:
            told = object_of(line)
            at_ms = self._time(told.pop("t", None))
            event = text(told.pop("event", None), "event")
            data = told.pop("data", None)
            text(told.pop("id", ""), "id")
            if told:
                raise Wrong(f"unknown field {shown(min(told))}")
            what = self._what(event, data)
            if self._held.full:
                raise Wrong("by here it holds more values at once than may be replayed")
            return Moment(number, at_ms, what)
        except (InvalidRequest, Wrong) as wrong:
            raise TapeError(number, str(wrong)) from None
        except RecursionError:
            raise TapeError(number, "it is nested too deeply") from None

    def _time(self, told: object) -> int:
        at_ms = whole(told, "t", LONGEST_MS)
        if at_ms < self._last:
            raise Wrong(f"time goes backwards, from {self._last} to {at_ms} ms")
        self._last = at_ms
        return at_ms

    def _what(self, event: str, data: object) -> What:
        if not isinstance(data, dict):
            raise Wrong("data must be an object")
        refuse_strange(data)
        if not self._greeted and event != "hello":
            raise Wrong(f"it begins with {shown(event)}, not with hello")
        match event:
            case "hello":
                if data.get("schema") != STREAM_SCHEMA:
                    raise Wrong(f"it speaks {shown(data.get('schema'))}, not {STREAM_SCHEMA}")
                self._greeted = True
                self._drop()
            case "snapshot":
                return self._snapshot(data)
            case "change":
                changes = items_of(data.get("changes"), "changes")
                return Changes(tuple(map(self._change, changes)))
            case "heartbeat":
                return Beat(_vitals(data.get("sources")))
            case "goodbye" | "gap":
                text(data.get("reason"), "reason")
                self._drop()
            case _:
                raise Wrong(f"unknown event {shown(event)}")
        return Word(event)

    def _snapshot(self, data: dict[str, Any]) -> What:
        topic = _topic(data.get("topic"))
        parts = whole(data.get("parts"), "parts", MOST_PARTS)
        part = whole(data.get("part"), "part", MOST_PARTS)
        synced = data.get("synced")
        if not isinstance(synced, bool):
            raise Wrong("synced must be true or false")
        if part == 0:
            self._drop()
            self._assembly = _Assembly(topic, parts)
        assembly = self._assembly
        expected = assembly and (assembly.topic, assembly.parts, assembly.received)
        if assembly is None or expected != (topic, parts, part) or part >= parts:
            raise Wrong(f"part {part} of {parts} of {topic} does not follow what is before it")
        for item in items_of(data.get("items"), "items"):
            if not isinstance(item, dict):
                raise Wrong("an item must be an object")
            key, value, size = _value(topic, item)
            assembly.values[key] = value
            self._held.put(UNFINISHED, key, size)
        assembly.received += 1
        if assembly.received < parts:
            return Word("snapshot")
        self._assembly = None
        if synced:
            self._held.clear(topic)
        self._held.move(UNFINISHED, topic)
        return Whole(topic, synced, assembly.values)

    def _drop(self) -> None:
        """Half a snapshot counts for nothing."""
        self._assembly = None
        self._held.clear(UNFINISHED)

    def _change(self, told: object) -> Change:
        if not isinstance(told, dict):
            raise Wrong("a change must be an object")
        topic = _topic(told.get("topic"))
        match told.get("op"):
            case "upsert":
                key, value, size = _value(topic, told)
                self._held.put(topic, key, size)
                return Change(topic, key, value)
            case "remove":
                key = _key(topic, told.get("key"))
                self._held.remove(topic, key)
                return Change(topic, key, None)
            case other:
                raise Wrong(f"op must be upsert or remove, not {shown(other)}")


def _value(topic: str, told: dict[str, Any]) -> tuple[str, Wire, int]:
    """Key, value, and how many bytes they have."""
    key = _key(topic, told.get("key"))
    written = json.dumps(_without_marks(told.get("value"))).encode()
    try:
        value = decode(MODELS[topic], written)
    except InvalidRequest as invalid:
        raise Wrong(f"{topic} {shown(key)}: {invalid}") from None
    if isinstance(value, Source) and key != f"{value.kind}/{value.namespace}":
        raise Wrong(f"sources {shown(key)}: it is the source {value.kind}/{value.namespace}")
    return key, value, len(written) + len(key)


def _without_marks(told: Any) -> Any:
    """A value without what the stream puts at the end of a list that it has cut."""
    match told:
        case dict():
            return {name: _without_marks(value) for name, value in told.items()}
        case [*items, str(mark)] if _CUT.fullmatch(mark):
            return items
        case _:
            return told


def _vitals(told: object) -> dict[str, Vital]:
    if not isinstance(told, dict):
        raise Wrong("sources must be an object")
    return {
        _key("sources", key): decode(Vital, json.dumps(vital).encode())
        for key, vital in told.items()
    }


def _topic(told: object) -> str:
    topic = text(told, "topic")
    if topic not in MODELS:
        raise Wrong(f"unknown topic {shown(topic)}")
    return topic


def _key(topic: str, told: object) -> str:
    key = text(told, "key")
    parts = KEY_PARTS.get(topic, 2)
    if len(json.dumps(key)) > KEY_LIMIT or len(key.split("/")) != parts or not all(key.split("/")):
        raise Wrong(f"{shown(key)} is no key of {topic}")
    return key
