"""Readers' ends of the wire that a test opens, narrows and cuts at any frame, and their parsers."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from app.stream import Dialect, Frame

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

WRITE_LIMIT = 65_536
"""Bytes of the largest write that the protocol allows."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a client makes of one message."""

    event: str
    data: dict[str, Json]
    id: str | None
    size: int
    """Bytes of its data."""
    retry: int | None = None


def parse_sse(payload: bytes) -> list[Event]:
    """The events in whole blocks of `text/event-stream`, by the rules of the HTML standard."""
    events: list[Event] = []
    event, id, retry = "message", None, None
    data: list[str] = []
    assert payload.endswith(b"\n\n"), "a write ends inside an event"
    for line in payload.decode().split("\n")[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                text = "\n".join(data)
                events.append(Event(event, json.loads(text), id, len(text.encode()), retry))
            event, id, retry, data = "message", None, None, []
        elif field == "event":
            event = value
        elif field == "id":
            id = value
        elif field == "retry":
            retry = int(value)
        elif field == "data":
            data.append(value)
    return events


def parse_websocket(payload: bytes) -> list[Event]:
    """The event in one JSON text message."""
    message = json.loads(payload)
    assert message.keys() <= {"event", "id", "data"}
    text = json.dumps(message["data"], ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode(errors="backslashreplace"))
    return [Event(message["event"], message["data"], message.get("id"), size)]


class FakeWriter:
    """A reader that takes `room` frames (None: any number) and then nothing, until it is opened.

    `pipe` holds what it took, in the order of the writes: a reader's machine has that, its page
    does not yet.

    Args:
        dialect: Which text it takes.
        stepped: Whether it can be written to without waiting.
        room: Frames it takes.
        pace: Seconds that it takes over a frame for which it is waited.
        closed: The exception that says that it is gone.
    """

    def __init__(
        self,
        dialect: Dialect = "sse",
        *,
        stepped: bool = True,
        room: int | None = None,
        pace: float = 0.0,
        closed: type[Exception],
    ) -> None:
        self.dialect: Dialect = dialect
        self.stepped = stepped
        self.room = room
        self.pace = pace
        self.pipe: deque[bytes] = deque()
        self.gone = False
        self.aborted = False
        self.close_reason: str | None = None
        self._closed = closed
        self._taken = 0
        self._changed = asyncio.Event()

    def try_write(self, frame: Frame) -> int:
        if self.gone:
            raise self._closed
        if not self.stepped or self.room == 0:
            return 0
        return self._take(frame)

    async def write(self, frame: Frame) -> int:
        if self.pace:
            await asyncio.sleep(self.pace)
        await self._ready()
        return self._take(frame)

    async def close(self, reason: str) -> None:
        await self._ready()
        self.close_reason = reason
        self.gone = True

    def abort(self) -> None:
        self.aborted = True
        self.cut()

    def progress(self) -> int:
        return self._taken

    def widen(self, room: int | None) -> None:
        """Take so many frames from now on, None for any number."""
        self.room = room
        self._changed.set()

    def cut(self) -> None:
        """The connection is gone; the server learns of it when it writes."""
        self.gone = True
        self._changed.set()

    def events(self, most: int | None = None) -> list[Event]:
        """Take what has arrived, at most so many frames."""
        parse = parse_sse if self.dialect == "sse" else parse_websocket
        count = len(self.pipe) if most is None else min(most, len(self.pipe))
        return [event for _ in range(count) for event in parse(self.pipe.popleft())]

    async def _ready(self) -> None:
        while self.room == 0 and not self.gone:
            self._changed.clear()
            await self._changed.wait()
        if self.gone:
            raise self._closed

    def _take(self, frame: Frame) -> int:
        payload = frame.sse if self.dialect == "sse" else frame.websocket
        assert len(payload) <= WRITE_LIMIT, f"a write of {len(payload):,} bytes"
        self.pipe.append(payload)
        self._taken += len(payload)
        if self.room is not None:
            self.room -= 1
        return len(payload)
