"""Work of every sort, run by the real controllers, as a reader sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.control_plane.api import EVENTS, JOBS, PODS
from tests.control_plane.objects import cronjob, deployment, job, job_spec
from tests.control_plane.scripts import in_phase, script
from tests.spine.house import House
from tests.spine.page import shows
from tests.spine.reader import reading

if TYPE_CHECKING:
    from tests.control_plane import objects
    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.spine.oracle import Truth
    from tests.spine.page import Page
    from tests.stream.wire import Json

RETRY_SECONDS = 40.0
"""The Job controller waits ten before it tries again."""


@pytest.mark.slow
async def test_deployments_jobs_and_cronjobs(
    admin: Api,
    control_plane: ControlPlane,
    namespace: str,
    watcher: RestrictedUser,
    truth: Truth,
) -> None:
    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        await readers.live()
        # A Job whose pods run until the test says how they end.
        patient = job_spec(annotations=script(run_for_ms=3_600_000), backoff_limit=1)
        await admin.create(job("retries", patient), namespace)
        first = await pod_of(admin, namespace, "retries")
        await end(admin, namespace, first, code=7)
        retries = f"{namespace}/retries"
        # It is tried again: neither over nor known how it ends.
        await readers.until(shows("jobs", retries, failures=1, status="running", exitCode=None))

        await admin.create(deployment("web", replicas=2), namespace)
        failing = script(exit_code=3, run_for_ms=20)
        await admin.create(job("fails", annotations=failing), namespace)
        await admin.create(cronjob("nightly", annotations=script(exit_code=0)), namespace)
        words = "create", "job", "by-hand", "--from=cronjob/nightly"
        done = await asyncio.to_thread(control_plane.kubectl, *words, namespace=namespace)
        assert done.returncode == 0, done.stderr

        bad: dict[str, Json] = {"exitCode": 3, "reason": "BackoffLimitExceeded"}
        await readers.until(shows("jobs", f"{namespace}/fails", status="failed", **bad))
        await readers.until(shows("jobs", f"{namespace}/fails", manual=False, cronJobName=""))
        by_hand: dict[str, Json] = {"manual": True, "cronJobName": "nightly", "exitCode": 0}
        await readers.until(shows("jobs", f"{namespace}/by-hand", status="succeeded", **by_hand))
        await readers.until(
            shows("cronjobs", f"{namespace}/nightly", schedule="0 0 1 1 *", suspended=False)
        )
        await readers.until(lambda page: phases(page, owner="web") == ["Running", "Running"])

        second = await pod_of(admin, namespace, "retries", other_than=first)
        await end(admin, namespace, second, code=0)
        await readers.until(shows("jobs", retries, status="succeeded", failures=1, exitCode=0))

        # What the controllers said about it: their warnings reach the page, other events do not.
        await readers.until(lambda page: "BackoffLimitExceeded" in warnings(page))
        said = (await admin.list(EVENTS, namespace))["items"]
        assert {event["type"] for event in said} == {"Normal", "Warning"}
        await readers.converge(truth)
        failed = {"kind": "Job", "namespace": namespace, "name": "fails"}
        for page in readers.pages:
            told = [page.value(*address) for address in page.held(["events"])]
            assert failed in [value["object"] for value in told]

        # Who is gone takes what it owned along.
        await admin.delete(JOBS, "fails", namespace)
        await readers.until(lambda page: ("jobs", f"{namespace}/fails") not in page.values)
        await readers.converge(truth)


def phases(page: Page, *, owner: str) -> list[Json]:
    """The phases of what an owner, by the name that a person knows, has made."""
    pods = [page.value(*address) for address in page.held(["pods"])]
    return [pod["phase"] for pod in pods if pod.get("owner") == owner]


def warnings(page: Page) -> list[Json]:
    """The reasons of all warnings."""
    return [page.value(*address)["reason"] for address in page.held(["events"])]


async def pod_of(admin: Api, namespace: str, name: str, *, other_than: str = "") -> str:
    """The name of a running pod of a Job, once there is one."""
    selector = {"labelSelector": f"job-name={name}"}
    async with asyncio.timeout(RETRY_SECONDS):
        while True:
            page = await admin.list(PODS, namespace, **selector)
            for item in page["items"]:
                found = str(item["metadata"]["name"])
                if found != other_than:
                    await admin.until(PODS, found, namespace, in_phase("Running"))
                    return found
            version = page["metadata"]["resourceVersion"]
            async for _ in admin.watch(PODS, namespace, resourceVersion=version, **selector):
                break


async def end(admin: Api, namespace: str, name: str, *, code: int) -> None:
    """Let the process of a pod end."""
    notes: objects.Json = {"metadata": {"annotations": script(exit_code=code, run_for_ms=0)}}
    await admin.patch(PODS, name, notes, namespace)
