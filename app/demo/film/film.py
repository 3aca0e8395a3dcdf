"""An ordered queue of cues with its own clock.

A cue is played with the film's time set to the moment it was due, however late the machine is. The
order of cues is that of their due times, and of their making where those are equal. Chance comes
from the seed and from moments counted from the film's start. So the film depends on its seed alone,
and what is seen of it on its start too.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.clock import Clock

logger = structlog.get_logger("watchglass.demo.film")

SLICE_SECONDS = 0.02
"""So long the loop is held at most before requests from outside get their turn."""

LONGEST_SLEEP = 1.0
"""The wall clock may jump, so it is looked at again."""


class Cue:
    """Something that is going to happen; can be called off."""

    __slots__ = ("_due", "action", "number", "subject")

    def __init__(
        self, due: datetime, number: int, subject: str, action: Callable[[], None]
    ) -> None:
        self._due = due
        self.number = number
        self.subject = subject
        self.action: Callable[[], None] | None = action

    @property
    def due(self) -> datetime:
        """The film's time at which it is played."""
        return self._due

    @property
    def pending(self) -> bool:
        """Neither played nor called off."""
        return self.action is not None

    def cancel(self) -> None:
        """Call it off; harmless afterwards."""
        self.action = None

    def __lt__(self, other: Cue) -> bool:
        return (self._due, self.number) < (other._due, other.number)


class Film:
    """Where simulated time passes. It is a `Clock`: all of the cluster reads its time here."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 1,
        speed: float = 1.0,
        start: datetime | None = None,
        rewind: timedelta = timedelta(),
    ) -> None:
        """The film begins at `start`, or now; `rewind` before that there is room for a past.

        It begins with a whole second: Kubernetes' times have no parts of one, so what is reckoned
        from them would depend on the part in which the film began.

        While the past is made (see `play_until`) the film does not follow the clock.
        """
        self._clock = clock
        self._seed = seed
        self.speed = speed
        now = clock.now()
        self._pinned = start is not None
        self.start = (start or now).astimezone(UTC).replace(microsecond=0)
        self._offset = self.start - now if self._pinned else timedelta()
        self._position = self.start - rewind
        self.failed = 0
        self._running = False
        self._subject: str | None = None
        self._cues: list[Cue] = []
        self._numbers = itertools.count()
        self._parts: dict[str, Random] = {}
        self._turns: Counter[str | None] = Counter()
        self._turns_at = self._position
        self._wake = asyncio.Event()

    def now(self) -> datetime:
        """The due time of the cue being played; between cues the wall time of the film."""
        if self._subject is not None or not self._running:
            return self._position
        return max(self._position, self._wall())

    def settled(self) -> datetime:
        """What was before this moment stays so: nothing is going to happen but from it on.

        Of a film that runs late it is when the next cue was due. What is told of it is not taken
        back: should the clock be set back, the film's time is not.
        """
        while self._cues and not self._cues[0].pending:
            heapq.heappop(self._cues)
        now = self.now()
        found = min(now, self._cues[0].due) if self._cues else now
        self._position = max(self._position, found)
        return found

    def monotonic(self) -> float:
        """Seconds of the clock behind the film."""
        return self._clock.monotonic()

    @property
    def subject(self) -> str | None:
        """Whose cue is being played; None between cues."""
        return self._subject

    @property
    def begun(self) -> bool:
        """Whether the past is over."""
        return self._running

    def _wall(self) -> datetime:
        return self._clock.now() + self._offset

    def chance(self, part: str) -> Random:
        """The random numbers of a part of the script, which are kept as long as the film.

        One more part changes no other. Whatever comes and goes draws `here` or `once`.
        """
        found = self._parts.get(part)
        if found is None:
            found = self._parts[part] = self.once(part)
        return found

    def once(self, subject: str) -> Random:
        """As `chance`, for what happens a single time: always from the beginning."""
        return Random(f"{self._seed}/{subject}")  # noqa: S311

    def here(self) -> Random:
        """Random numbers for what is done now: by its subject, its moment, and its turn in it.

        Nothing is kept but the turns of the moment: subjects are as many as there ever were pods.
        """
        now = self.now()
        if now != self._turns_at:
            self._turns_at = now
            self._turns.clear()
        self._turns[self._subject] += 1
        return self.once(f"{self._subject} {now - self.start} {self._turns[self._subject]}")

    def at(self, seconds: float, subject: str, action: Callable[[], None]) -> Cue:
        """Play `action` after a scripted delay, which the film's speed divides."""
        return self.on(self.after(seconds), subject, action)

    def after(self, seconds: float) -> datetime:
        """The film's time after a scripted delay."""
        return self.now() + timedelta(seconds=seconds / self.speed)

    def on(self, due: datetime, subject: str, action: Callable[[], None]) -> Cue:
        """Play `action` at a wall time, or at once when that has passed."""
        cue = Cue(max(due, self.now()), next(self._numbers), subject, action)
        heapq.heappush(self._cues, cue)
        self._wake.set()
        return cue

    def every(self, seconds: float, subject: str, action: Callable[[], None]) -> None:
        """Play `action` again and again, for the first time after one period."""

        def again() -> None:
            self.at(seconds, subject, again)
            action()

        self.at(seconds, subject, again)

    @contextmanager
    def scene(self, subject: str) -> Iterator[None]:
        """What is done in here is done by the film, in the name of `subject`."""
        before, self._subject = self._subject, subject
        try:
            yield
        finally:
            self._subject = before

    def play_until(self, moment: datetime) -> None:
        """Play every cue that is due by `moment`, and let the film's time be `moment`."""
        while self._play_one(moment):
            pass
        self._position = max(self._position, moment)

    def begin(self) -> None:
        """From here on the film follows the clock; a given start is now."""
        if self._pinned and not self._running:
            self._offset = self.start - self._clock.now()
        self._running = True
        self._wake.set()

    def play_due(self, budget: float = float("inf")) -> bool:
        """Play what is due by now; False when `budget` seconds were over before the end."""
        ends = self._clock.monotonic() + budget
        moment = self._wall()
        while self._play_one(moment):
            if self._clock.monotonic() > ends:
                return False
        return True

    def _play_one(self, moment: datetime) -> bool:
        cues = self._cues
        while cues and (cues[0].action is None or cues[0].due <= moment):
            cue = heapq.heappop(cues)
            action, cue.action = cue.action, None
            if action is None:
                continue
            self._position = max(self._position, cue.due)
            with self.scene(cue.subject):
                try:
                    action()
                except Exception:
                    # One cue must not end the film.
                    self.failed += 1
                    logger.exception("cue_failed", subject=cue.subject)
            return True
        return False

    async def run(self) -> None:
        """Play the film by the clock until cancelled."""
        self.begin()
        while True:
            self._wake.clear()
            if not self.play_due(SLICE_SECONDS):
                await asyncio.sleep(0)
                continue
            wait = LONGEST_SLEEP
            if self._cues:
                wait = min(wait, (self._cues[0].due - self._wall()).total_seconds())
            # Not wait_for: in Python 3.11 it loses a cancellation that comes with the wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(max(wait, 0.0)):
                    await self._wake.wait()
