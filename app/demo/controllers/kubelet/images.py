"""How a container gets its image: from the node, from elsewhere, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from app.demo.controllers.kubelet.container import Container
    from app.demo.controllers.kubelet.worker import PodWorker

BACK_OFF_SECONDS = 10.0
LONGEST_BACK_OFF_SECONDS = 300.0
LOOK_SECONDS = 3.0
"""From a failed attempt to the moment when the kubelet says that it waits."""


def pull(worker: PodWorker, one: Container, chance: Random, then: Callable[[], None]) -> None:
    """Call `then` once the image is there."""
    node, image = worker.node, one.image
    if one.script.pull_error:
        _fail(worker, one, BACK_OFF_SECONDS, then)
        return
    if image in node.images and _policy(one) != "Always":
        node.keep(image)
        worker.tell("Pulled", f'Container image "{image}" already present on machine', one)
        then()
        return
    worker.tell("Pulling", f'Pulling image "{image}"', one)
    known = image in node.images
    seconds = (
        chance.uniform(0.15, 0.4) if known else one.script.pull_seconds * chance.uniform(0.8, 1.3)
    )

    def pulled() -> None:
        node.keep(image)
        took = f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.3f}s"
        size = node.film.once(f"size of {image}").randrange(84_000_000, 412_000_000)
        text = f'Successfully pulled image "{image}" in {took} ({took} including waiting). '
        worker.tell("Pulled", f"{text}Image size: {size} bytes.", one)
        then()

    worker.later(f"pull {one.name}", seconds, pulled)


def _policy(one: Container) -> str:
    given = one.spec.get("imagePullPolicy")
    if given:
        return str(given)
    tag = one.image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in {"", "latest"} and "@" not in one.image else "IfNotPresent"


def _fail(worker: PodWorker, one: Container, pause: float, then: Callable[[], None]) -> None:
    image, why = one.image, one.script.pull_error
    worker.tell("Pulling", f'Pulling image "{image}"', one)

    def failed() -> None:
        worker.warn("Failed", f'Failed to pull image "{image}": {why}', one)
        worker.warn("Failed", "Error: ErrImagePull", one)
        one.wait("ErrImagePull", why)
        worker.report()
        worker.later(f"pull {one.name}", LOOK_SECONDS, waiting)

    def waiting() -> None:
        worker.tell("BackOff", f'Back-off pulling image "{image}"', one)
        worker.warn("Failed", "Error: ImagePullBackOff", one)
        one.wait("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {why}')
        worker.report()
        worker.later(f"pull {one.name}", max(pause - LOOK_SECONDS, 0.5), again)

    def again() -> None:
        # The script is asked anew: somebody may have pushed the image.
        one.script = worker.node.cast(worker.pod, one.name, one.attempt)
        if one.script.pull_error:
            _fail(worker, one, min(pause * 2, LONGEST_BACK_OFF_SECONDS), then)
        else:
            pull(worker, one, worker.chance, then)

    worker.later(f"pull {one.name}", one.script.pull_seconds, failed)
