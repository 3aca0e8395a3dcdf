"""A ticker inside an event loop: every callback that holds the loop up delays it by as much.

What it finds is what a reader, a heartbeat or a health check would have had to wait.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

EVERY_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Stall:
    """Milliseconds: by the clock, and of them what this thread worked; the rest it had no core."""

    wall: float
    cpu: float


class Ticker:
    """The longest that the loop was late since somebody asked."""

    def __init__(self) -> None:
        self._due = self._worked = 0.0
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """Tick from now on, in the running loop."""
        self.forgive()
        self._next()

    def forgive(self) -> None:
        """What came since the last tick was the benchmark's own work, and the loop's no more."""
        self._due, self._worked = time.monotonic() + EVERY_SECONDS, time.thread_time()

    def taken(self) -> Stall:
        """The longest, and a new beginning."""
        # A tick that is due may stand in line behind this very call.
        self._look()
        worst = Stall(self._wall * 1000, self._cpu * 1000)
        self._wall = self._cpu = 0.0
        self.forgive()
        return worst

    def _next(self) -> None:
        asyncio.get_running_loop().call_later(EVERY_SECONDS, self._tick)

    def _tick(self) -> None:
        self._look()
        self.forgive()
        self._next()

    def _look(self) -> None:
        self._wall = max(self._wall, time.monotonic() - self._due)
        self._cpu = max(self._cpu, time.thread_time() - self._worked)
