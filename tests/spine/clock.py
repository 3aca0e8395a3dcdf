"""The machine's clock, which a test can put forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.clock import SystemClock


class ForwardClock(SystemClock):
    """Goes as the machine's does, and is ahead of it by what was skipped."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def skip(self, seconds: float) -> None:
        """Let so much time have passed."""
        self._ahead += seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead
