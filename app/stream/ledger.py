"""The one sequence of changes, and when what is gathered goes out.

A change that finds the stream idle goes out at once. Changes that come closer together than a tick
are gathered, so that readers get only the last value of each key.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.stream.statistics import Statistics


class Handle(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Forget it."""
        ...


def loop_later(delay: float, call: Callable[[], None]) -> Handle:
    """Call something after so many seconds of the running loop."""
    return asyncio.get_running_loop().call_later(delay, call)


class Journal(Protocol):
    """What a topic needs of its hub."""

    flushed: int
    """The seq up to which readers have been given the changes."""

    def advance(self) -> int:
        """Take the next seq."""
        ...

    def overtake(self) -> None:
        """Count a change that was replaced before anybody was given it."""
        ...

    def monotonic(self) -> float:
        """Seconds, for the age of tombstones."""
        ...

    def enter(self) -> None:
        """Begin a batch, or a deeper level of one."""
        ...

    def leave(self) -> None:
        """End a level; the outermost end publishes."""
        ...


class Ledger:
    """The seq, the depth of the present batch, and the time of the next flush.

    Args:
        clock: Its monotonic seconds.
        tick: Seconds between two flushes at least.
        later: Calls something after a delay in seconds.
        statistics: Counts changes, flushes and what was overtaken.
        publish: Gives readers everything up to `seq`.
        idle: Whether there is nobody to give it to; then nothing is gathered, and a hub can be
            filled before its loop runs.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        tick: float,
        later: Callable[[float, Callable[[], None]], Handle],
        statistics: Statistics,
        publish: Callable[[], None],
        idle: Callable[[], bool],
    ) -> None:
        self.seq = 0
        self.flushed = 0
        self._clock = clock
        self._tick = tick
        self._later = later
        self._statistics = statistics
        self._publish = publish
        self._idle = idle
        self._depth = 0
        self._next = float("-inf")
        """When the next flush may be."""
        self._timer: Handle | None = None

    @property
    def open(self) -> bool:
        """Whether a batch is."""
        return self._depth > 0

    @property
    def gathering(self) -> bool:
        """Whether there are changes that wait for the next flush."""
        return self.flushed != self.seq

    def advance(self) -> int:
        """Take the next seq."""
        self.seq += 1
        self._statistics.changes += 1
        return self.seq

    def overtake(self) -> None:
        """Count a change that a later one replaced before it was sent."""
        self._statistics.coalesced += 1

    def monotonic(self) -> float:
        """The clock's seconds."""
        return self._clock.monotonic()

    def enter(self) -> None:
        """Begin a batch, or a deeper level of one."""
        self._depth += 1

    def leave(self) -> None:
        """End a level; the outermost end sends at once when idle, else at the next tick."""
        self._depth -= 1
        if self._depth or not self.gathering or self._timer is not None:
            return
        wait = self._next - self.monotonic()
        if wait <= 0 or self._idle():
            self.flush()
        else:
            self._timer = self._later(wait, self._due)

    def flush(self) -> None:
        """Publish what is gathered, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.gathering:
            return
        self.flushed = self.seq
        self._next = self.monotonic() + self._tick
        self._statistics.flushes += 1
        self._publish()

    def _due(self) -> None:
        self._timer = None
        due = self._next
        self.flush()
        # Counted from when it was due: the lateness of timers does not add up, which would make
        # changes that come a tick apart wait longer and longer.
        self._next = due + self._tick
