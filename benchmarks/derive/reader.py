"""Readers without sockets: they take the bytes of every frame at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.stream import Hub
    from app.stream.frame import Dialect, Frame

AUDIENCES = ("detail", "summary")
EACH = 5
"""Readers of each audience, of every topic that it may read."""


class Taker:
    """One reader's end of the wire."""

    def __init__(self) -> None:
        self.dialect: Dialect = "sse"
        self.stepped = True
        self.bytes = 0
        self.frames = 0

    def try_write(self, frame: Frame) -> int:
        """Take it."""
        self.frames += 1
        self.bytes += len(frame.sse)
        return len(frame.sse)

    async def write(self, frame: Frame) -> int:
        """Take it."""
        return self.try_write(frame)

    async def close(self, reason: str) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is open."""

    def progress(self) -> int:
        """Bytes so far."""
        return self.bytes


def attach(hub: Hub) -> list[Taker]:
    """All readers, each with everything that there is."""
    takers = []
    for audience in AUDIENCES:
        for _ in range(EACH):
            taker = Taker()
            hub.attach(
                topics=hub.readable(audience), namespaces=None, audience=audience, writer=taker
            )
            takers.append(taker)
    return takers
