"""Things that happen in the namespace: one by one, each with chance of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.kinds import DEPLOYMENTS, JOBS, PODS
from app.demo.controllers.kubelet.script import Script
from app.demo.controllers.reading import key_of, uid_of
from app.demo.options import NAMESPACE
from app.demo.scenarios.objects import job

if TYPE_CHECKING:
    from random import Random

    from app.demo.scenarios.stage import Stage

SERVED = ("gateway", "worker", "index")


@dataclass(frozen=True, slots=True)
class Errand:
    """A Job that somebody starts now and then: its name, and what its pods do."""

    app: str
    image: str
    script: Script
    retries: int = 0


ERRANDS = {
    "upgrade-linter": Errand("upgrade-linter", "agent:0.42.0", Script(lasts=11.0, voice="agent")),
    "fix-flaky-test": Errand("fix-flaky-test", "agent:0.42.0", Script(lasts=34.0, voice="agent")),
    "summarise-failures": Errand(
        "summarise-failures",
        "agent:0.42.0",
        Script(lasts=7.0, exit_code=57, voice="agent", message="error: not signed in"),
    ),
    "import-tickets": Errand(
        "import-tickets",
        "importer:1.8.0",
        Script(lasts=5.0, exit_code=1, voice="service", message="error: ticket 4711 has no title"),
        retries=1,
    ),
    "evaluate-model": Errand(
        "evaluate-model",
        "evaluator:nightly-0412",
        Script(
            pull_error=(
                'rpc error: code = NotFound desc = failed to pull and unpack image "registry.'
                'example.com/evaluator:nightly-0412": failed to resolve reference: not found'
            )
        ),
    ),
}


class Acts:
    """What can happen."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._number = 0

    def run_out_of_memory(self, chance: Random, app: str = "worker") -> None:
        """A container of an agent takes more than it may have, and is killed."""
        pod = self._stage.some_pod(chance, NAMESPACE, app=app)
        worker = None if pod is None else self._stage.kubelets.worker(key_of(pod))
        if worker is not None:
            worker.end(app, 137, "OOMKilled")

    def keep_running_out(self, chance: Random, times: int = 3) -> None:
        """One pod is killed again and again, until the kubelet waits before it starts it."""
        pod = self._stage.some_pod(chance, NAMESPACE, app="worker")
        if pod is None:
            return
        key = key_of(pod)

        def again(left: int) -> None:
            worker = self._stage.kubelets.worker(key)
            container = None if worker is None else worker.container("worker")
            if worker is None or container is None:
                return
            if container.running:
                worker.end("worker", 137, "OOMKilled")
                left -= 1
            if left:
                self._stage.film.at(6.0, "memory", lambda: again(left))

        again(times)

    def crash(self, chance: Random, app: str = "runner") -> None:
        """A process ends with an error."""
        pod = self._stage.some_pod(chance, NAMESPACE, app=app)
        worker = None if pod is None else self._stage.kubelets.worker(key_of(pod))
        if worker is not None:
            worker.end(app, 1, "Error", "fatal: lost the connection to the queue")

    def evict(self, chance: Random) -> None:
        """Somebody deletes a pod; its ReplicaSet makes another."""
        pod = self._stage.some_pod(chance, NAMESPACE, app=chance.choice(SERVED))
        if pod is not None:
            self._stage.client.delete(PODS, *key_of(pod), uid=uid_of(pod))

    def stumble(self, chance: Random) -> None:
        """A pod is not ready for a while."""
        pod = self._stage.some_pod(chance, NAMESPACE, app="gateway")
        worker = None if pod is None else self._stage.kubelets.worker(key_of(pod))
        if worker is not None:
            why = "HTTP probe failed with statuscode: 503"
            worker.set_ready("gateway", False, why)
            self._stage.film.at(9.0, "probes", lambda: worker.set_ready("gateway", True))

    def send(self, name: str) -> None:
        """Somebody starts a Job."""
        errand = ERRANDS[name]
        self._number += 1
        full = f"{name}-{self._stage.film.chance('errands').randrange(100, 1000)}{self._number}"
        made = job(full, errand.app, errand.image, retries=errand.retries, keep=300)
        self._stage.client.create(JOBS, made)

    def send_and_withdraw(self, name: str, seconds: float) -> None:
        """Somebody starts a Job that cannot work, and deletes it after a while."""
        before = {key_of(found) for found in self._stage.informer.all(JOBS)}
        self.send(name)
        new = [key_of(found) for found in self._stage.informer.all(JOBS)]
        for key in new:
            if key not in before:
                self._stage.film.at(seconds, "errands", lambda key=key: self._withdraw(key))  # type: ignore[misc]

    def _withdraw(self, key: tuple[str, str]) -> None:
        if self._stage.informer.get(JOBS, key) is not None:
            self._stage.client.delete(JOBS, *key, propagation="Background")

    def roll_out(self, app: str) -> None:
        """Somebody releases the next image of a Deployment.

        Not a restart, which writes the time into the template: all names that come of it would
        depend on when the film began.
        """
        found = self._stage.informer.get(DEPLOYMENTS, (NAMESPACE, app))
        if found is None:
            return
        containers = [
            {**one, "image": next_image(one["image"])} if one["name"] == app else one
            for one in found["spec"]["template"]["spec"]["containers"]
        ]
        change = {"spec": {"template": {"spec": {"containers": containers}}}}
        self._stage.client.patch(DEPLOYMENTS, NAMESPACE, app, change)


def next_image(image: str) -> str:
    """The release after this one: the last number of the tag counted on."""
    plain = image.partition("@")[0]
    name, mark, tag = plain.rpartition(":")
    if not mark or "/" in tag:
        return f"{plain}:1"
    stem = tag.rstrip("0123456789")
    number = tag.removeprefix(stem)
    return f"{name}:{stem}{int(number) + 1}" if number else f"{name}:{tag}-1"
