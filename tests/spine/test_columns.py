"""`kubectl get pods` in a terminal beside `GET /api/pods`: the same cells."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp

from tests.cluster.columns import same_restarts
from tests.control_plane.api import PODS
from tests.control_plane.objects import container, pod, pod_spec
from tests.control_plane.scripts import in_phase, script
from tests.spine.house import House
from tests.spine.page import shows
from tests.spine.reader import reading

if TYPE_CHECKING:
    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.control_plane.objects import Json
    from tests.spine.oracle import Truth

LATER = 3_600_000
"""Milliseconds after the end of the test."""

ONCE = pod_spec(restart="Never")
GIT = pod_spec(init=(container("git"),))
SIDECAR = pod_spec(init=(container("proxy", restartPolicy="Always"),))
SHOWN: dict[str, tuple[Json, dict[str, str], str]] = {
    "runs": (pod_spec(), {}, "Running"),
    "unready": (pod_spec(), script(ready=False), "Running"),
    "unbound": (pod_spec(), script(schedule="never"), "Pending"),
    "gated": (pod_spec(schedulingGates=[{"name": "test/gate"}]), {}, "SchedulingGated"),
    "creating": (pod_spec(), script(start="never"), "ContainerCreating"),
    "pulling": (pod_spec(), script(waiting_reason="ImagePullBackOff"), "ImagePullBackOff"),
    "loops": (
        pod_spec(),
        script(exit_code=1, run_for_ms=20, back_off_ms=LATER, restarts=4),
        "CrashLoopBackOff",
    ),
    "restarted": (
        pod_spec(),
        script(waiting_reason="CrashLoopBackOff", restarts=4),
        "CrashLoopBackOff",
    ),
    "killed": (ONCE, script(exit_code=137, termination_reason="OOMKilled"), "OOMKilled"),
    "fails": (ONCE, script(exit_code=57), "Error"),
    "succeeds": (ONCE, script(exit_code=0), "Completed"),
    "half": (
        pod_spec(container("one"), container("two"), restart="Never"),
        script(exit_code__two=2),
        "Error",
    ),
    "init-done": (GIT, {}, "Running"),
    "init-runs": (GIT, script(run_for_ms__git=LATER), "Init:0/1"),
    "init-fails": (
        pod_spec(init=(container("git"),), restart="Never"),
        script(exit_code__git=7),
        "Init:Error",
    ),
    "init-waits": (GIT, script(waiting_reason__git="ErrImagePull"), "Init:ErrImagePull"),
    "sidecar": (SIDECAR, {}, "Running"),
    "evicted": (pod_spec(), script(hands_off=True), "Evicted"),
    "ends": (pod_spec(), script(terminate_after_ms=LATER), "Terminating"),
}


async def test_the_columns_are_those_of_kubectl(
    admin: Api,
    control_plane: ControlPlane,
    namespace: str,
    watcher: RestrictedUser,
    truth: Truth,
) -> None:
    for name, (spec, notes, _) in SHOWN.items():
        await admin.create(pod(name, spec, annotations=notes), namespace)
    evicted: Json = {"status": {"phase": "Failed", "reason": "Evicted", "message": "no disk"}}
    await admin.patch(PODS, "evicted", evicted, namespace, subresource="status")
    await admin.until(PODS, "ends", namespace, in_phase("Running"))
    await admin.delete(PODS, "ends", namespace, grace_seconds=3600)
    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        # All of them have come to where they stay.
        for name, (_, _, status) in SHOWN.items():
            await readers.until(shows("pods", f"{namespace}/{name}", reason=status))
        await readers.converge(truth)
        printed = await asyncio.to_thread(control_plane.kubectl, "get", "pods", namespace=namespace)
        read_at = datetime.now(UTC)
        assert house.url is not None
        ours = await pods_of(house.url)
    header, *lines = (
        re.split(r" {2,}", line.strip()) for line in printed.stdout.strip().splitlines()
    )
    assert header == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert len(lines) == len(ours) == len(SHOWN)
    differing = []
    for (name, ready, status, restarts, _), mine in zip(lines, ours, strict=True):
        cells = [
            mine["name"],
            f"{mine['readyContainers']}/{mine['totalContainers']}",
            mine["reason"],
        ]
        last = mine.get("lastRestartTime")
        same = same_restarts(
            restarts,
            mine["restartCount"],
            None if last is None else datetime.fromisoformat(last),
            read_at,
        )
        if cells != [name, ready, status] or not same:
            differing.append((name, ready, status, restarts, mine))
    assert differing == []


async def pods_of(url: str) -> list[Json]:
    """Everything that `/api/pods` has, by name as kubectl sorts it."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/api/pods", params={"pageSize": "200"}) as answer,
    ):
        assert answer.status == 200
        page: Json = await answer.json()
    assert page["total"] == len(page["data"])
    found: list[Json] = page["data"]
    return found
