"""A bad day: a node is lost, rights are taken away, the API server goes and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.scenarios.acts import Acts
from app.demo.scenarios.agents import Agents

if TYPE_CHECKING:
    from app.demo.scenarios.stage import Stage

LOST = "eu-agents-03"
ROUND_SECONDS = 300.0

AWAY, FORBIDDEN, RESTART = "refuse", "forbidden", "restart"


class Outage(Agents):
    """The same round of troubles, again and again."""

    stay = 30

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        acts = Acts(stage)
        film = stage.film

        def play() -> None:
            film.at(5.0, "network", lambda: stage.kubelets.lose(LOST))
            film.at(20.0, "network", lambda: _switch(stage, AWAY, seconds=20.0))
            film.at(28.0, "memory", lambda: acts.run_out_of_memory(film.chance("memory")))
            film.at(31.0, "people", lambda: acts.evict(film.chance("people")))
            film.at(
                75.0,
                "rights",
                lambda: _switch(stage, FORBIDDEN, resource="cronjobs.batch", seconds=45.0),
            )
            film.at(150.0, "network", lambda: stage.kubelets.find(LOST))
            film.at(200.0, "network", lambda: _switch(stage, RESTART, seconds=3.0))
            film.at(240.0, "queue", lambda: acts.crash(film.chance("queue")))
            film.at(ROUND_SECONDS, "network", play)

        play()


def _switch(stage: Stage, name: str, *, seconds: float, resource: str | None = None) -> None:
    wishes: dict[str, object] = {"seconds": seconds / stage.film.speed}
    if resource is not None:
        wishes["resource"] = resource
    stage.switches.turn_on(name, wishes)
