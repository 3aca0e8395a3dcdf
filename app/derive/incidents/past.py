"""Incidents that are over: seen as `resolved` for a while, then history; in bounded numbers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.derive.incidents.case import Case
    from app.derive.timer import Timer
    from app.model import Incident
    from app.stream import Topic

RESOLVED_SECONDS = 600.0
"""So long what is over can still be seen, and comes back as the same incident."""

MOST_OVER = 2_000
"""Incidents that are over and remembered for that; the oldest make room."""

HISTORY = 1_000
"""Incidents in the history."""


class Past:
    """What is over; `gone` is called with each case that will not come back as the same."""

    def __init__(self, topic: Topic[Incident], timer: Timer, gone: Callable[[Case], None]) -> None:
        self._topic = topic
        self._timer = timer
        self._gone = gone
        self._over: dict[str, Case] = {}
        self.history: deque[Incident] = deque(maxlen=HISTORY)
        """What was resolved and is not on the board any more, the newest last."""

    def keep(self, case: Case, resolved: Incident | None) -> None:
        """A case is over; None: it never was an incident, and is remembered without being seen."""
        case.told = resolved
        if resolved is None:
            case.state = "hidden"
            self._topic.remove(case.key)
        else:
            case.state = "resolved"
            self._topic.upsert(case.key, resolved)
        self._over[case.key] = case
        name = ("incident", "over", case.key)
        self._timer.after(RESOLVED_SECONDS, name, lambda: self._forget(case))
        if len(self._over) > MOST_OVER:
            self._forget(next(iter(self._over.values())))

    def recall(self, case: Case) -> None:
        """A case comes back, if it was over at all."""
        self._timer.cancel(("incident", "over", case.key))
        self._over.pop(case.key, None)

    def _forget(self, case: Case) -> None:
        self.recall(case)
        self._gone(case)
        if case.told is not None:
            self.history.append(case.told)
            self._topic.remove(case.key)
