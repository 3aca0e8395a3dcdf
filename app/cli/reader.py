"""A reader of the stream that follows docs/stream.md; it survives its connections.

Law: what it holds never gets emptier by a server that knows less (`synced: false`), a half-received
snapshot counts for nothing, and a heartbeat that knows of more than we were given is loss.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from app.cli.sse import Message

SCHEMA = "watchglass.stream/1"
DEADLINE_BEATS = 2.5
"""Heartbeats that may be missing before the link counts as broken."""

Mark = Literal["+", "~", "-"]


class Strange(Exception):
    """What came is not the protocol."""


class SilentLoss(Exception):
    """The server gave more than we have: begin anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one key: new, changed or gone."""

    mark: Mark
    topic: str
    key: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Hello:
    """What the server says first."""

    epoch: str
    reason: str
    build: str
    heartbeat_seconds: float

    @property
    def deadline_seconds(self) -> float:
        """How long to wait for the next event."""
        return self.heartbeat_seconds * DEADLINE_BEATS


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Why the server ends the stream, and when to come back."""

    reason: str
    retry_seconds: float

    @property
    def final(self) -> bool:
        """Whether coming back is of no use."""
        return self.reason in ("auth_expired", "revoked")


@dataclass(slots=True)
class _Assembly:
    """A snapshot that is not whole yet."""

    topic: str
    parts: int
    items: dict[str, Any] = field(default_factory=dict)
    received: int = 0


class Reader:
    """Holds the values of every topic it was told of, and its position.

    Args:
        cursor: The id after which to begin, None for a snapshot.
    """

    def __init__(self, cursor: str | None = None) -> None:
        self.cursor = cursor
        self.hello: Hello | None = None
        self.goodbye: Goodbye | None = None
        self.values: dict[str, dict[str, Any]] = {}
        self._assembly: _Assembly | None = None

    def connect(self) -> None:
        """A new connection: what was half-received on the old one is void."""
        self.hello = None
        self.goodbye = None
        self._assembly = None

    def receive(self, message: Message) -> list[Change]:
        """Take one message; gives what changed by it. Unknown events and fields are ignored.

        Raises:
            Strange: It is not the protocol.
            SilentLoss: Something was lost without a word; the cursor is dropped.
        """
        if self.hello is None and message.event != "hello":
            raise Strange("it does not begin with hello")
        try:
            changes = self._apply(message.event, json.loads(message.data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Strange(f"its {message.event!r} cannot be read") from error
        if message.id:
            self.cursor = message.id
        return changes

    def _apply(self, event: str, data: Any) -> list[Change]:
        match event:
            case "hello":
                self._hello(data)
            case "snapshot":
                return self._snapshot(data)
            case "change":
                return [self._change(change) for change in data["changes"]]
            case "heartbeat":
                self._heartbeat(int(data["seq"]))
            case "goodbye":
                self.goodbye = Goodbye(str(data["reason"]), float(data["retryMs"]) / 1000)
        return []

    def _hello(self, data: Any) -> None:
        if data["schema"] != SCHEMA:
            raise Strange(f"it speaks {str(data['schema'])[:40]!r}, not {SCHEMA!r}")
        self.hello = Hello(
            epoch=str(data["epoch"]),
            reason=str(data["reason"]),
            build=str(data["build"]),
            heartbeat_seconds=float(data["heartbeatMs"]) / 1000,
        )

    def _snapshot(self, data: Any) -> list[Change]:
        topic, part, parts = str(data["topic"]), int(data["part"]), int(data["parts"])
        if part == 0:
            self._assembly = _Assembly(topic, parts)
        assembly = self._assembly
        if assembly is None or (assembly.topic, assembly.received) != (topic, part):
            raise Strange("parts of a snapshot are missing")
        assembly.received += 1
        assembly.items |= {str(item["key"]): item["value"] for item in data["items"]}
        if assembly.received < assembly.parts:
            return []
        self._assembly = None
        return self._replace(topic, assembly.items, synced=data["synced"] is True)

    def _replace(self, topic: str, items: dict[str, Any], *, synced: bool) -> list[Change]:
        held = self.values.setdefault(topic, {})
        changes: list[Change] = []
        if synced:
            gone = [key for key in held if key not in items]
            changes += [self._remove(topic, key) for key in gone]
        for key, value in items.items():
            if key not in held or held[key] != value:
                changes.append(self._upsert(topic, key, value))
        return changes

    def _change(self, change: Any) -> Change:
        topic, key = str(change["topic"]), str(change["key"])
        if change["op"] == "remove":
            return self._remove(topic, key)
        return self._upsert(topic, key, change["value"])

    def _upsert(self, topic: str, key: str, value: Any) -> Change:
        held = self.values.setdefault(topic, {})
        mark: Mark = "~" if key in held else "+"
        held[key] = value
        return Change(mark, topic, key, value)

    def _remove(self, topic: str, key: str) -> Change:
        self.values.setdefault(topic, {}).pop(key, None)
        return Change("-", topic, key)

    def _heartbeat(self, seq: int) -> None:
        """Compare positions: the server sends a heartbeat only to readers that have everything."""
        assert self.hello is not None  # noqa: S101 - receive has seen to it
        epoch, _, own = (self.cursor or "").partition("-")
        if epoch != self.hello.epoch or seq > int(own):
            self.cursor = None
            raise SilentLoss
