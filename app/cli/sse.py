"""`text/event-stream` to messages, by the rules of the HTML standard (9.2.6)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_EVENT = 1_048_576
"""Characters of one event: sixteen times what our server ever writes at once."""

_LINE_END = re.compile("\r\n|\r|\n")


class TooLong(Exception):
    """An event that does not end."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event; `id` is the one in its own block, if there was one."""

    event: str
    data: str
    id: str | None = None


class EventParser:
    """Takes bytes as they come and gives the messages that are whole.

    One leading byte order mark is dropped; lines end with CR, LF or CRLF, also when a chunk ends
    between the two; an id with NUL is ignored; a block without data gives no message, but its id
    counts; a block that never ended gives nothing.
    """

    def __init__(self) -> None:
        self.last_id: str | None = None
        """The id of the last block that carried one, up to the message given last."""
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._after_cr = False
        self._size = 0
        self._event = ""
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that `chunk` completes, one at a time; all must be taken.

        Raises:
            TooLong: An event exceeds `LONGEST_EVENT`.
        """
        text = self._decoder.decode(chunk)
        if not text:
            return
        if self._after_cr:
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r") if text else False
        *lines, self._rest = _LINE_END.split(self._rest + text)
        for line in lines:
            if line:
                self._field(line)
            elif (message := self._dispatch()) is not None:
                yield message
        if self._size + len(self._rest) > LONGEST_EVENT:
            raise TooLong

    def _field(self, line: str) -> None:
        self._size += len(line)
        if self._size > LONGEST_EVENT:
            raise TooLong
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._event = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) < 10:
                self.retry_ms = int(value)

    def _dispatch(self) -> Message | None:
        event, data, id = self._event, self._data, self._id
        self._event, self._data, self._id, self._size = "", [], None, 0
        if id is not None:
            self.last_id = id
        return Message(event or "message", "\n".join(data), id) if data else None
