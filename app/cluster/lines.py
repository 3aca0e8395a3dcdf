"""Lines out of chunks, with a bound on how long one may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cluster.faults import Truncated
from app.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes: ten times etcd's default limit for one object (1.5 MiB)."""


class LineSplitter:
    """Feed it chunks as they arrive; it gives each complete line once, without its end."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that `chunk` completes; empty ones are left out.

        Raises:
            Unusable: A line is longer than the limit.
        """
        searched = len(self._rest)
        self._rest += chunk
        start = 0
        while (end := self._rest.find(b"\n", max(start, searched))) >= 0:
            line = bytes(self._rest[start:end])
            start = end + 1
            self._check(len(line))
            if line.strip():
                yield line
        del self._rest[:start]
        self._check(len(self._rest))

    def end(self) -> None:
        """The stream is over.

        Raises:
            Truncated: In the middle of a line.
        """
        if self._rest.strip():
            raise Truncated("The watch ended in the middle of an event.")

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise Unusable(f"A line of the watch has more than {self._limit:,} bytes.")
