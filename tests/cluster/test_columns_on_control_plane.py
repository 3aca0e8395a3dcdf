"""Our columns and those of a real API server, cell for cell."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.columns import Table, differing_cron_jobs, differing_jobs, differing_pods
from tests.cluster.generated import (
    Generated,
    generated_cron_jobs,
    generated_jobs,
    generated_pods,
)
from tests.control_plane.api import CRONJOBS, JOBS, PODS, TABLE, Api, Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.control_plane.cluster import ControlPlane

pytestmark = pytest.mark.control_plane

SEED = 20260131
AT_ONCE = 20

# Each is a branch of its own in the printer; a seed that misses one would prove too little.
WORDS = {
    "Running",
    "Completed",
    "NotReady",
    "Terminating",
    "Unknown",
    "NodeLost",
    "Evicted",
    "SchedulingGated",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "OOMKilled",
    "Signal:9",
    "ExitCode:57",
    "Init:0/1",
    "Init:2/3",
    "Init:CrashLoopBackOff",
    "Init:OOMKilled",
    "Init:Signal:9",
    "Init:ExitCode:1",
}


class Shelf:
    """Puts generated objects into a namespace, and lets go of what they hold."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._held: list[tuple[Resource, str]] = []

    async def put(self, resource: Resource, objects: Sequence[Generated]) -> Table:
        """Create each with its status, delete those to be deleted; what the API server says."""
        waiting = iter(objects)

        async def some() -> None:
            for one in waiting:
                await self._put(resource, one)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())
        path = resource.path(self._namespace)
        params = {"includeObject": "Object"}
        return Table(await self._api.call("GET", path, params=params, accept=TABLE))

    async def release(self) -> None:
        """Take the finalizers away, so that the namespace can go."""
        body: dict[str, Any] = {"metadata": {"finalizers": None}}
        for resource, name in self._held:
            await self._api.patch(resource, name, body, self._namespace)

    async def _put(self, resource: Resource, one: Generated) -> None:
        name = one.manifest["metadata"]["name"]
        await self._api.create(one.manifest, self._namespace)
        body = {"status": one.status}
        await self._api.patch(resource, name, body, self._namespace, subresource="status")
        if one.deleted:
            await self._api.delete(resource, name, self._namespace)
            self._held.append((resource, name))


@pytest.fixture
async def shelf(admin: Api, namespace: str) -> AsyncIterator[Shelf]:
    shelf = Shelf(admin, namespace)
    yield shelf
    await shelf.release()


async def test_two_thousand_pods_have_the_columns_that_kubectl_shows(
    shelf: Shelf, control_plane: ControlPlane, namespace: str
) -> None:
    table = await shelf.put(PODS, generated_pods(SEED, 2_000))

    assert len(table) == 2_000
    assert {row["Status"] for row in table.rows()} >= WORDS
    assert differing_pods(table) == []

    # The same cells reach a person's terminal: the last page of what kubectl prints.
    printed = await asyncio.to_thread(
        control_plane.kubectl, "get", "pods", "--no-headers", namespace=namespace
    )
    lines = [re.split(r"\s{2,}", line.strip()) for line in printed.stdout.splitlines()[-30:]]
    cells = [
        [row["Name"], row["Ready"], row["Status"], row["Restarts"].partition(" ")[0]]
        for row in table.rows()[-30:]
    ]
    assert [[*line[:3], line[3].partition(" ")[0]] for line in lines] == cells


async def test_jobs_have_the_columns_that_kubectl_shows(shelf: Shelf) -> None:
    table = await shelf.put(JOBS, generated_jobs(SEED, 200))

    assert len(table) == 200
    assert {row["Status"] for row in table.rows()} == {
        "Complete",
        "Failed",
        "FailureTarget",
        "Running",
        "SuccessCriteriaMet",
        "Suspended",
        "Terminating",
    }
    assert differing_jobs(table) == []


async def test_cron_jobs_have_the_columns_that_kubectl_shows(shelf: Shelf) -> None:
    table = await shelf.put(CRONJOBS, generated_cron_jobs(SEED, 60))

    assert len(table) == 60
    assert differing_cron_jobs(table) == []
