"""Health over the last 24 hours, in steps of two minutes, each as bad as it was at its worst.

A step within which health was never known is absent: we did not run, or had not read everything
once. Steps follow the wall clock, so that they are the same for every process that keeps them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.model import HISTORY_STEPS, STEP_SECONDS, HealthHistory, HealthPoint, worse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.clock import Clock
    from app.derive.timer import Timer
    from app.model import Health


class History:
    """The worst word of each step; `keep(step, word)` is called when one becomes another.

    A step is the number of its beginning in steps since 1970.
    """

    def __init__(
        self, clock: Clock, timer: Timer, *, keep: Callable[[int, Health], None] | None = None
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._keep = keep
        self._steps: dict[int, Health] = {}
        self._word: Health | None = None
        timer.on_jump(self._look)

    def hear(self, word: Health) -> None:
        """This is health now, and until something else is said."""
        self._word = word
        self._look()

    def restore(self, steps: Mapping[int, Health]) -> None:
        """What an earlier process saw; of a step that both saw, the worse counts."""
        for step, word in steps.items():
            known = self._steps.get(step)
            self._steps[step] = word if known is None else worse(known, word)
        self._trim()

    def value(self) -> HealthHistory:
        """The history of the 24 hours that end now."""
        now = self._step()
        points = (
            HealthPoint(at=_moment(step), status=self._steps[step])
            for step in sorted(self._steps)
            if now - HISTORY_STEPS < step <= now
        )
        return HealthHistory(points=tuple(points))

    def _look(self) -> None:
        """Let the word count for the step of this moment, and again in the next one."""
        if self._word is None:
            return
        step = self._step()
        known = self._steps.get(step)
        word = self._word if known is None else worse(known, self._word)
        if word != known:
            self._steps[step] = word
            self._trim()
            if self._keep is not None:
                self._keep(step, word)
        self._timer.at(_moment(step + 1), ("history",), self._look)

    def _step(self) -> int:
        return int(self._clock.now().timestamp()) // STEP_SECONDS

    def _trim(self) -> None:
        """The oldest go, and apart from them what a clock left behind that was ahead for long."""
        if len(self._steps) > HISTORY_STEPS:
            now = self._step()
            past = sorted(step for step in self._steps if step <= now)
            ahead = sorted(step for step in self._steps if step > now)
            for step in (*past[:-HISTORY_STEPS], *ahead[HISTORY_STEPS:]):
                del self._steps[step]


def _moment(step: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=step * STEP_SECONDS)
