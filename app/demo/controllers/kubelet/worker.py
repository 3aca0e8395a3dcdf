"""One pod on its node, from its arrival to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import PODS, Json
from app.demo.controllers.kubelet.annotations import Annotations
from app.demo.controllers.kubelet.container import CRASH_LOOP, KILLED, TERMINATED, Container
from app.demo.controllers.kubelet.images import pull
from app.demo.controllers.kubelet.report import PodReport
from app.demo.controllers.kubelet.script import annotated
from app.demo.controllers.reading import deleting, ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.controllers.kubelet.node import Node

NOTICE_SECONDS = 0.9
"""From the end of a container to the kubelet's next look at the pod."""
REACTION_SECONDS = 0.02
"""From a change of the pod to what the kubelet does about it."""


class PodWorker(PodReport):
    """Plays the scripts of a pod's containers and reports their states."""

    def __init__(self, node: Node, pod: Json) -> None:
        super().__init__(node, pod)
        self._stopping = False

    # ---- the outside of it

    def begin(self) -> None:
        """Take the pod over from whoever bound it."""
        if ended(self.pod):
            return
        self.later("sandbox", self.chance.uniform(0.5, 1.1), self._set_up)
        if self.film.begun:
            self.report()  # of the past only what has become of it is told

    def update(self, pod: Json) -> None:
        """The pod was changed; what follows from it is done by the film, not by who changed it."""
        before, self.pod = self.pod, pod
        if deleting(pod) and not self._stopping:
            self.later("stop", REACTION_SECONDS, self.stop)
        elif pod["metadata"].get("annotations") != before["metadata"].get("annotations"):
            self.later("heed", REACTION_SECONDS, self._heed)

    def close(self) -> None:
        """The pod is gone: nothing of it happens any more."""
        self.closed = True
        self.call_off()
        now = self.film.now()
        for one in self.containers:
            if one.run is not None and one.run.ended is None:
                one.run.ended, one.run.exit_code = now, KILLED

    def end(self, name: str, code: int, reason: str = "", message: str = "") -> None:
        """Something in the world ends a container's process now; harmless when it does not run."""
        found = self.container(name)
        if found is not None and found.running:
            self._end(found, code, reason, message)

    def set_ready(self, name: str, ready: bool, why: str = "") -> None:
        """A readiness probe sees something else from now on."""
        found = self.container(name)
        if found is None or not found.running or found.ready == ready:
            return
        if why:
            self.warn("Unhealthy", f"Readiness probe failed: {why}", found)
        found.ready = ready
        self.report()

    # ---- starting

    def _set_up(self) -> None:
        if self._stopping or Annotations.of(self.pod).says("start", "never"):
            return
        self.sandbox = True
        self._advance()

    def _advance(self) -> None:
        """Start whatever is to run next."""
        for one in self.init:
            if one.run is None:
                self._prepare(one)
                return
            if not one.succeeded and not (one.sidecar and one.started):
                return
        fresh = [one for one in self.main if one.run is None]
        for at, one in enumerate(fresh):
            self.later(f"prepare {one.name}", 0.05 * at, lambda one=one: self._prepare(one))  # type: ignore[misc]

    def _prepare(self, one: Container) -> None:
        """Get the image, then start."""
        if self._stopping:
            return
        one.script = annotated(self.pod, one.spec, init=one.init) or self.node.cast(
            self.pod, one.name, one.attempt if one.run is None else one.attempt + 1
        )
        if one.script.waits is not None:
            self._never(one, *one.script.waits)
            return
        pull(self, one, self.chance, lambda: self._start(one))

    def _never(self, one: Container, reason: str, message: str) -> None:
        if reason == CRASH_LOOP or one.script.restarts:
            one.restarts = one.script.restarts
            one.end(self.film.now(), one.script.exit_code or 1, one.script.reason, "")
        one.wait(reason, message)
        self.report()

    def _start(self, one: Container) -> None:
        if self._stopping:
            return
        if one.run is None:
            one.restarts += one.script.restarts
        self.tell("Created", "Container created", one)
        one.start(f"{'/'.join(self.key)}/{one.name}", self.film.now())
        self.tell("Started", "Container started", one)
        script = one.script
        if script.ready and script.ready_after <= 0:
            one.ready = True
        elif script.ready:
            self.later(
                f"ready {one.name}", script.ready_after, lambda: self.set_ready(one.name, True)
            )
        if script.lasts is not None:
            told = (script.exit_code, script.reason, script.message)
            self.later(f"end {one.name}", script.lasts, lambda: self._end(one, *told))
        if self.film.begun or one.ready:
            self.report()
        if one.sidecar:
            self._advance()

    def _heed(self) -> None:
        """Somebody rewrote the pod's own script while it runs."""
        for one in self.containers:
            script = annotated(self.pod, one.spec, init=one.init)
            if script is not None and one.running:
                one.script = script
                one.ready = script.ready
        self.report()

    # ---- ending

    def _end(self, one: Container, code: int, reason: str, message: str) -> None:
        self.call_off_of(one, "ready", "end", "kill")
        now = self.film.now()
        ran = 0.0 if one.run is None else (now - one.run.began).total_seconds()
        one.end(now, code, reason, message)
        if self._stopping:
            self._finish_stop()
            return
        self.report()
        if one.again():
            pause = one.next_back_off(ran * self.film.speed)
            self.later(f"again {one.name}", NOTICE_SECONDS, lambda: self._again(one, pause))
        elif one.init and not one.sidecar and one.succeeded:
            self._advance()
        elif all(other.done for other in self.main):
            # The pod is over: sidecars have nobody left to serve.
            for sidecar in self.init:
                if sidecar.running:
                    sidecar.policy = "Never"
                    self._end(sidecar, 0, "", "")

    def _again(self, one: Container, pause: float) -> None:
        if self._stopping:
            return
        left = pause - NOTICE_SECONDS
        if left <= 0:
            self._prepare(one)
            return
        pod = f"{self.key[1]}_{self.key[0]}({self.uid})"
        text = f"restarting failed container {one.name} in pod {pod}"
        self.warn("BackOff", f"Back-off {text}", one)
        shown = _duration(pause)
        one.wait(CRASH_LOOP, f"back-off {shown} restarting failed container={one.name} pod={pod}")
        self.report()
        self.later(f"again {one.name}", left, lambda: self._prepare(one))

    def stop(self) -> None:
        """The pod was asked to go: its containers get as long as it allows."""
        if self._stopping:
            return
        self._stopping = True
        self.call_off()
        if ended(self.pod) or not any(one.running for one in self.containers):
            self._finish_stop()
            return
        grace = float(self.pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        for one in self.containers:
            if one.running:
                self.tell("Killing", f"Stopping container {one.name}", one)
                seconds = min(one.script.stop_seconds, grace)
                # What is made to run on listens to SIGTERM; what has work to do dies of it.
                code = 0 if one.policy == "Always" else TERMINATED
                if one.script.stop_seconds > grace:
                    code = KILLED
                self.later(f"kill {one.name}", seconds, self._killing(one, code))

    def _killing(self, one: Container, code: int) -> Callable[[], None]:
        return lambda: self._end(one, code, "", "")

    def _finish_stop(self) -> None:
        if any(one.running for one in self.containers):
            return
        if not ended(self.pod):
            self.stopped = True
            self.report()
        self.later("gone", 0.1, self._remove)

    def _remove(self) -> None:
        if not self.node.lost:
            self.node.client.delete(PODS, *self.key, grace=0, uid=self.uid)

    def resume(self) -> None:
        """The node is back: say what has happened meanwhile."""
        if self.stopped or (self._stopping and not any(one.running for one in self.containers)):
            self.later("gone", 0.2, self._remove)
        elif deleting(self.pod) and not self._stopping:
            self.stop()
        else:
            self.report()


def _duration(seconds: float) -> str:
    """As Go writes it: `40s`, `2m40s`, `5m0s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
