"""How long to wait after a failure: client-go's numbers for reflectors (tools/cache)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from app.clock import Clock

FIRST_SECONDS = 0.8
LONGEST_SECONDS = 30.0
HEALTHY_SECONDS = 120.0


class Backoff:
    """Doubles from 0.8 s to 30 s with up to +100 % jitter; starts over after 2 quiet minutes."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._next = FIRST_SECONDS
        self._used_at = float("-inf")

    def delay(self) -> float:
        """Seconds to wait now."""
        now = self._clock.monotonic()
        if now - self._used_at >= HEALTHY_SECONDS:
            self._next = FIRST_SECONDS
        seconds = self._next * (1 + self._random.random())
        self._next = min(self._next * 2, LONGEST_SECONDS)
        # The wait itself is not health: the quiet minutes count from its end.
        self._used_at = now + seconds
        return seconds
