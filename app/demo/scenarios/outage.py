"""A bad day: a node is lost, the API server goes and comes back, rights are taken away."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from app.demo.scenarios.acts import Acts
from app.demo.scenarios.agents import Agents

if TYPE_CHECKING:
    from app.demo.scenarios.stage import Stage

LOST = ("eu-agents-03", "eu-agents-01", "eu-agents-04", "eu-agents-02")
"""Each round another node: what ran on the last one is elsewhere now."""
TAKEN = ("cronjobs.batch", "jobs.batch")
ROUND_SECONDS = 300.0

AWAY, FORBIDDEN, RESTART = "refuse", "forbidden", "restart"


class Outage(Agents):
    """The same round of troubles, again and again."""

    stay = 30

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        acts = Acts(stage)
        film = stage.film
        lost, taken = cycle(LOST), cycle(TAKEN)

        def play() -> None:
            node, resource = next(lost), next(taken)
            film.at(5.0, "network", lambda: stage.kubelets.lose(node))
            film.at(20.0, "network", lambda: _switch(stage, AWAY, seconds=20.0))
            film.at(31.0, "people", lambda: acts.evict(film.chance("people")))
            film.at(150.0, "network", lambda: stage.kubelets.find(node))
            film.at(200.0, "network", lambda: _switch(stage, RESTART, seconds=3.0))
            # Whoever comes back after that has to list again, and so notices.
            film.at(
                201.0,
                "rights",
                lambda: _switch(stage, FORBIDDEN, resource=resource, seconds=30.0),
            )
            film.at(ROUND_SECONDS, "network", play)

        play()


def _switch(stage: Stage, name: str, *, seconds: float, resource: str | None = None) -> None:
    wishes: dict[str, object] = {"seconds": seconds / stage.film.speed}
    if resource is not None:
        wishes["resource"] = resource
    stage.switches.turn_on(name, wishes)
