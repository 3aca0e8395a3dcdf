"""What a kubelet says about one pod: its status and its Events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import PODS, Json
from app.demo.controllers.kubelet.annotations import Annotations
from app.demo.controllers.kubelet.container import Container
from app.demo.controllers.kubelet.status import pod_status
from app.demo.controllers.reading import difference, key_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.controllers.kubelet.node import Node
    from app.demo.film.film import Cue

CREATING, INITIALIZING = "ContainerCreating", "PodInitializing"


class PodReport:
    """A pod, the states of its containers, and how they are told."""

    def __init__(self, node: Node, pod: Json) -> None:
        self.node = node
        self.key = key_of(pod)
        self.uid = uid_of(pod)
        self.pod = pod
        self.film = node.film
        self.chance = self.film.once(f"pod {'/'.join(self.key)}")
        self.sandbox = False
        self.stopped = False
        self.closed = False
        self._subject = f"kubelet {'/'.join(self.key)}"
        self._began = self.film.now()
        self._cues: dict[str, Cue] = {}
        spec = pod["spec"]
        first = INITIALIZING if spec.get("initContainers") else CREATING
        policy = spec.get("restartPolicy") or "Always"
        self.init = [
            Container(one, self.uid, True, one.get("restartPolicy") or policy, first)
            for one in spec.get("initContainers") or ()
        ]
        self.main = [Container(one, self.uid, False, policy, first) for one in spec["containers"]]
        third, fourth = self.chance.randrange(4, 250), self.chance.randrange(2, 254)
        self._address = f"10.244.{third}.{fourth}"

    @property
    def containers(self) -> list[Container]:
        """All of the pod, those that prepare it first."""
        return [*self.init, *self.main]

    def container(self, name: str) -> Container | None:
        """One by its name."""
        return next((one for one in self.containers if one.name == name), None)

    def report(self) -> None:
        """Write the pod's status where it differs from what is known of it."""
        if self.closed or self.node.lost or self._hands_off:
            return
        status = pod_status(
            self.pod,
            self.init,
            self.main,
            self.film.now(),
            began=self._began,
            sandbox=self.sandbox and not self.stopped,
            addresses=(self.node.address, self._address),
            stopped=self.stopped,
        )
        before = self.pod.get("status") or {}
        # What others have said (such as the quality of service) stays.
        change = difference({key: before[key] for key in before if key in status}, status)
        if change:
            patch = {"metadata": {"uid": self.uid}, "status": change}
            self.node.client.patch_status(PODS, *self.key, patch)

    def tell(self, reason: str, message: str, about: Container | None = None) -> None:
        """An Event about the pod or one of its containers."""
        if not self.node.lost:
            self.node.recorder.normal(self.pod, reason, message, self._field(about))

    def warn(self, reason: str, message: str, about: Container | None = None) -> None:
        """The same, for what is not as it should be."""
        if not self.node.lost:
            self.node.recorder.warning(self.pod, reason, message, self._field(about))

    @staticmethod
    def _field(about: Container | None) -> str:
        if about is None:
            return ""
        return f"spec.{'initContainers' if about.init else 'containers'}{{{about.name}}}"

    @property
    def _hands_off(self) -> bool:
        return Annotations.of(self.pod).says("hands-off", "true")

    def later(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a scripted delay; what had the same name before is called off."""
        known = self._cues.get(name)
        if known is not None:
            known.cancel()
        self._cues[name] = self.film.at(seconds, self._subject, action)

    def call_off(self) -> None:
        """Nothing that was to come comes."""
        for cue in self._cues.values():
            cue.cancel()
        self._cues.clear()

    def call_off_of(self, one: Container, *names: str) -> None:
        """The same, for some of what was to come for one container."""
        for name in names:
            cue = self._cues.pop(f"{name} {one.name}", None)
            if cue is not None:
                cue.cancel()
