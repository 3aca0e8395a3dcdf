"""A namespace on a working day: within a minute one has seen most of what can happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.scenarios.acts import ERRANDS, Acts
from app.demo.scenarios.agents import ROTAS, Agents
from app.demo.scenarios.objects import Rota

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from app.demo.api.kinds import Json
    from app.demo.controllers.kubelet.script import Script
    from app.demo.scenarios.stage import Stage

SWEEP = Rota("queue-sweep", "* * * * *", 4 * 60.0, 9.0)
"""Fires within the first minute, whenever that is."""


class Busy(Agents):
    """Opens with one of each, then goes on by chance."""

    rotas = (*ROTAS, SWEEP)

    def errand(self, pod: Json, app: str, job: str) -> Script:
        """The Jobs that people start have parts of their own."""
        errand = ERRANDS.get(app)
        return super().errand(pod, app, job) if errand is None else errand.script

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        acts = Acts(stage)
        film = stage.film

        def once(seconds: float, subject: str, action: Callable[[Random], None]) -> None:
            film.at(seconds, subject, lambda: action(film.chance(subject)))

        once(4.0, "memory", acts.run_out_of_memory)
        once(6.0, "errands", lambda chance: acts.send("upgrade-linter"))
        once(12.0, "errands", lambda chance: acts.send("summarise-failures"))
        once(20.0, "people", acts.evict)
        once(28.0, "queue", acts.crash)
        once(36.0, "probes", acts.stumble)
        once(45.0, "memory", acts.keep_running_out)
        for subject, first, least, most, action in _rhythms(acts):
            _repeat(stage, subject, first, least, most, action)


def _rhythms(
    acts: Acts,
) -> tuple[tuple[str, float, float, float, Callable[[Random], None]], ...]:
    """Who acts, when first, and the least and the most between two times."""
    return (
        ("memory", 150.0, 60.0, 150.0, acts.run_out_of_memory),
        ("back-off", 260.0, 240.0, 420.0, acts.keep_running_out),
        ("queue", 110.0, 70.0, 160.0, acts.crash),
        ("people", 95.0, 50.0, 120.0, acts.evict),
        ("probes", 120.0, 60.0, 140.0, acts.stumble),
        ("good errands", 60.0, 25.0, 60.0, lambda chance: acts.send(_good(chance))),
        ("bad errands", 85.0, 80.0, 160.0, lambda chance: acts.send(_bad(chance))),
        (
            "impossible errands",
            180.0,
            300.0,
            480.0,
            lambda chance: acts.send_and_withdraw("evaluate-model", 75.0),
        ),
        (
            "releases",
            210.0,
            240.0,
            400.0,
            lambda chance: acts.roll_out(chance.choice(("gateway", "agent", "index"))),
        ),
    )


def _good(chance: Random) -> str:
    return chance.choice(("upgrade-linter", "fix-flaky-test"))


def _bad(chance: Random) -> str:
    return chance.choice(("summarise-failures", "import-tickets"))


def _repeat(
    stage: Stage,
    subject: str,
    first: float,
    least: float,
    most: float,
    action: Callable[[Random], None],
) -> None:
    film = stage.film

    def again() -> None:
        chance = film.chance(subject)
        film.at(chance.uniform(least, most), subject, again)
        action(chance)

    film.at(first, subject, again)
