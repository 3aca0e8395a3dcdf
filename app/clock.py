"""Time as an injected value: nothing below the composition root reads a clock of its own.

Two times exist and are never mixed. `now` is wall time, for what people read and for what is
compared with timestamps from elsewhere. `monotonic` measures durations: it never jumps when an
operator sets the machine's clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a room gets its time from."""

    def now(self) -> datetime:
        """Wall time as an aware UTC datetime."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Wall time as an aware UTC datetime."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start, unaffected by changes of the wall clock."""
        return time.monotonic()
