"""The lines of a tape, out of gzip or plain text, however it ends."""

from __future__ import annotations

import zlib
from functools import partial
from typing import IO, TYPE_CHECKING

from app.tape.forms import LINE_LIMIT, TapeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GZIP = b"\x1f\x8b"
WINDOW = 31
"""For zlib: gzip with the largest window."""

CHUNK = 65_536
STEP = 4_096
"""Bytes that are unpacked at a time: what stands before a damage within them is not read."""


class Lines:
    """Iterates over `(number, line)`; lines that were not written to their end are left out.

    Raises while iterating:
        TapeError: The gzip data is damaged, or a line is too long.
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._whole = True
        self.count = 0
        """Whole lines of this reading, so far."""
        self.note: str | None = None
        """After the last line: how the tape ends, unless it ends well."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        self.count, self.note, self._whole = 0, None, True
        pending: list[bytes] = []
        size = 0
        with self._path.open("rb") as file:
            try:
                for piece in self._pieces(file):
                    pending.append(piece)
                    size += len(piece)
                    if b"\n" in piece:
                        *lines, rest = b"".join(pending).split(b"\n")
                        pending, size = [rest], len(rest)
                        for line in lines:
                            yield self._counted(line)
                    elif size > LINE_LIMIT:
                        self._counted(b"".join(pending))
            except zlib.error as error:
                where = "the gzip data is damaged, here or a little further on"
                raise TapeError(self.count + 1, where) from error
        if size:
            self.note = f"it breaks off in the middle of line {self.count + 1}"
        elif not self._whole:
            self.note = f"it breaks off after line {self.count}"

    def _counted(self, line: bytes) -> tuple[int, bytes]:
        self.count += 1
        if len(line) > LINE_LIMIT:
            raise TapeError(self.count, "it is longer than 1 MiB")
        return self.count, line

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        magic = file.read(len(GZIP))
        file.seek(0)
        chunks = iter(partial(file.read, CHUNK), b"")
        return self._unpacked(chunks) if magic == GZIP else chunks

    def _unpacked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Member after member, at most `STEP` bytes at a time whatever they were packed from."""
        unpacker = zlib.decompressobj(WINDOW)
        for chunk in chunks:
            todo = chunk
            while True:
                if unpacker.eof and todo:
                    unpacker = zlib.decompressobj(WINDOW)
                piece = unpacker.decompress(todo, STEP)
                yield piece
                todo = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                if not todo and (unpacker.eof or len(piece) < STEP):
                    break
        self._whole = unpacker.eof
