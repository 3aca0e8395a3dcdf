"""Clocks that tests move."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Stands still until `advance` is called."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0

    def advance(self, seconds: float) -> None:
        """Move both times forward by `seconds`."""
        self._elapsed += seconds

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed


class LoopClock:
    """Follows the running event loop's time, so that looptime moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._origin: float | None = None

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        time = asyncio.get_running_loop().time()
        if self._origin is None:
            self._origin = time
        return time - self._origin
