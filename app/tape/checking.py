"""One line after the other to what it says, or to what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from app.errors import InvalidRequest
from app.model import Source, clean, decode
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
from app.tape.moments import Beat, Change, Changes, Moment, What, Whole, Word

if TYPE_CHECKING:
    from app.model import Wire

MOST_PARTS = 1_000_000
_CUT = re.compile(r"… \(cut, [\d,]+ items\)")

SHOWN = 60
"""Bytes of what is wrong that are repeated."""


class _Wrong(Exception):
    """What is wrong with the line that is being read."""


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
        told = _object(line)
        if told.get("schema") != SCHEMA:
            raise _Wrong(
                f"this is no tape: its schema is {_shown(told.get('schema'))}, not {SCHEMA}"
            )
        _refuse_strange(told)
        return decode(Header, line)
    except (InvalidRequest, _Wrong) as wrong:
        raise TapeError(number, str(wrong)) from None
    except RecursionError:
        raise TapeError(number, "it is nested too deeply") from None


class Checker:
    """Takes the lines after the first one, in their order."""

    def __init__(self) -> None:
        self._last = 0
        self._greeted = False
        self._assembly: _Assembly | None = None

    def read(self, number: int, line: bytes) -> Moment:
        """What the line says.

        Raises:
            TapeError: What is wrong with it.
        """
        try:
            told = _object(line)
            at_ms = self._time(told.pop("t", None))
            event = _text(told.pop("event", None), "event")
            data = told.pop("data", None)
            _text(told.pop("id", ""), "id")
            if told:
                raise _Wrong(f"unknown field {_shown(min(told))}")
            return Moment(number, at_ms, self._what(event, data))
        except (InvalidRequest, _Wrong) as wrong:
            raise TapeError(number, str(wrong)) from None
        except RecursionError:
            raise TapeError(number, "it is nested too deeply") from None

    def _time(self, told: object) -> int:
        at_ms = _whole(told, "t", LONGEST_MS)
        if at_ms < self._last:
            raise _Wrong(f"time goes backwards, from {self._last} to {at_ms} ms")
        self._last = at_ms
        return at_ms

    def _what(self, event: str, data: object) -> What:
        if not isinstance(data, dict):
            raise _Wrong("data must be an object")
        _refuse_strange(data)
        if not self._greeted and event != "hello":
            raise _Wrong(f"it begins with {_shown(event)}, not with hello")
        match event:
            case "hello":
                if data.get("schema") != STREAM_SCHEMA:
                    raise _Wrong(f"it speaks {_shown(data.get('schema'))}, not {STREAM_SCHEMA}")
                self._greeted = True
                self._assembly = None
            case "snapshot":
                return self._snapshot(data)
            case "change":
                changes = _list(data.get("changes"), "changes")
                return Changes(tuple(_change(change) for change in changes))
            case "heartbeat":
                return Beat(_vitals(data.get("sources")))
            case "goodbye" | "gap":
                _text(data.get("reason"), "reason")
                self._assembly = None
            case _:
                raise _Wrong(f"unknown event {_shown(event)}")
        return Word(event)

    def _snapshot(self, data: dict[str, Any]) -> What:
        topic = _topic(data.get("topic"))
        parts = _whole(data.get("parts"), "parts", MOST_PARTS)
        part = _whole(data.get("part"), "part", MOST_PARTS)
        synced = data.get("synced")
        if not isinstance(synced, bool):
            raise _Wrong("synced must be true or false")
        if part == 0:
            self._assembly = _Assembly(topic, parts)
        assembly = self._assembly
        expected = assembly and (assembly.topic, assembly.parts, assembly.received)
        if assembly is None or expected != (topic, parts, part) or part >= parts:
            raise _Wrong(f"part {part} of {parts} of {topic} does not follow what is before it")
        for item in _list(data.get("items"), "items"):
            if not isinstance(item, dict):
                raise _Wrong("an item must be an object")
            key, value = _value(topic, item)
            assembly.values[key] = value
        assembly.received += 1
        if assembly.received < parts:
            return Word("snapshot")
        self._assembly = None
        return Whole(topic, synced, assembly.values)


def _change(told: object) -> Change:
    if not isinstance(told, dict):
        raise _Wrong("a change must be an object")
    topic = _topic(told.get("topic"))
    match told.get("op"):
        case "upsert":
            return Change(topic, *_value(topic, told))
        case "remove":
            return Change(topic, _key(topic, told.get("key")), None)
        case other:
            raise _Wrong(f"op must be upsert or remove, not {_shown(other)}")


def _value(topic: str, told: dict[str, Any]) -> tuple[str, Wire]:
    key = _key(topic, told.get("key"))
    try:
        value = decode(MODELS[topic], json.dumps(_without_marks(told.get("value"))).encode())
    except InvalidRequest as invalid:
        raise _Wrong(f"{topic} {_shown(key)}: {invalid}") from None
    if isinstance(value, Source) and key != f"{value.kind}/{value.namespace}":
        raise _Wrong(f"sources {_shown(key)}: it is the source {value.kind}/{value.namespace}")
    return key, value


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
        raise _Wrong("sources must be an object")
    return {
        _key("sources", key): decode(Vital, json.dumps(vital).encode())
        for key, vital in told.items()
    }


def _topic(told: object) -> str:
    topic = _text(told, "topic")
    if topic not in MODELS:
        raise _Wrong(f"unknown topic {_shown(topic)}")
    return topic


def _key(topic: str, told: object) -> str:
    key = _text(told, "key")
    parts = KEY_PARTS.get(topic, 2)
    if len(json.dumps(key)) > KEY_LIMIT or len(key.split("/")) != parts or not all(key.split("/")):
        raise _Wrong(f"{_shown(key)} is no key of {topic}")
    return key


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise _Wrong("it is not JSON") from None
    if not isinstance(told, dict):
        raise _Wrong("it is no JSON object")
    return cast("dict[str, Any]", told)


def _text(told: object, name: str) -> str:
    if not isinstance(told, str):
        raise _Wrong(f"{name} must be a text")
    return told


def _whole(told: object, name: str, most: int) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= most:
        raise _Wrong(f"{name} must be a whole number from 0 to {most}")
    return told


def _list(told: object, name: str) -> list[Any]:
    if not isinstance(told, list):
        raise _Wrong(f"{name} must be a list")
    return told


def _refuse_strange(told: object) -> None:
    """What is on the board is clean, so what was recorded is: anything else was put there.

    Lines of text may be parted, as those of an RBAC rule are.
    """
    match told:
        case str():
            for line in () if told.isprintable() else told.split("\n"):
                if clean(f".{line}.", 4 * len(line) + 8) != f".{line}.":
                    raise _Wrong("it holds characters that no screen may be given")
        case dict():
            for key, value in told.items():
                _refuse_strange(key)
                _refuse_strange(value)
        case list():
            for value in told:
                _refuse_strange(value)


def _shown(told: object) -> str:
    return repr(clean(told, SHOWN)) if isinstance(told, str) else clean(json.dumps(told), SHOWN)
