"""A cluster with nothing in it but a node: for tests, which bring their own pods."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.api.kinds import NAMESPACES
from app.demo.controllers.kubelet.script import Script
from app.demo.scenarios.objects import namespace

if TYPE_CHECKING:
    from app.demo.api.kinds import Json
    from app.demo.scenarios.stage import Stage

SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
NODE = "node-0"


class Empty:
    """Containers run until they are stopped, unless their pods say otherwise."""

    rewind = timedelta(seconds=60)

    def __init__(self, *names: str) -> None:
        """With these namespaces beside those of the system."""
        self._names = names

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        """The part of a pod's container in its n-th run."""
        return Script(pull_seconds=0.05, stop_seconds=0.05)

    def past(self, stage: Stage) -> None:
        """Make the cluster as it is when the film starts."""

        def found() -> None:
            for name in (*SYSTEM, *self._names):
                stage.client.create(NAMESPACES, namespace(name))
            stage.kubelets.add(stage.new_node(NODE, 0, 1_000))

        stage.play_past([(60.0, "founder", found)])

    def begin(self, stage: Stage) -> None:
        """Nothing happens of itself."""
