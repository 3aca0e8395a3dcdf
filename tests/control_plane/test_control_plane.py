"""The cluster that other tests stand on does what a cluster does, and its faults are faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.control_plane.api import (
    DEPLOYMENTS,
    PODS,
    Api,
)
from tests.control_plane.kubelet.script import PREFIX
from tests.control_plane.objects import (
    deployment,
)

if TYPE_CHECKING:
    from tests.control_plane.objects import Json


Predicate = Callable[["Json | None"], bool]


def script(**keys: object) -> dict[str, str]:
    """Annotations for the stand-in: `exit_code=3` becomes `kubelet.watchglass.test/exit-code`."""
    return {PREFIX + key.replace("_", "-"): str(value) for key, value in keys.items()}


def in_phase(phase: str) -> Predicate:
    return lambda found: found is not None and found["status"]["phase"] == phase


async def test_a_deployment_gets_running_pods(admin: Api, namespace: str) -> None:
    await admin.create(deployment("web", replicas=3), namespace)

    def available(found: Json | None) -> bool:
        return found is not None and found["status"].get("readyReplicas") == 3

    await admin.until(DEPLOYMENTS, "web", namespace, available)
    rows = await admin.table(PODS, namespace)
    assert [(row["Ready"], row["Status"]) for row in rows] == [("1/1", "Running")] * 3
