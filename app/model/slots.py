"""The slots of one CronJob as time passes: each is sought once, however often somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.model.due import due_between, next_due, previous_due
from app.model.schedule import EverySchedule

if TYPE_CHECKING:
    from datetime import datetime

    from app.model.schedule import Schedule

MANY = 100
"""Nobody counts further: of so many the controller starts the latest one only, and warns."""

_KEPT = 3

_STEPS = 3
"""Slots that may pass between two looks; after a longer pause they are sought afresh."""

_INSTANT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """The latest three slots after the anchor up to a moment, in order, and the next one."""

    passed: tuple[datetime, ...]
    coming: datetime | None


class Slots:
    """A schedule, and what was found of it; what it answers depends on the arguments alone."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._passed: tuple[datetime, ...] = ()
        self._coming: datetime | None = None
        self._anchor: datetime | None = None
        self._looked: datetime | None = None
        self._counted: tuple[datetime, datetime, int] | None = None
        self._fits: tuple[datetime, bool] | None = None

    def look(self, anchor: datetime, now: datetime) -> Look:
        """What is due at `now`, counted from `anchor`: the last run, or the creation."""
        if not self._follows(anchor, now) or not self._pass(now):
            self._passed = tuple(due_between(self.schedule, anchor, now, _KEPT))
            self._coming = next_due(self.schedule, self._passed[-1] if self._passed else anchor)
        self._anchor, self._looked = anchor, now
        return Look(tuple(slot for slot in self._passed if slot > anchor), self._coming)

    def earlier(self, floor: datetime, slot: datetime) -> int:
        """How many slots lie between the two, at most one more than `MANY`."""
        known = self._counted
        if known is None or known[:2] != (floor, slot):
            steps = zip(self._passed, self._passed[1:], strict=False)
            if known is not None and known[0] == floor and (known[1], slot) in steps:
                count = min(known[2] + 1, MANY + 1)
            else:
                found = due_between(self.schedule, floor, slot - _INSTANT, MANY + 1)
                count = len(found)
            known = self._counted = (floor, slot, count)
        return known[2]

    def fits(self, moment: datetime) -> bool:
        """Whether the moment is a slot; with a fixed delay any moment can be one."""
        if isinstance(self.schedule, EverySchedule):
            return True
        if self._fits is None or self._fits[0] != moment:
            found = previous_due(self.schedule, moment, not_before=moment - _INSTANT)
            self._fits = (moment, found is not None)
        return self._fits[1]

    def _follows(self, anchor: datetime, now: datetime) -> bool:
        """Whether what was found last still holds, but for slots that have come since."""
        if self._anchor is None or self._looked is None or now < self._looked:
            return False
        if isinstance(self.schedule, EverySchedule):
            return anchor == self._anchor
        return self._anchor <= anchor and (self._coming is None or anchor < self._coming)

    def _pass(self, now: datetime) -> bool:
        """Take in the slots that have come; False when they are too many."""
        for _ in range(_STEPS):
            if self._coming is None or self._coming > now:
                return True
            self._passed = (*self._passed[1 - _KEPT :], self._coming)
            self._coming = next_due(self.schedule, self._coming)
        return self._coming is None or self._coming > now
