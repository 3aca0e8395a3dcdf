"""The logs of containers: nothing is kept, each line follows from its run and its number."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.controllers.kubelet.voices import Voice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from app.demo.controllers.kubelet.container import Run
    from app.demo.controllers.kubelet.kubelets import Kubelets
    from app.demo.controllers.kubelet.voices import Line
    from app.demo.film.film import Film

KEPT = 2_000
"""Lines of one run; a real kubelet rotates by size."""
LOOK_SECONDS = 0.25
"""So often a follower looks whether there is more."""


class Logs:
    """What the API server asks when somebody reads a log."""

    def __init__(self, film: Film, kubelets: Kubelets) -> None:
        self._film = film
        self._kubelets = kubelets

    def lines(self, namespace: str, pod: str, container: str, previous: bool) -> list[Line] | None:
        """All lines kept, oldest first; None when there was no such run."""
        run = self._kubelets.run_of((namespace, pod), container, previous=previous)
        return None if run is None else self.lines_of(run, previous=previous)

    def lines_of(self, run: Run, *, previous: bool = False) -> list[Line]:
        """The lines kept of one run, be its pod there or not."""
        text = run.script.log
        if previous and run.script.previous_log is not None:
            text = run.script.previous_log
        if text is not None:
            return [
                (run.began + timedelta(milliseconds=at), line)
                for at, line in enumerate(text.splitlines())
            ]
        return self._voice(run).between(run.began, self._end(run), KEPT)

    def follow(self, namespace: str, pod: str, container: str) -> AsyncIterator[Line]:
        """The lines from now on, until the container ends."""
        run = self._kubelets.run_of((namespace, pod), container, previous=False)
        if run is None or run.ended is not None:
            return self._nothing()
        return self._follow(run, self._end(run))

    async def _nothing(self) -> AsyncIterator[Line]:
        return
        yield

    async def _follow(self, run: Run, since: datetime) -> AsyncIterator[Line]:
        number = 0
        while True:
            over, until = run.ended is not None, self._end(run)
            if run.script.log is None:
                for line in self._voice(run).between(since, until, KEPT):
                    yield line
            elif run.script.log_every is not None and number and not over:
                yield until, f"line {number}"
            if over:
                return
            since, number = until, number + 1
            pause = run.script.log_every if run.script.log is not None else None
            await asyncio.sleep(LOOK_SECONDS if pause is None else pause / self._film.speed)

    def _end(self, run: Run) -> datetime:
        """Up to where the log is written; what comes later is later."""
        return self._film.settled() - timedelta.resolution if run.ended is None else run.ended

    def _voice(self, run: Run) -> Voice:
        """The same run always has the same words, whenever it was."""
        subject = f"log of {run.subject} {run.attempt}"
        return Voice(run, lambda part: self._film.once(f"{subject} {part}"), self._film.speed)
