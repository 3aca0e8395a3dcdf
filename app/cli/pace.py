"""When to try again: as the server wants, later each time that it has not helped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FIRST_SECONDS = 3.0
"""Where the server has not said when to come back."""

LONGEST_SECONDS = 30.0
HEALTHY_SECONDS = 30.0
"""A connection that lasted so long ends the back-off."""


class Pace:
    """The pauses between attempts, half of each by chance: many readers lose a server at once."""

    def __init__(self, random: Random) -> None:
        self.first = FIRST_SECONDS
        """The pause after the first failure, at most; a server may set it."""
        self._random = random
        self._failures = 0

    def next(self, lasted: float) -> float:
        """The pause after a connection that lasted so many seconds."""
        self._failures = 0 if lasted >= HEALTHY_SECONDS else self._failures + 1
        doubled = self.first * 2.0 ** max(0, min(self._failures, 8) - 1)
        return min(doubled, LONGEST_SECONDS) * self._random.uniform(0.5, 1.0)
