"""The time of a replay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock

SLOWEST, FASTEST = 0.1, 1_000.0


class TapeTime:
    """A clock that shows when on the tape we are.

    It never runs ahead of what is still to be put on the board: however late a machine is, no
    source looks older than it was. When the tape has ended it goes on by itself, so that everything
    grows old as it should.

    Args:
        begun: What it shows at the beginning of the tape.
        clock: Real time.
        speed: How much faster than real time it runs at most.
    """

    def __init__(self, begun: datetime, clock: Clock, speed: float) -> None:
        self._begun = begun
        self._clock = clock
        self._speed = speed
        self._rounds = 0.0
        self._started = clock.monotonic()
        self._until = 0.0
        self._ended: float | None = None

    def start(self, at: float) -> None:
        """A round begins at so many seconds of the tape."""
        self._rounds += self.position - at
        self._until = at
        self._started = self._clock.monotonic() - at / self._speed

    def wait_for(self, at: float) -> float:
        """Up to there nothing comes any more; gives for how long to wait, in real seconds."""
        self._until = at
        return max(0.0, self._started + at / self._speed - self._clock.monotonic())

    def end(self) -> None:
        """Nothing comes any more at all: from here on it runs as real time does."""
        self._ended = self._clock.monotonic()

    @property
    def position(self) -> float:
        """Seconds of the tape."""
        if self._ended is not None:
            return self._until + self._clock.monotonic() - self._ended
        played = (self._clock.monotonic() - self._started) * self._speed
        return min(played, self._until)

    def now(self) -> datetime:
        """When what is on the board was recorded."""
        return self._begun + timedelta(seconds=self.position)

    def monotonic(self) -> float:
        """Seconds of the tape that were played, rounds before this one included."""
        return self._rounds + self.position
