"""Schedules that are not kept: again and again nobody starts what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.scenarios.calm import Calm
from app.demo.scenarios.objects import Rota

if TYPE_CHECKING:
    from app.demo.scenarios.stage import Stage

HANGS_AFTER_SECONDS = 20.0
HANGS = timedelta(minutes=4)
WORKS = timedelta(minutes=4)
"""Between two times that it hangs. Slots are wall time, and so is this, whatever the speed."""


class LateCron(Calm):
    """All is well but the controller of CronJobs, which hangs for half of the time."""

    rotas = (
        *Calm.rotas,
        # Late after a minute, missed after another, and started when the controller goes on.
        Rota("mail-digest", "*/2 * * * *", 20 * 60.0, 14.0),
        # Never late, because its deadline is over before; missed within a quarter of a minute.
        Rota("token-check", "* * * * *", 8 * 60.0, 5.0, deadline=10),
        # Waits by its own rule until the run before has ended, which is nobody's fault.
        Rota("index-refresh", "*/3 * * * *", 30 * 60.0, 230.0, spread=0.04),
    )

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        film = stage.film

        def hang() -> None:
            stage.cron.hang()
            film.on(film.now() + HANGS, "controller", go_on)

        def go_on() -> None:
            stage.cron.go_on()
            film.on(film.now() + WORKS, "controller", hang)

        film.at(HANGS_AFTER_SECONDS, "controller", hang)
