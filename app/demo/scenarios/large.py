"""Many pods and no rest: what a page and its server have to keep up with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import PODS
from app.demo.controllers.reading import key_of, uid_of
from app.demo.options import NAMESPACE
from app.demo.scenarios.agents import ROTAS, Agents
from app.demo.scenarios.objects import HOUR, Fleet

if TYPE_CHECKING:
    from random import Random

    from app.demo.scenarios.stage import Stage

PODS_UNLESS_SAID = 500
FLEET = 25
"""Pods of one Deployment, at least; there are at most 100 Deployments."""
PODS_PER_NODE = 100
CHURN_SECONDS = 1.0
CHANGES = 500
"""One thing happens in each period for so many pods."""
MOST_AT_ONCE = 10


class Large(Agents):
    """Fleets of workers, and something that happens each second."""

    def __init__(self, pods: int | None) -> None:
        super().__init__()
        self._pods = PODS_UNLESS_SAID if pods is None else pods
        count = max(1, min(100, -(-self._pods // FLEET)))
        share, rest = divmod(self._pods, count)
        self.fleets = tuple(
            Fleet(
                f"fleet-{at:02}",
                share + (at < rest),
                3 * HOUR - at,
                "worker:7.4.1",
                "512Mi",
                ("worker",),
            )
            for at in range(count)
        )
        self.rotas = ROTAS
        self.nodes = tuple(f"eu-fleet-{at:03}" for at in range(-(-self._pods // PODS_PER_NODE) + 1))

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        film = stage.film
        at_once = max(1, min(MOST_AT_ONCE, self._pods // CHANGES))

        def change() -> None:
            chance = film.chance("churn")
            for _ in range(at_once):
                self._change(stage, chance)

        film.every(CHURN_SECONDS, "churn", change)

    def _change(self, stage: Stage, chance: Random) -> None:
        fleet = chance.choice(self.fleets)
        crew = stage.crew(NAMESPACE, fleet.name)
        if not crew:
            return
        pod = chance.choice(crew)
        worker = stage.kubelets.worker(key_of(pod))
        if worker is None:
            return
        what = chance.random()
        if what < 0.4:
            stage.client.delete(PODS, *key_of(pod), uid=uid_of(pod))
        elif what < 0.7:
            worker.end("worker", 1, "Error")
        else:
            worker.set_ready("worker", False, "HTTP probe failed with statuscode: 503")
            stage.film.at(5.0, "churn", lambda: worker.set_ready("worker", True))
