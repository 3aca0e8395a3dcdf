"""Write a tape so that what was written can be read, whenever the writing is stopped."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Protocol

from app.model import encode
from app.tape.forms import LINE_LIMIT, TapeError
from app.tape.lines import WINDOW

if TYPE_CHECKING:
    from app.tape.forms import Header

LEVEL = 6


class File(Protocol):
    """A file that does not buffer."""

    def write(self, data: memoryview, /) -> int:
        """Take as much as it can; gives how many bytes that were."""
        ...


class Writer:
    """Packs lines into a file; holds one line and what zlib needs.

    What was written before the last `flush` is in the file, at a byte that gzip can be read up to.
    Every method but the constructor may raise OSError.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW)
        self._lines = 0
        self._behind = False
        self.messages = 0
        """Lines after the first one."""
        self.size = 0
        """Bytes in the file."""

    def begin(self, header: Header) -> None:
        """Write the first line."""
        self._line(encode(header))

    def write(self, at_ms: int, event: str, data: object, id: str | None = None) -> None:
        """Write one message.

        Raises:
            TapeError: It is larger than a line may be.
        """
        told: dict[str, object] = {"t": at_ms, "event": event}
        if id is not None:
            told["id"] = id
        told["data"] = data
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        # Half a surrogate pair has no UTF-8, and this way of writing it is JSON's own.
        self._line(text.encode(errors="backslashreplace"))
        self.messages += 1

    def flush(self) -> None:
        """Let everything be in the file that was written."""
        if self._behind:
            self._put(self._packer.flush(zlib.Z_SYNC_FLUSH))
            self._behind = False

    def close(self) -> None:
        """Write the end; the file stays open."""
        self._put(self._packer.flush(zlib.Z_FINISH))

    def _line(self, line: bytes) -> None:
        self._lines += 1
        if len(line) > LINE_LIMIT:
            raise TapeError(self._lines, "a message is longer than 1 MiB")
        self._behind = True
        self._put(self._packer.compress(line + b"\n"))

    def _put(self, packed: bytes) -> None:
        rest = memoryview(packed)
        while rest:
            written = self._file.write(rest)
            self.size += written
            rest = rest[written:]
