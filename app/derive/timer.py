"""What is to be done later: by wall time, by monotonic time, and when the wall clock jumps.

Rules compare with timestamps of the cluster (wall time) or measure how long something lasts
(monotonic time); both need to look again at a moment that no change of an object announces.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime
    from typing import TypeAlias

    from app.clock import Clock

    Heap: TypeAlias = list[tuple[float, int, "Alarm"]]

TICK_SECONDS = 1.0
"""How late an action may be; every number of the rules is several times as large."""

SLICE_SECONDS = 0.005
"""How long actions may hold the loop; when many are due at once, others get their turn between."""

PAUSE_SECONDS = 0.01
"""That turn. What many actions change is told to readers together, and that takes time as well."""

JUMP_SECONDS = 5.0
"""A wall clock that moved this much more or less than the monotonic one has been set."""


@dataclass(slots=True)
class Alarm:
    """One action; a cancelled one stays in its heap until its time.

    A heap orders alarms by time and number: tuples, which are compared without a call.
    """

    name: Hashable
    action: Callable[[], None] | None


class Timer:
    """Actions by name: a new one takes the place of the old one of the same name.

    Actions are called synchronously by `advance`, in the order of their times; one that is due
    because of another is called in the same `advance`. They must not raise.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._wall: Heap = []
        self._spans: Heap = []
        self._alarms: dict[Hashable, Alarm] = {}
        self._jumped: list[Callable[[], None]] = []
        self._offset = self._measure()

    def at(self, moment: datetime, name: Hashable, action: Callable[[], None]) -> None:
        """Call `action` when the wall clock shows `moment`; at the next look if it has."""
        self._set(self._wall, moment.timestamp(), name, action)

    def after(self, seconds: float, name: Hashable, action: Callable[[], None]) -> None:
        """Call `action` when `seconds` have passed, whatever the wall clock does."""
        self._set(self._spans, self._clock.monotonic() + seconds, name, action)

    def soon(self, name: Hashable, action: Callable[[], None]) -> None:
        """Call `action` at the next look, before all that is due then."""
        self._set(self._spans, float("-inf"), name, action)

    def cancel(self, name: Hashable) -> None:
        """Forget the action of this name, if there is one."""
        if (alarm := self._alarms.pop(name, None)) is not None:
            alarm.action = None

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time the wall clock was set, before anything that is due."""
        self._jumped.append(listener)

    def __len__(self) -> int:
        return len(self._alarms)

    def advance(self, *, within: float | None = None) -> bool:
        """Do what is due at this moment; True when `within` seconds were too few for all of it."""
        offset = self._measure()
        if abs(offset - self._offset) > JUMP_SECONDS:
            for listener in self._jumped:
                listener()
        # A clock that is slewed moves slowly and never far: each look forgives what it saw.
        self._offset = offset
        wall, monotonic = self._clock.now().timestamp(), self._clock.monotonic()
        while True:
            if self._spans and self._spans[0][0] <= monotonic:
                _, _, alarm = heapq.heappop(self._spans)
            elif self._wall and self._wall[0][0] <= wall:
                _, _, alarm = heapq.heappop(self._wall)
            else:
                return False
            if alarm.action is not None:
                del self._alarms[alarm.name]
                alarm.action()
            if within is not None and self._clock.monotonic() - monotonic > within:
                return True

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        more = False
        while True:
            await anyio.sleep(PAUSE_SECONDS if more else TICK_SECONDS)
            more = self.advance(within=SLICE_SECONDS)

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _set(self, heap: Heap, due: float, name: Hashable, action: Callable[[], None]) -> None:
        self.cancel(name)
        alarm = self._alarms[name] = Alarm(name, action)
        heapq.heappush(heap, (due, next(self._numbers), alarm))
        # Names that are set again and again before they are due leave dead alarms behind.
        if len(heap) > 2 * len(self._alarms) + 64:
            heap[:] = [entry for entry in heap if entry[2].action is not None]
            heapq.heapify(heap)
