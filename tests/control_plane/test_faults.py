"""Faults on demand: each is what it says, and the cluster is whole again afterwards."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.control_plane.api import CONFIGMAPS, PODS, Api, ApiFailure
from tests.control_plane.door import Door, DoorFailure
from tests.control_plane.grants import rule
from tests.control_plane.objects import pod, pod_spec
from tests.control_plane.rooms import claim_directory
from tests.control_plane.scripts import in_phase, script
from tests.control_plane.users import ADMIN, USERS
from tests.requirements import require

if TYPE_CHECKING:
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.control_plane.objects import Json

CHECKOUT = Path(__file__).parents[2]


def note(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run (Linux)."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(c) for task in tasks.iterdir() for c in (task / "children").read_text().split()]


def ended(child: int, *, seconds: float) -> bool:
    """Whether the process behind a pidfd ends in time; the descriptor is readable then."""
    return bool(select.select([child], [], [], seconds)[0])


async def first_event(admin: Api, namespace: str, version: str) -> Json:
    async for event in admin.watch(CONFIGMAPS, namespace, resourceVersion=version):
        return event
    raise AssertionError("the watch ended without an event")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_the_api_server_comes_back_with_its_objects(
    admin: Api, control_plane: ControlPlane, namespace: str, number: signal.Signals
) -> None:
    await admin.create(note("kept"), namespace)
    opened = asyncio.Event()

    async def watch() -> bool:
        """True when the watch was cut, False when it ended as it should."""
        try:
            # Without a version the watch begins with what is there: then it is open.
            async for _ in admin.watch(CONFIGMAPS, namespace):
                opened.set()
        except aiohttp.ClientError:
            return True
        return False

    watching = asyncio.create_task(watch())
    await opened.wait()
    await asyncio.to_thread(control_plane.restart_apiserver, number)
    async with asyncio.timeout(10):
        assert await watching is (number is signal.SIGKILL)
    found = await admin.get(CONFIGMAPS, "kept", namespace)
    assert found["metadata"]["name"] == "kept"
    # The stand-in and the controllers found their way back too.
    await admin.create(pod("after"), namespace)
    await admin.until(PODS, "after", namespace, in_phase("Running"))


async def test_a_paused_api_server_answers_nobody_until_it_is_resumed(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    with control_plane.paused("apiserver"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await admin.list(PODS, namespace)
    assert (await admin.list(PODS, namespace))["items"] == []


async def test_without_controllers_nothing_progresses(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    control_plane.stop_part("kcm")
    body: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{namespace}-b"}}
    await admin.create(body)
    with pytest.raises(ApiFailure, match="serviceaccount"):
        await admin.create(pod("p"), f"{namespace}-b")


async def test_the_stand_in_goes_on_after_a_restart(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    await admin.create(pod("runs", annotations=script(log="still here")), namespace)
    ends = pod("ends", pod_spec(restart="Never"), annotations=script(exit_code=4))
    await admin.create(ends, namespace)
    await admin.until(PODS, "runs", namespace, in_phase("Running"))
    before = await admin.until(PODS, "ends", namespace, in_phase("Failed"))
    await asyncio.to_thread(control_plane.stop_part, "kubelet", signal.SIGKILL)
    await admin.create(pod("late"), namespace)
    await asyncio.to_thread(control_plane.start_part, "kubelet")
    await admin.until(PODS, "late", namespace, in_phase("Running"))
    after = await admin.get(PODS, "ends", namespace)
    assert after["status"] == before["status"]
    done = control_plane.kubectl("logs", "runs", namespace=namespace)
    assert (done.returncode, done.stdout) == (0, "still here\n")


async def test_with_etcd_paused_writes_wait(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    with control_plane.paused("etcd"), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await admin.create(note("one"), namespace)
    await admin.create(note("two"), namespace)


async def test_compaction_without_a_watch_cache_makes_old_versions_gone(
    bare_control_plane: ControlPlane,
) -> None:
    cluster = bare_control_plane
    async with Api(cluster.url, cluster.ca, USERS[ADMIN].token) as admin:
        before = (await admin.create(note("one"), "default"))["metadata"]["resourceVersion"]
        await admin.create(note("two"), "default")
        assert (await first_event(admin, "default", before))["type"] == "ADDED"
        token = (await admin.list(CONFIGMAPS, "default", limit="1"))["metadata"]["continue"]
        await asyncio.to_thread(cluster.compact)
        await admin.create(note("three"), "default")
        assert await asyncio.to_thread(cluster.compact) > int(before)
        event = await first_event(admin, "default", before)
        assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
        query = {"limit": "1", "continue": token}
        with pytest.raises(ApiFailure) as refused:
            await admin.list(CONFIGMAPS, "default", **query)
        assert (refused.value.code, refused.value.reason) == (410, "Expired")


async def test_a_cluster_has_the_flags_it_was_given(bare_control_plane: ControlPlane) -> None:
    cluster = bare_control_plane
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    async with Api(cluster.url, cluster.ca, USERS[ADMIN].token) as admin:
        with pytest.raises(ApiFailure, match="WatchList feature gate"):
            async for _ in admin.watch(PODS, "default", **query):
                pass


def test_rights_are_given_and_taken(
    control_plane: ControlPlane, viewer: RestrictedUser, other: RestrictedUser, namespace: str
) -> None:
    seen_by_viewer = Door(control_plane.url, control_plane.ca, viewer.token)
    seen_by_other = Door(control_plane.url, control_plane.ca, other.token)
    pods = PODS.path(namespace)
    with pytest.raises(DoorFailure, match="cannot list resource"):
        seen_by_viewer.call("GET", pods)
    given = viewer.grant(rule("get list watch", "pods pods/log"))
    assert seen_by_viewer.call("GET", pods)["items"] == []
    with pytest.raises(DoorFailure, match="HTTP 403"):
        seen_by_other.call("GET", pods)
    given.revoke()
    with pytest.raises(DoorFailure, match="HTTP 403"):
        seen_by_viewer.call("GET", pods)
    everywhere = viewer.grant_everywhere(rule("list", "nodes"))
    assert len(seen_by_viewer.call("GET", "/api/v1/nodes")["items"]) == 1
    everywhere.revoke()


def test_kubectl_speaks_as_a_user(
    control_plane: ControlPlane, viewer: RestrictedUser, namespace: str
) -> None:
    refused = control_plane.kubectl("get", "pods", user=viewer.name, namespace=namespace)
    assert refused.returncode == 1
    assert f'cannot list resource "pods" in API group "" in the namespace "{namespace}"' in (
        refused.stderr
    )
    assert viewer.kubeconfig.exists()


async def test_a_service_account_has_a_token(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    token = await admin.service_account_token("default", namespace)
    door = Door(control_plane.url, control_plane.ca, token)
    with pytest.raises(DoorFailure, match=f"system:serviceaccount:{namespace}:default"):
        door.call("GET", PODS.path(namespace))


def test_a_cluster_by_hand_restarts_its_api_server_and_outlives_nobody() -> None:
    require("control plane")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.control_plane", "up"], cwd=CHECKOUT, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        directory = Path(run.stdout.readline().decode().strip()).parents[1]
        before = children_of(run.pid)
        assert len(before) == 4
        opened = {pid: os.pidfd_open(pid) for pid in before}
        try:
            run.send_signal(signal.SIGHUP)
            assert select.select(list(opened.values()), [], [], 10)[0], "one is killed"
            deadline = time.monotonic() + 30
            # What was killed is listed until its end was noticed.
            while len(after := set(children_of(run.pid))) < 4 or after == set(before):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert len(after & set(before)) == 3
            opened |= {pid: os.pidfd_open(pid) for pid in after - set(before)}
            run.kill()
            for child in opened.values():
                assert ended(child, seconds=10)
        finally:
            run.kill()
            for child in opened.values():
                os.close(child)
    # The directory stays behind, and the next cluster on this machine removes it.
    claim_directory().release()
    assert not directory.exists()
