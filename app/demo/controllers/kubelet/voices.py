"""Who writes a log: what coding agents and the things around them say while they work.

A voice speaks in sessions of a fixed length, each composed anew by chance, so that the line of any
moment is found without those before it. A run that has an end is one session, and its last lines
tell how it ended.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.controllers.kubelet.sessions import COMPOSERS, LENGTHS, last_words, service

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from app.demo.controllers.kubelet.container import Run

    Line = tuple[datetime, str]

HOUR_SECONDS = 3_600.0


class Voice:
    """The words of one run."""

    def __init__(self, run: Run, chance: Callable[[str], Random], speed: float) -> None:
        self._run = run
        self._chance = chance
        self._speed = speed
        script = run.script
        self._compose = COMPOSERS.get(script.voice, service)
        self._length = LENGTHS.get(script.voice, 60.0)
        self._only = script.lasts is not None and script.lasts < HOUR_SECONDS
        if script.lasts is not None and self._only:
            self._length = max(script.lasts, 0.001)

    def between(self, since: datetime, until: datetime, most: int) -> list[Line]:
        """The last lines after `since` (from the beginning: with it) up to `until`."""
        began = self._run.began
        first, last = self._number(since), self._number(until)
        found: list[Line] = []
        for number in range(last, first - 1, -1):
            lines = [
                line
                for line in self._session(number)
                if line[0] <= until and (line[0] > since or since == began == line[0])
            ]
            found[:0] = lines
            if len(found) >= most:
                break
        return found[-most:]

    def _number(self, moment: datetime) -> int:
        """Of the session in which something is said."""
        passed = (moment - self._run.began).total_seconds() * self._speed
        return 0 if self._only else max(0, int(passed / self._length))

    def _session(self, number: int) -> list[Line]:
        chance = self._chance(str(number))
        spoken = self._compose(chance, number, self._length, self._run.script.facts)
        begins = number * self._length
        lines = [
            (self._at(begins + offset), text) for offset, text in spoken if offset < self._length
        ]
        if self._only and self._run.script.exit_code:
            # It is not going to come to a good end, which is known from its beginning.
            lines = lines[: len(lines) * 3 // 5]
        ended = self._run.ended
        if ended is not None:
            lines = [line for line in lines if line[0] < ended]
            if number == self._number(ended):
                words = last_words(self._run.exit_code or 0, self._run.reason, self._run.message)
                # Not earlier: a follower has passed every moment before the end.
                lines += [(ended, text) for text in words]
        return lines

    def _at(self, seconds: float) -> datetime:
        return self._run.began + timedelta(seconds=seconds / self._speed)
