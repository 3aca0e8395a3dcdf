"""What a scenario works with: a cluster whose past it makes and to which things happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from app.demo.api.kinds import DEPLOYMENTS, PODS, REPLICA_SETS
from app.demo.controllers.reading import active, holds, key_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from app.demo.api.client import Client
    from app.demo.api.kinds import Json
    from app.demo.controllers.cronjob import CronJobController
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.kubelet.kubelets import Kubelets
    from app.demo.controllers.kubelet.node import Node
    from app.demo.controllers.kubelet.script import Script
    from app.demo.film.film import Film

Act = tuple[float, str, "Callable[[], None]"]
"""Seconds before the film's start, who acts, and what is done."""


class Switches(Protocol):
    """The fault switches, as far as a film turns them."""

    def turn_on(self, name: str, wishes: dict[str, object]) -> object:
        """Something goes wrong, with these parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """The cluster, and the hands of somebody who may do everything in it."""

    film: Film
    client: Client
    informer: Informer
    kubelets: Kubelets
    switches: Switches
    cron: CronJobController
    new_node: Callable[[str, int, int], Node]
    """Name, number, and how many pods it takes."""

    def play_past(self, acts: list[Act]) -> None:
        """Do what has been done before the film's start, in order, each at its time."""
        for age, subject, action in sorted(acts, key=lambda act: -act[0]):
            self.film.play_until(self.film.start - timedelta(seconds=age))
            with self.film.scene(subject):
                action()
        self.film.play_until(self.film.start)

    def pods(self, namespace: str, **labels: str) -> list[Json]:
        """Pods that are alive, by their labels, in the order of their names."""
        found = [
            pod
            for pod in self.informer.within(PODS, namespace)
            if active(pod) and labels.items() <= (pod["metadata"].get("labels") or {}).items()
        ]
        return sorted(found, key=key_of)

    def crew(self, namespace: str, deployment: str) -> list[Json]:
        """The pods of a Deployment that are ready, found without looking at all others."""
        owner = self.informer.get(DEPLOYMENTS, (namespace, deployment))
        sets = [] if owner is None else self.informer.controlled(REPLICA_SETS, uid_of(owner))
        found = [
            pod
            for one in sets
            for pod in self.informer.controlled(PODS, uid_of(one))
            if active(pod) and holds(pod, "Ready")
        ]
        return sorted(found, key=key_of)

    def some_pod(self, chance: Random, namespace: str, **labels: str) -> Json | None:
        """One that is ready, by chance; None when there is none."""
        ready = [pod for pod in self.pods(namespace, **labels) if holds(pod, "Ready")]
        return chance.choice(ready) if ready else None


class Scenario(Protocol):
    """One script."""

    @property
    def rewind(self) -> timedelta:
        """How long a past the film has."""
        ...

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        """The part of a pod's container in its n-th run."""
        ...

    def past(self, stage: Stage) -> None:
        """Make the cluster as it is when the film starts."""
        ...

    def begin(self, stage: Stage) -> None:
        """Set what is going to happen."""
        ...
